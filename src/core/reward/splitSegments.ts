/** Offsets in a text (UTF-16), the end excluded. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** A response of more parts is not read part by part: what is behind them is one. */
const mostSegments = 500;

const fence = /^\s*(```|~~~)/;
/** Lines that stand by themselves: headings, items of lists, rows of tables, quotations, rules. */
const ownLine = /^\s*(#{1,6}\s|[-*+•]\s|\(?(\d{1,3}|[A-Za-z])[.)]\s|\||>|([-*_=]\s?){3,}\s*$)/;
/** What ends with a full stop without ending a sentence: the mark of an item, and titles and abbreviations. */
const openEnd =
  /(^|[\s(])(\(?\d{1,3}[.)]|[A-Za-z][.)]|Mr\.|Mrs\.|Ms\.|Dr\.|Prof\.|St\.|vs\.|etc\.|e\.g\.|i\.e\.|cf\.|No\.|Fig\.)\s*$/;

/**
 * Cuts a response into the parts that a reader would name: sentences of prose, items of lists, lines of code. They cover
 * the text without gaps; blank lines belong to what is before them.
 */
export function splitSegments(text: string): readonly TextSpan[] {
  const ends: number[] = [];
  for (const block of blocksOf(text)) {
    if (block.kind === 'line') ends.push(block.end);
    else ends.push(...sentenceEnds(text.slice(block.start, block.end)).map((end) => block.start + end));
  }
  const kept = joinEmpty(text, ends);
  const bounded = kept.length <= mostSegments ? kept : [...kept.slice(0, mostSegments - 1), text.length];
  return bounded.map((end, index) => ({ start: bounded[index - 1] ?? 0, end }));
}

interface Block extends TextSpan {
  readonly kind: 'line' | 'prose';
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let isCode = false;
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline + 1;
    const line = text.slice(start, end);
    const isFence = fence.test(line);
    const kind = isCode || isFence || isIndentedCode(line) ? 'line' : 'prose';
    if (isFence) isCode = !isCode;
    const last = blocks.at(-1);
    const isParagraph = kind === 'prose' && !ownLine.test(line);
    const goesOn = isParagraph && last?.kind === 'prose' && text.slice(last.start, last.end).trim() !== '';
    const isBlank = line.trim() === '';
    if (last !== undefined && (isBlank || (goesOn && !endsParagraph(text, last)))) {
      blocks[blocks.length - 1] = { ...last, end };
    } else blocks.push({ start, end, kind });
    start = end;
  }
  return blocks;
}

function isIndentedCode(line: string): boolean {
  return /^( {4}|\t)\s*[^\s\-*+•\d]/.test(line);
}

/** A blank line, or a heading above. */
function endsParagraph(text: string, { start, end }: Block): boolean {
  const block = text.slice(start, end);
  return /\n[ \t]*\r?\n$/.test(block) || /^\s*(#{1,6}\s|\||([-*_=]\s?){3,}\s*$)/.test(block);
}

/** By the rules of Unicode; a line break within a paragraph is a space. */
function sentenceEnds(paragraph: string): number[] {
  const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
  const ends: number[] = [];
  let sentence = '';
  for (const { segment, index } of segmenter.segment(paragraph.replace(/[\r\n]/g, ' '))) {
    sentence += segment;
    if (openEnd.test(sentence) && index + segment.length < paragraph.length) continue;
    ends.push(index + segment.length);
    sentence = '';
  }
  return ends;
}

/** A part without a letter, digit or sign of its own goes with the one before it; at the start with the one behind it. */
function joinEmpty(text: string, ends: readonly number[]): number[] {
  const joined: number[] = [];
  let start = 0;
  for (const end of ends) {
    const isEmpty = text.slice(start, end).trim() === '';
    start = end;
    if (!isEmpty) joined.push(end);
    else if (0 < joined.length) joined[joined.length - 1] = end;
  }
  if (joined.length === 0) return text.length === 0 ? [] : [text.length];
  joined[joined.length - 1] = text.length;
  return joined;
}
