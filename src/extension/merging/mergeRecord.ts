import type { UnfinishedState } from '../run/unfinishedState';

export type MergeState =
  /** None waits: merges go on side by side. */
  | Exclude<UnfinishedState, { readonly kind: 'waiting' }>
  | { readonly kind: 'done'; readonly bytes: number; readonly seconds: number };

/** How a merge is run, besides what its recipe says. */
export interface MergeSettings {
  readonly mergekitCompatible: boolean;
  /** Decimal bytes of a weight file at most. */
  readonly shardBytes: number;
}

/** A merge that was begun in this workspace; kept in its storage. */
export interface MergeRecord {
  readonly id: string;
  /** Absolute path of the recipe; relative models are taken from its folder. */
  readonly recipe: string;
  /** The recipe as it was when the merge began: what a resumed merge goes on with. */
  readonly text: string;
  readonly settings: MergeSettings;
  /** Absolute path of the folder that is made. */
  readonly target: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly state: MergeState;
}

/** What was kept, as far as it is what it should be; what was under way then is not any more. */
export function readMergeRecords(value: unknown, interruption: string): readonly MergeRecord[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter(isMergeRecord)
    .map((record) =>
      record.state.kind === 'running'
        ? { ...record, state: { kind: 'interrupted' as const, reason: interruption } }
        : record,
    );
}

function isMergeRecord(value: unknown): value is MergeRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { id, recipe, text, settings, target, created, state } = value as Record<string, unknown>;
  const isObject = (part: unknown): part is object => typeof part === 'object' && part !== null;
  return (
    [id, recipe, text, target].every((part) => typeof part === 'string') &&
    typeof created === 'number' &&
    isObject(settings) &&
    isObject(state) &&
    'kind' in state
  );
}
