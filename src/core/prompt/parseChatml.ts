import type { PromptFileText } from './parsePromptFile';
import type { PromptFile, PromptPart, PromptProblem } from './promptFile';
import { collectVariables, placeReading } from './promptVariables';
import { trimLines } from './roleMarkers';
import { verbatimSource } from './sourceText';
import { readTemplate } from './templateLanguages';

const opening = '<|im_start|>';
const closing = '<|im_end|>';
const knownRoles = ['system', 'developer', 'user', 'assistant', 'tool'];

/** `<|im_start|>role`, text, `<|im_end|>`: one turn each; the opening of the reply at the end is none. */
export function parseChatml({ text }: PromptFileText): PromptFile {
  const parts: PromptPart[] = [];
  const problems: PromptProblem[] = [];
  let last = text.startsWith('\uFEFF') ? 1 : 0;
  for (let start = text.indexOf(opening); 0 <= start; start = text.indexOf(opening, last)) {
    reportStray(text, { start: last, end: start }, problems);
    const from = start + opening.length;
    const next = text.indexOf(opening, from);
    const end = text.indexOf(closing, from);
    const isClosed = 0 <= end && (next < 0 || end < next);
    const stop = isClosed ? end : next < 0 ? text.length : next;
    const lineEnd = text.indexOf('\n', from);
    const headEnd = lineEnd < 0 || stop < lineEnd ? stop : lineEnd;
    // A name may follow: `system name=example_user`.
    const role = text.slice(from, headEnd).trim().split(/\s+/)[0] ?? '';
    const span = trimLines(text, { start: headEnd, end: stop });
    const isReply = !isClosed && next < 0 && role === 'assistant' && span.start === span.end;
    if (!knownRoles.includes(role)) {
      const message = `unknown role ${JSON.stringify(role)} (known: ${knownRoles.join(', ')})`;
      problems.push({ severity: 'error', message, span: { start: from, end: Math.max(from + 1, headEnd) } });
    } else if (!isReply) parts.push({ role, text: text.slice(span.start, span.end), span });
    if (!isClosed && 0 <= next) {
      const message = `${closing} is missing after this turn`;
      problems.push({ severity: 'warning', message, span: { start, end: headEnd } });
    }
    last = isClosed ? end + closing.length : stop;
  }
  reportStray(text, { start: last, end: text.length }, problems);
  const uses = parts.flatMap(({ span }) => {
    const source = verbatimSource(text, span);
    return placeReading(readTemplate('names', source.text), source).uses;
  });
  const variables = collectVariables({ uses });
  return {
    format: 'chatml',
    name: null,
    description: null,
    prompts: [{ label: 'prompt', span: { start: 0, end: text.length }, language: 'names', parts, variables }],
    inputs: [],
    references: [],
    problems,
  };
}

function reportStray(text: string, range: PromptPart['span'], problems: PromptProblem[]): void {
  const span = trimLines(text, range);
  if (span.end <= span.start) return;
  const message = `text outside of ${opening} and ${closing} is no turn`;
  problems.push({ severity: 'warning', message, span });
}
