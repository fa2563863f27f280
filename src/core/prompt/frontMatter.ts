import type { Span } from '../promptFile/locateJson';
import type { LocatedMap } from './locatedValue';
import type { PromptProblem } from './promptFile';
import { readYaml } from './readYaml';

/** A file's YAML between `---` lines, and what comes after. */
export interface FrontMatter {
  /** Null: there is none, or it is no map. */
  readonly values: LocatedMap | null;
  /** Between the two lines; null: there is none. */
  readonly span: Span | null;
  readonly body: Span;
  readonly problems: readonly PromptProblem[];
}

export interface FrontMatterOptions {
  /** How grave YAML is that cannot be read: an error where the prompt depends on it. */
  readonly severity: 'error' | 'warning';
  /** Comments (a licence) may stand before it. */
  readonly allowsComments?: boolean;
}

/** Reads what stands before the body; without the first `---` line, the whole file is body. */
export function readFrontMatter(text: string, { severity, allowsComments = false }: FrontMatterOptions): FrontMatter {
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  const whole = { values: null, span: null, body: { start, end: text.length }, problems: [] };
  const before = /^(?:[ \t]*\r?\n)*/.exec(text.slice(start))?.[0].length ?? 0;
  const fence = start + (allowsComments ? commentLength(text, start) : before);
  const opening = /^---[ \t]*(?:\r?\n|$)/.exec(text.slice(fence, fence + 200));
  if (opening === null) return whole;
  const from = fence + opening[0].length;
  const closing = findClosing(text, from);
  if (closing === null) {
    // A line of dashes may as well be a rule of Markdown.
    if (!/^[ \t]*[\w$-]+[ \t]*:/.test(text.slice(from, from + 200))) return whole;
    const problem: PromptProblem = {
      severity,
      message: 'the front matter is not closed: a line of `---` is missing after it',
      span: { start: fence, end: fence + 3 },
    };
    return { ...whole, body: { start: from, end: text.length }, problems: [problem] };
  }
  const span = { start: from, end: closing.start };
  const body = { start: closing.end, end: text.length };
  const { root, problems } = readYaml(text.slice(span.start, span.end), span.start);
  const described = problems.map((problem) => ({ severity, ...problem }));
  if (root === null || (root.kind === 'scalar' && root.value === null)) {
    return { values: null, span, body, problems: described };
  }
  if (root.kind === 'map') return { values: root, span, body, problems: described };
  const message = 'the front matter is no list of `key: value` lines';
  return { values: null, span, body, problems: [...described, { severity, message, span: root.span }] };
}

function commentLength(text: string, start: number): number {
  const lines = /(?:[ \t]*(?:#[^\n]*)?\n)*/y;
  lines.lastIndex = start;
  return lines.exec(text)?.[0].length ?? 0;
}

function findClosing(text: string, from: number): Span | null {
  const line = /^---[ \t]*(?:\r?\n|$)/gm;
  line.lastIndex = from;
  for (let match = line.exec(text); match !== null; match = line.exec(text)) {
    // With the flag m, `$` is also before a line break that the group does not take.
    if (match.index === from || text[match.index - 1] === '\n') {
      return { start: match.index, end: match.index + match[0].length };
    }
    line.lastIndex = match.index + 3;
  }
  return null;
}
