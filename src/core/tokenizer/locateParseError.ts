import { parse, tokenize } from '@huggingface/jinja';
import { findTags, type TemplateTag } from './findTags';

type Tokens = ReturnType<typeof tokenize>;

/** As transformers reads templates. */
export const templateOptions = { lstrip_blocks: true, trim_blocks: true } as const;

export interface ParseFailure {
  /** Where the tag begins that cannot be read, in UTF-16 units; null: unknown. */
  readonly offset: number | null;
  readonly problem: string;
}

/** Why and where a template cannot be parsed; the package's errors have no place. */
export function locateParseError(source: string, error: unknown): ParseFailure {
  const problem = error instanceof Error ? error.message : String(error);
  const tags = findTags(source);
  const unreadable = tags.find((tag) => !canTokenize(source.slice(tag.offset, tag.end)));
  if (unreadable !== undefined) return { offset: unreadable.offset, problem };
  const reached = readUntilError(source);
  if (reached === null) return { offset: null, problem };
  if (reached.isEnd) {
    const open = findUnclosed(tags);
    if (open !== null) return { offset: open.offset, problem: `{% ${open.keyword ?? ''} %} is not ended` };
    return { offset: source.length, problem: 'it ends too early' };
  }
  // Comments are no tokens.
  const tag = tags.filter(({ offset }) => source[offset + 1] !== '#')[reached.openings - 1];
  return { offset: tag?.offset ?? null, problem };
}

function canTokenize(tag: string): boolean {
  try {
    tokenize(tag, templateOptions);
    return true;
  } catch {
    return false;
  }
}

/** How many tags the parser had begun when it failed, and whether it wanted more than there is. */
function readUntilError(source: string): { readonly openings: number; readonly isEnd: boolean } | null {
  let furthest = -1;
  let tokens: Tokens;
  try {
    tokens = tokenize(source, templateOptions);
  } catch {
    return null;
  }
  const watched = new Proxy(tokens, {
    get: (target, key) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) furthest = Math.max(furthest, Number(key));
      return Reflect.get(target, key) as unknown;
    },
  });
  try {
    parse(watched);
    return null;
  } catch {
    const read = tokens.slice(0, furthest + 1);
    return {
      openings: read.filter(({ type }) => type === 'OpenStatement' || type === 'OpenExpression').length,
      isEnd: tokens.length <= furthest,
    };
  }
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
