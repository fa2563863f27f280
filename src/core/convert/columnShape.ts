/** What the values of a column have in common. */
export type ColumnShape =
  /** Nothing but null yet. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'text' | 'integer' | 'double' | 'boolean' }
  | { readonly kind: 'list'; readonly element: ColumnShape }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, ColumnShape> }
  /** Anything: values of several kinds, or of a depth that tables should not have. */
  | { readonly kind: 'json' };

const deepest = 6;
const mostMembers = 100;
const mostInteger = 2 ** 31;

/** The shape of one value of JSON. */
export function shapeOf(value: unknown, depth = 0): ColumnShape {
  if (value === null || value === undefined) return { kind: 'empty' };
  if (typeof value === 'string') return { kind: 'text' };
  if (typeof value === 'boolean') return { kind: 'boolean' };
  if (typeof value === 'number') {
    const isInteger = Number.isInteger(value) && -mostInteger <= value && value < mostInteger;
    return { kind: isInteger ? 'integer' : 'double' };
  }
  if (depth === deepest || typeof value !== 'object') return { kind: 'json' };
  if (Array.isArray(value)) {
    const elements = value.map((element: unknown) => shapeOf(element, depth + 1));
    return { kind: 'list', element: elements.reduce(mergeShapes, { kind: 'empty' }) };
  }
  const members = Object.entries(value).map(([name, member]) => [name, shapeOf(member, depth + 1)] as const);
  return 0 < members.length && members.length <= mostMembers
    ? { kind: 'object', members: new Map(members) }
    : { kind: 'json' };
}

/** A shape that the values of both have. */
export function mergeShapes(a: ColumnShape, b: ColumnShape): ColumnShape {
  if (a.kind === 'empty') return b;
  if (b.kind === 'empty') return a;
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', element: mergeShapes(a.element, b.element) };
  if (a.kind === 'object' && b.kind === 'object') {
    const members = new Map(a.members);
    for (const [name, shape] of b.members)
      members.set(name, mergeShapes(members.get(name) ?? { kind: 'empty' }, shape));
    return members.size <= mostMembers ? { kind: 'object', members } : { kind: 'json' };
  }
  if (a.kind === b.kind) return a;
  const areNumbers = [a, b].every(({ kind }) => kind === 'integer' || kind === 'double');
  return areNumbers ? { kind: 'double' } : { kind: 'json' };
}

/** Collects the columns of a table row by row, in the order in which they are met. */
export class ColumnShapes {
  readonly #shapes = new Map<string, ColumnShape>();

  add(row: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(row)) {
      const before = this.#shapes.get(name);
      this.#shapes.set(name, before === undefined ? shapeOf(value) : mergeShapes(before, shapeOf(value)));
    }
  }

  get columns(): ReadonlyMap<string, ColumnShape> {
    return this.#shapes;
  }
}
