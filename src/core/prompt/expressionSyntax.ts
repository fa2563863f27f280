import type { Span } from '../promptFile/locateJson';

/** An expression of POML, the part of JavaScript's that gives values and does nothing; spans are offsets in the file. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: unknown; readonly span: Span }
  | { readonly kind: 'name'; readonly name: string; readonly span: Span }
  | { readonly kind: 'list'; readonly items: readonly Expression[]; readonly span: Span }
  | { readonly kind: 'object'; readonly members: readonly ObjectMember[]; readonly span: Span }
  | { readonly kind: 'text'; readonly parts: readonly Expression[]; readonly span: Span }
  | { readonly kind: 'unary'; readonly sign: string; readonly operand: Expression; readonly span: Span }
  | {
      readonly kind: 'binary';
      readonly sign: string;
      readonly left: Expression;
      readonly right: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: 'choice';
      readonly condition: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
      readonly span: Span;
    }
  | { readonly kind: 'member'; readonly object: Expression; readonly key: Expression; readonly span: Span }
  | { readonly kind: 'call'; readonly callee: Expression; readonly args: readonly Expression[]; readonly span: Span }
  | { readonly kind: 'function'; readonly params: readonly string[]; readonly body: Expression; readonly span: Span };

export interface ObjectMember {
  readonly name: string;
  readonly value: Expression;
}
