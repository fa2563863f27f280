import { parse, tokenize } from '@huggingface/jinja';
import type { Span } from '../promptFile/locateJson';
import { findTags, type TemplateTag } from '../tokenizer/findTags';
import type { TemplateProgram } from '../tokenizer/templateInterpreter';
import type { PromptProblem } from './promptFile';

/** Statements of Jinja2 and Nunjucks that need other templates. */
const otherTemplates = ['include', 'import', 'from', 'extends', 'block'];

/** The package reads white space in time that grows with its square: longer tags are none. */
const maxTagLength = 5000;

type Tokens = ReturnType<typeof tokenize>;

export type ParsedJinja =
  { readonly program: TemplateProgram } | { readonly program: null; readonly problem: PromptProblem };

/**
 * The program of a Jinja or Nunjucks template. Its tags are given to the package one by one and the text between them
 * not at all, so that the time is linear in the text's length and an error is at its tag.
 */
export function parseJinja(text: string): ParsedJinja {
  const { masked, blocks } = maskRawBlocks(text);
  const tags = findTags(masked);
  const refuse = (message: string, span: Span): ParsedJinja => {
    return { program: null, problem: { severity: 'error', message, span } };
  };
  const other = tags.find(({ keyword }) => keyword !== null && otherTemplates.includes(keyword));
  if (other !== undefined) {
    const message = `{% ${other.keyword ?? ''} %} needs other templates, which are not read here`;
    return refuse(message, spanOf(other, text));
  }
  const tokens: Tokens = [];
  /** For each token, the tag that it is of. */
  const origins: TemplateTag[] = [];
  let at = 0;
  let stripsNext = false;
  for (const tag of tags) {
    if (maxTagLength < tag.end - tag.offset) return refuse('a tag that is too long, or not closed', spanOf(tag, text));
    const source = text.slice(tag.offset, tag.end);
    pushText(tokens, readText(text, { start: at, end: tag.offset }, blocks), {
      stripsStart: stripsNext,
      stripsEnd: source[2] === '-',
    });
    while (origins.length < tokens.length) origins.push(tag);
    stripsNext = source[source.length - 3] === '-' && 5 < source.length;
    at = tag.end;
    if (source[1] === '#') {
      if (!source.endsWith('#}')) return refuse('a comment that is not closed', spanOf(tag, text));
      continue;
    }
    try {
      for (const token of tokenize(nunjucksAsJinja(source))) tokens.push(token);
    } catch (error) {
      return refuse(`the template cannot be read: ${wordingOf(error)}`, spanOf(tag, text));
    }
    while (origins.length < tokens.length) origins.push(tag);
  }
  // As Jinja2 does, without the line break at the very end.
  const last = readText(text, { start: at, end: text.length }, blocks).replace(/\n$/, '');
  pushText(tokens, last, { stripsStart: stripsNext, stripsEnd: false });
  return parseTokens(mendFilters(tokens), { origins, tags, text });
}

interface TokenOrigins {
  readonly origins: readonly TemplateTag[];
  readonly tags: readonly TemplateTag[];
  readonly text: string;
}

function parseTokens(tokens: Tokens, { origins, tags, text }: TokenOrigins): ParsedJinja {
  try {
    return { program: parse(tokens) };
  } catch (error) {
    const whole = { start: 0, end: text.length };
    if (error instanceof RangeError) {
      return {
        program: null,
        problem: { severity: 'error', message: 'the template is nested too deeply', span: whole },
      };
    }
    const furthest = findFurthest(tokens);
    const open = tokens.length <= furthest ? findUnclosed(tags) : null;
    const place = open ?? origins[Math.min(furthest, origins.length - 1)];
    const problem = open === null ? wordingOf(error) : `{% ${open.keyword ?? ''} %} is not ended`;
    const span = place === undefined ? whole : spanOf(place, text);
    return { program: null, problem: { severity: 'error', message: `the template cannot be read: ${problem}`, span } };
  }
}

/** Which token the parser had come to when it failed. */
function findFurthest(tokens: Tokens): number {
  let furthest = 0;
  const watched = new Proxy(tokens, {
    get: (target, key) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) furthest = Math.max(furthest, Number(key));
      return Reflect.get(target, key) as unknown;
    },
  });
  try {
    parse(watched);
  } catch {
    // The same error again.
  }
  return furthest;
}

/** The innermost block that nothing ends. */
function findUnclosed(tags: readonly TemplateTag[]): TemplateTag | null {
  const open: TemplateTag[] = [];
  for (const tag of tags) {
    if (/^(if|for|macro|call|filter)$/.test(tag.keyword ?? '')) open.push(tag);
    else if (/^end(if|for|macro|call|filter)$/.test(tag.keyword ?? '')) open.pop();
  }
  return open.at(-1) ?? null;
}

interface TextStrips {
  readonly stripsStart: boolean;
  readonly stripsEnd: boolean;
}

function pushText(tokens: Tokens, text: string, { stripsStart, stripsEnd }: TextStrips): void {
  let value = stripsStart ? text.trimStart() : text;
  if (stripsEnd) value = value.trimEnd();
  if (value !== '') tokens.push({ type: 'Text', value });
}

/** What stands between two tags, with what its raw blocks stand for. */
function readText(text: string, { start, end }: Span, blocks: readonly RawBlock[]): string {
  const parts: string[] = [];
  let at = start;
  for (const block of blocks) {
    if (block.start < start || end < block.end) continue;
    parts.push(text.slice(at, block.start), block.content);
    at = block.end;
  }
  return parts.length === 0 ? text.slice(start, end) : [...parts, text.slice(at, end)].join('');
}

interface RawBlock extends Span {
  /** What is within it, as text. */
  readonly content: string;
}

/** `{% raw %}…{% endraw %}`, which the package does not know, with as many spaces in their place. */
export function maskRawBlocks(text: string): { readonly masked: string; readonly blocks: readonly RawBlock[] } {
  const blocks: RawBlock[] = [];
  const opening = /\{%-?[ \t]*raw[ \t]*(-?)%\}/g;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const from = match.index + match[0].length;
    const closing = /\{%(-?)[ \t]*endraw[ \t]*-?%\}/g;
    closing.lastIndex = from;
    const end = closing.exec(text);
    if (end === null) break;
    let content = text.slice(from, end.index);
    if (match[1] === '-') content = content.trimStart();
    if (end[1] === '-') content = content.trimEnd();
    blocks.push({ start: match.index, end: end.index + end[0].length, content });
    opening.lastIndex = end.index + end[0].length;
  }
  if (blocks.length === 0) return { masked: text, blocks };
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of blocks) {
    parts.push(text.slice(at, start), ' '.repeat(end - start));
    at = end;
  }
  return { masked: [...parts, text.slice(at)].join(''), blocks };
}

/** Nunjucks' other spellings, in as many units. */
function nunjucksAsJinja(tag: string): string {
  return tag.replace(/^(\{%-?[ \t]*)elseif\b/, '$1elif  ');
}

/** Nunjucks calls `tojson` `dump`. */
function mendFilters(tokens: Tokens): Tokens {
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'Identifier' && token.value === 'dump' && tokens[index - 1]?.type === 'Pipe') {
      token.value = 'tojson';
    }
  }
  return tokens;
}

function spanOf(tag: TemplateTag, text: string): Span {
  return { start: Math.min(tag.offset, text.length), end: Math.min(tag.end, text.length) };
}

function wordingOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
