import type { Span } from '../promptFile/locateJson';

/** A value of YAML or JSON with its places; what it is written in is forgotten. */
export type LocatedValue = LocatedMap | LocatedList | LocatedScalar;

export interface LocatedMap {
  readonly kind: 'map';
  readonly entries: readonly LocatedEntry[];
  readonly span: Span;
}

export interface LocatedEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: LocatedValue;
}

export interface LocatedList {
  readonly kind: 'list';
  readonly items: readonly LocatedValue[];
  readonly span: Span;
}

export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly span: Span;
}

/** What was read, as far as it could be. */
export interface LocatedReading {
  /** Null: nothing. */
  readonly root: LocatedValue | null;
  readonly problems: readonly { readonly message: string; readonly span: Span }[];
}

/** Of a key given twice, the last. */
export function entryOf(value: LocatedValue | null | undefined, key: string): LocatedEntry | null {
  if (value?.kind !== 'map') return null;
  return value.entries.findLast((entry) => entry.key === key) ?? null;
}

/** The value of a key; null: it is not there. */
export function memberOf(value: LocatedValue | null | undefined, ...path: readonly string[]): LocatedValue | null {
  let found = value ?? null;
  for (const key of path) found = entryOf(found, key)?.value ?? null;
  return found;
}

export function textOf(value: LocatedValue | null | undefined): string | null {
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : null;
}

/** The value without its places. Keys such as `__proto__` are members like others. */
export function plainOf(value: LocatedValue): unknown {
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'list') return value.items.map(plainOf);
  return recordOf(value.entries.map((entry) => [entry.key, plainOf(entry.value)]));
}

/** An object with these members, and no others whatever they are called. */
export function recordOf(members: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [key, value] of members) {
    Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return record;
}
