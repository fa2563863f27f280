import type { Span } from '../promptFile/locateJson';

/** A YAML value with its place in the text, in UTF-16 units. */
export type YamlValue =
  | { readonly kind: 'null'; readonly span: Span }
  | { readonly kind: 'text'; readonly value: string; readonly span: Span }
  /** `source`: as it is written. */
  | { readonly kind: 'number'; readonly value: number; readonly source: string; readonly span: Span }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly source: string; readonly span: Span }
  | { readonly kind: 'list'; readonly items: readonly YamlValue[]; readonly span: Span }
  | { readonly kind: 'mapping'; readonly entries: readonly YamlEntry[]; readonly span: Span };

export interface YamlEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: YamlValue;
}

export interface YamlProblem {
  readonly message: string;
  readonly span: Span;
}

/** Something that a file says, with its place. */
export interface Located<Value> {
  readonly value: Value;
  readonly span: Span;
}
