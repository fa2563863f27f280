import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import type { RunState } from '../../protocol/datasetView';
import type { ScoreSettings } from '../reward/readScoreSettings';

/** Tells whether a file is still the one that was scored. */
export interface FileStamp {
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** A run over one file, as it is kept in its folder. */
export interface RunRecord {
  /** Names its folder too. */
  readonly id: string;
  /** Absolute path of the file that is scored. */
  readonly input: string;
  readonly stamp: FileStamp;
  /** The settings when it was begun: they stay those of the run. */
  readonly settings: ScoreSettings;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly state: RunState;
  readonly model: RewardModelDescription | null;
}

const recordVersion = 1;

export function writeRunRecord(record: RunRecord): string {
  return `${JSON.stringify({ version: recordVersion, ...record }, null, 2)}\n`;
}

/**
 * A record as some version wrote it. What was under way then is not any more.
 * @returns null for what is no record.
 */
export function readRunRecord(text: string, interruption: string): RunRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  const { kind } = value.state;
  if (kind !== 'running' && kind !== 'waiting') return value;
  return { ...value, state: { kind: 'interrupted', reason: interruption } };
}

function isRecord(value: unknown): value is RunRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { version, id, input, stamp, settings, created, state } = value as Record<string, unknown>;
  const isObject = (part: unknown): part is object => typeof part === 'object' && part !== null;
  return (
    version === recordVersion &&
    typeof id === 'string' &&
    typeof input === 'string' &&
    typeof created === 'number' &&
    isObject(stamp) &&
    isObject(settings) &&
    'model' in settings &&
    isObject(state) &&
    'kind' in state
  );
}
