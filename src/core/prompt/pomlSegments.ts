import type { Span } from '../promptFile/locateJson';
import type { Expression } from './expressionSyntax';
import { ExpressionProblem, parseExpression } from './parseExpression';
import { decodeEntities, findExpressionEnd } from './pomlMarkup';

/** A piece of POML's text: as it is, or an expression to be computed. */
export type PomlSegment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly span: Span }
  | { readonly kind: 'problem'; readonly message: string; readonly span: Span };

/** Cuts a text at its `{{…}}`. */
export function readSegments(text: string, { start, end }: Span): readonly PomlSegment[] {
  const segments: PomlSegment[] = [];
  let at = start;
  while (at < end) {
    const open = text.indexOf('{{', at);
    if (open < 0 || end <= open) break;
    const close = findExpressionEnd(text, open, end);
    if (close === null) {
      // A single pair of braces that nothing closes is text.
      segments.push({ kind: 'text', text: decodeEntities(text.slice(at, open + 2)) });
      at = open + 2;
      continue;
    }
    if (at < open) segments.push({ kind: 'text', text: decodeEntities(text.slice(at, open)) });
    segments.push(readExpression(text, { start: open + 2, end: close - 2 }));
    at = close;
  }
  if (at < end) segments.push({ kind: 'text', text: decodeEntities(text.slice(at, end)) });
  return segments;
}

/** An attribute that is an expression as a whole, with or without braces. */
export function readExpression(text: string, span: Span): PomlSegment {
  const inner = /^\s*\{\{([^]*)\}\}\s*$/d.exec(text.slice(span.start, span.end))?.indices?.[1];
  const place = inner === undefined ? span : { start: span.start + inner[0], end: span.start + inner[1] };
  try {
    return { kind: 'expression', expression: parseExpression(text, place), span: place };
  } catch (error) {
    if (!(error instanceof ExpressionProblem)) throw error;
    return { kind: 'problem', message: `the expression cannot be read: ${error.message}`, span: error.span };
  }
}
