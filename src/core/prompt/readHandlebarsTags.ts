import type { Span } from '../promptFile/locateJson';

/** One `{{…}}`, with the text before it. */
export interface HandlebarsTag {
  /** The sign after the braces; `''`: a value, `else`: a tag between the two halves of a section, `raw`: a raw block. */
  readonly sign: '' | '#' | '^' | '/' | '>' | '!' | 'else' | 'raw' | 'unsupported';
  /** With its braces. */
  readonly span: Span;
  /** What is within it, after its sign. */
  readonly inside: Span;
  /** Text since the tag before, white space that belongs to tags taken away. */
  readonly before: string;
  /** What is before the tag, where it is alone on its line. */
  readonly indent: string;
  /** The content of a raw block. */
  readonly content: string;
}

export interface HandlebarsTags {
  readonly tags: readonly HandlebarsTag[];
  /** Text after the last tag. */
  readonly rest: string;
  /** A tag that is not closed; the text from there on is not read. */
  readonly unclosed: Span | null;
}

interface FoundTag {
  sign: HandlebarsTag['sign'];
  span: Span;
  inside: Span;
  content: string;
  stripsBefore: boolean;
  stripsAfter: boolean;
}

/** Finds the tags in one pass, with Handlebars' rules for white space: `~`, and tags alone on their line. */
export function readHandlebarsTags(text: string): HandlebarsTags {
  const found: FoundTag[] = [];
  const texts: string[] = [];
  let unclosed: Span | null = null;
  let piece = '';
  let at = 0;
  // Each search for the end of one goes through the whole text.
  let rawBlocksLeft = 16;
  for (let open = text.indexOf('{{'); 0 <= open; open = text.indexOf('{{', at)) {
    const backslashes = text[open - 1] === '\\' && at < open ? (text[open - 2] === '\\' && at < open - 1 ? 2 : 1) : 0;
    if (backslashes === 1) {
      // `\{{x}}` stands for `{{x}}`.
      piece += text.slice(at, open - 1) + '{{';
      at = open + 2;
      continue;
    }
    const isRaw = text.startsWith('{{{{', open) && 0 < rawBlocksLeft--;
    const tag = (isRaw ? readRawBlock(text, open) : null) ?? readTag(text, open);
    if (tag === null) {
      unclosed = { start: open, end: Math.min(text.length, open + 40) };
      break;
    }
    texts.push(piece + text.slice(at, backslashes === 2 ? open - 1 : open));
    piece = '';
    found.push(tag);
    at = tag.span.end;
  }
  texts.push(piece + text.slice(at));
  return stripSpaces(found, texts, unclosed);
}

function readTag(text: string, open: number): FoundTag | null {
  let start = open + 2;
  let closing = '}}';
  if (text[start] === '{') {
    start += 1;
    closing = '}}}';
  }
  const stripsBefore = text[start] === '~';
  if (stripsBefore) start += 1;
  if (text[start] === '!') {
    const end = text.startsWith('!--', start) ? findCommentEnd(text, start) : findEnd(text, '}}', start);
    if (end === null) return null;
    const stripsAfter = text[end - 3] === '~';
    const inside = { start, end: end - 2 };
    return { sign: '!', span: { start: open, end }, inside, content: '', stripsBefore, stripsAfter };
  }
  const last = findTagEnd(text, start, closing);
  if (last === null) return null;
  const stripsAfter = text[last - 1] === '~';
  const { sign, length } = readSign(text.slice(start, stripsAfter ? last - 1 : last));
  const inside = { start: start + length, end: Math.max(start + length, stripsAfter ? last - 1 : last) };
  return { sign, span: { start: open, end: last + closing.length }, inside, content: '', stripsBefore, stripsAfter };
}

function readSign(inside: string): { readonly sign: HandlebarsTag['sign']; readonly length: number } {
  const first = inside[0] ?? '';
  if (/^[#^>]?[ \t]*\*|^#[ \t]*>|^=/.test(inside)) return { sign: 'unsupported', length: 1 };
  if (first === '&') return { sign: '', length: 1 };
  if (first === '#' || first === '^' || first === '/' || first === '>') {
    return first === '^' && inside.slice(1).trim() === '' ? { sign: 'else', length: 1 } : { sign: first, length: 1 };
  }
  const word = /^\s*else(?=\s|$)/.exec(inside)?.[0];
  return word === undefined ? { sign: '', length: 0 } : { sign: 'else', length: word.length };
}

/** `{{{{name}}}} … {{{{/name}}}}` */
function readRawBlock(text: string, open: number): FoundTag | null {
  const head = /\{\{\{\{[ \t]*([\w.-]+)[^{}\n]*\}\}\}\}/y;
  head.lastIndex = open;
  const match = head.exec(text);
  if (match === null) return null;
  const from = open + match[0].length;
  const end = text.indexOf(`{{{{/${match[1] ?? ''}}}}}`, from);
  if (end < 0) return null;
  const span = { start: open, end: text.indexOf('}}}}', end) + 4 };
  const inside = { start: open + 4, end: from - 4 };
  return { sign: 'raw', span, inside, content: text.slice(from, end), stripsBefore: false, stripsAfter: false };
}

function findEnd(text: string, closing: string, from: number): number | null {
  const found = text.indexOf(closing, from);
  return found < 0 ? null : found + closing.length;
}

/** `{{!-- … --}}`, also with `~`. */
function findCommentEnd(text: string, from: number): number | null {
  const pattern = /--~?\}\}/g;
  pattern.lastIndex = from + 3;
  const match = pattern.exec(text);
  return match === null ? null : match.index + match[0].length;
}

/** Offset of the closing braces, which do not count within strings and `[…]`. A tag ends where another begins. */
function findTagEnd(text: string, from: number, closing: string): number | null {
  for (let index = from; index < text.length; index += 1) {
    const unit = text[index] ?? '';
    if (unit === '}' && text.startsWith(closing, index)) return index;
    if (unit === '{' && text[index + 1] === '{') return null;
    if (unit === '"' || unit === "'" || unit === '[') {
      const end = text.indexOf(unit === '[' ? ']' : unit, index + 1);
      // A lone apostrophe is no string.
      const brace = end < 0 ? -1 : text.slice(index, end).indexOf('{{');
      if (0 <= end && brace < 0) index = end;
    }
  }
  return null;
}

function stripSpaces(found: readonly FoundTag[], texts: readonly string[], unclosed: Span | null): HandlebarsTags {
  const before = [...texts];
  const indents: string[] = [];
  for (const [index, tag] of found.entries()) {
    const left = texts[index] ?? '';
    const right = texts[index + 1] ?? '';
    let indent = '';
    if (tag.sign !== '' && tag.sign !== 'unsupported' && tag.sign !== 'raw') {
      const lineStart = left.lastIndexOf('\n') + 1;
      const begins = (0 < lineStart || index === 0) && isBlank(left.slice(lineStart));
      const lineEnd = right.indexOf('\n');
      const isLast = index === found.length - 1;
      const ends = (0 <= lineEnd || isLast) && isBlank(lineEnd < 0 ? right : right.slice(0, lineEnd));
      if (begins && ends) {
        indent = left.slice(lineStart);
        before[index] = (before[index] ?? '').replace(/[ \t]+$/, '');
        before[index + 1] = lineEnd < 0 ? '' : right.slice(lineEnd + 1);
      }
    }
    if (tag.stripsBefore) before[index] = (before[index] ?? '').trimEnd();
    if (tag.stripsAfter) before[index + 1] = (before[index + 1] ?? '').trimStart();
    indents.push(indent);
  }
  const tags = found.map(({ sign, span, inside, content }, index) => ({
    sign,
    span,
    inside,
    content,
    before: before[index] ?? '',
    indent: indents[index] ?? '',
  }));
  return { tags, rest: before.at(-1) ?? '', unclosed };
}

function isBlank(text: string): boolean {
  return /^[ \t\r]*$/.test(text);
}
