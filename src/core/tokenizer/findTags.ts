/** One tag of the template: a statement, an expression or a comment. */
export interface TemplateTag {
  readonly offset: number;
  /** After its closing mark, or the end of the template. */
  readonly end: number;
  /** First word of a statement ("if", "elif", "set"); null for expressions and comments. */
  readonly keyword: string | null;
  /** The text, where the tag is an expression that is nothing but a string literal. */
  readonly literal: string | null;
}

/** The tags of a template in their order, without those that the package removes before it parses (`generation`). */
export function findTags(source: string): TemplateTag[] {
  const tags: TemplateTag[] = [];
  const opening = /\{[{%#]/g;
  for (let match = opening.exec(source); match !== null; match = opening.exec(source)) {
    const offset = match.index;
    const end = findTagEnd(source, offset);
    const inside = source.slice(offset + 2, end - 2);
    const keyword = match[0] === '{%' ? (/^[-+]?\s*(\w+)/.exec(inside)?.[1] ?? '') : null;
    const literal = match[0] === '{{' ? readLiteral(inside) : null;
    if (keyword !== 'generation' && keyword !== 'endgeneration') tags.push({ offset, end, keyword, literal });
    opening.lastIndex = end;
  }
  return tags;
}

function readLiteral(expression: string): string | null {
  const match = /^[-+]?\s*(['"])((?:\\.|(?!\1)[^\\])*)\1\s*[-+]?$/s.exec(expression);
  return match === null
    ? null
    : (match[2] ?? '').replace(/\\(.)/gs, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}

/** Offset after the tag's closing mark, which does not count inside a string literal or an object literal. */
function findTagEnd(source: string, offset: number): number {
  if (source[offset + 1] === '#') {
    const end = source.indexOf('#}', offset + 2);
    return end < 0 ? source.length : end + 2;
  }
  const closing = source[offset + 1] === '%' ? '%}' : '}}';
  let depth = 0;
  for (let index = offset + 2; index < source.length; index += 1) {
    const character = source[index] ?? '';
    if (character === '"' || character === "'") index = findStringEnd(source, index);
    else if (depth === 0 && source.startsWith(closing, index)) return index + 2;
    else if (character === '{') depth += 1;
    else if (character === '}') depth -= 1;
  }
  return source.length;
}

/** Index of the closing quotation mark. */
function findStringEnd(source: string, start: number): number {
  for (let index = start + 1; index < source.length; index += 1) {
    if (source[index] === '\\') index += 1;
    else if (source[index] === source[start]) return index;
  }
  return source.length;
}
