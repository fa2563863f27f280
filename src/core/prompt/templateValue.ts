import { recordOf } from './locatedValue';

/** Lists, objects and what they hold, for one value. */
const maxParts = 200_000;
const maxDepth = 64;

/** An object's own member; what it inherits is nothing. */
export function memberOfValue(value: unknown, key: string): unknown {
  if (Array.isArray(value)) {
    if (key === 'length') return value.length;
    return /^(0|[1-9]\d{0,8})$/.test(key) ? (value[Number(key)] as unknown) : undefined;
  }
  if (typeof value === 'string') return key === 'length' ? value.length : undefined;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

export function readPath(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const key of path) found = memberOfValue(found, key);
  return found;
}

/** A value as it stands in a prompt: text as it is, lists and objects as JSON, nothing for null. */
export function printValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return JSON.stringify(value, null, 2);
  return String(value);
}

/** What JSON could hold of a value: without functions, without cycles, without members that it inherits. */
export function plainValue(value: unknown): unknown {
  let left = maxParts;
  const copy = (each: unknown, depth: number): unknown => {
    left -= 1;
    if (left < 0 || maxDepth < depth) return null;
    if (Array.isArray(each)) return each.slice(0, left + 1).map((item) => copy(item, depth + 1));
    if (typeof each === 'object' && each !== null) {
      return recordOf(Object.entries(each).map(([key, member]) => [key, copy(member, depth + 1)] as const));
    }
    if (typeof each === 'bigint') return Number(each);
    return typeof each === 'function' || typeof each === 'symbol' ? undefined : each;
  };
  return copy(value, 0);
}
