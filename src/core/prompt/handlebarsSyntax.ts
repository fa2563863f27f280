import type { Span } from '../promptFile/locateJson';

/** A template of Handlebars or Mustache as a tree; spans are offsets in its text. */
export type HandlebarsNode = HandlebarsText | HandlebarsOutput | HandlebarsSection | HandlebarsPartial;

export interface HandlebarsText {
  readonly kind: 'text';
  readonly text: string;
}

/** `{{name}}`, `{{helper a b=c}}` */
export interface HandlebarsOutput {
  readonly kind: 'output';
  readonly call: HandlebarsCall;
  /** With its braces. */
  readonly span: Span;
}

/** `{{#helper a as |x|}}…{{else}}…{{/helper}}` */
export interface HandlebarsSection {
  readonly kind: 'section';
  readonly call: HandlebarsCall;
  /** Names for what the section's helper gives. */
  readonly params: readonly string[];
  readonly body: readonly HandlebarsNode[];
  readonly inverse: readonly HandlebarsNode[];
  /** Of the opening tag. */
  readonly span: Span;
}

/** `{{> name}}` */
export interface HandlebarsPartial {
  readonly kind: 'partial';
  readonly name: string;
  readonly call: HandlebarsCall;
  /** What is before a partial alone on its line is before each of its lines. */
  readonly indent: string;
  readonly span: Span;
}

export type HandlebarsExpression = HandlebarsPath | HandlebarsLiteral | HandlebarsCall;

export interface HandlebarsPath {
  readonly kind: 'path';
  /** As written. */
  readonly text: string;
  /** `@index` */
  readonly isData: boolean;
  /** How often `../`. */
  readonly depth: number;
  /** Begins with `this` or `.`: no helper is meant. */
  readonly isThis: boolean;
  readonly names: readonly string[];
  readonly span: Span;
}

export interface HandlebarsLiteral {
  readonly kind: 'literal';
  readonly value: string | number | boolean | null | undefined;
  readonly span: Span;
}

/** `name`, or `name a b=c` within braces or parentheses. */
export interface HandlebarsCall {
  readonly kind: 'call';
  readonly head: HandlebarsPath | HandlebarsLiteral;
  readonly args: readonly HandlebarsExpression[];
  readonly options: readonly { readonly name: string; readonly value: HandlebarsExpression }[];
  readonly span: Span;
}
