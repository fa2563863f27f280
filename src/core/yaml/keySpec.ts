/** What a value of a YAML file may be; hover, completion, the JSON schema and the parser are all made of these. */
export type ValueSpec =
  /** Any scalar but null, as it is written. */
  | { readonly kind: 'text'; readonly mayBeEmpty?: boolean }
  | { readonly kind: 'number'; readonly least?: number; readonly most?: number; readonly isInteger?: boolean }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'word'; readonly words: readonly string[] }
  | { readonly kind: 'mapping'; readonly keys: KeyTable; readonly required?: readonly string[] }
  /** Keys that the user makes up, or that the model has; `names`: what one of them is the name of. */
  | { readonly kind: 'named'; readonly names: string; readonly value: ValueSpec }
  | { readonly kind: 'list'; readonly item: ValueSpec }
  /** Any YAML. */
  | { readonly kind: 'any' }
  /** One of several forms, each of another kind of YAML value. */
  | { readonly kind: 'either'; readonly forms: readonly ValueSpec[] };

export type KeyTable = Readonly<Record<string, KeySpec>>;

export interface KeySpec {
  readonly value: ValueSpec;
  /** What it means, in one or two sentences of Markdown. */
  readonly description: string;
}

/** The forms of a value: one unless it is `either`. */
export function formsOf(spec: ValueSpec): readonly ValueSpec[] {
  return spec.kind === 'either' ? spec.forms : [spec];
}

/** The keys of a value that is, or may be, a mapping with known keys. */
export function keysOf(spec: ValueSpec): KeyTable | null {
  const mapping = formsOf(spec).find((form) => form.kind === 'mapping');
  return mapping === undefined ? null : mapping.keys;
}
