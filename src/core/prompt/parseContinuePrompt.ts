import { readFrontMatter, type FrontMatter } from './frontMatter';
import { memberOf, textOf } from './locatedValue';
import type { PromptFileText } from './parsePromptFile';
import type { PromptFile } from './promptFile';
import { collectVariables, placeReading } from './promptVariables';
import { readYaml } from './readYaml';
import { trimLines } from './roleMarkers';
import { verbatimSource } from './sourceText';
import { readTemplate } from './templateLanguages';

/** Continue's .prompt: Markdown, in older files after a header without a first `---` and with a `<system>` block. */
export function parseContinuePrompt({ text }: PromptFileText): PromptFile {
  const { values, body, problems } = readHeader(text);
  const block = /<system>([^]*?)<\/system>/d.exec(text.slice(body.start));
  const [start, end] = block?.indices?.[1] ?? [];
  const system =
    start === undefined || end === undefined
      ? []
      : [{ role: 'system', span: trimLines(text, { start: body.start + start, end: body.start + end }) }];
  const rest = block === null ? body.start : body.start + block.index + block[0].length;
  const user = { role: 'user', span: trimLines(text, { start: rest, end: body.end }) };
  const parts = [...system, user].filter(({ span }) => span.start < span.end);
  const uses = parts.flatMap(({ span }) => {
    const source = verbatimSource(text, span);
    return placeReading(readTemplate('names', source.text), source).uses;
  });
  return {
    format: 'continue',
    name: textOf(memberOf(values, 'name')),
    description: textOf(memberOf(values, 'description')),
    prompts: [
      {
        label: textOf(memberOf(values, 'name')) ?? 'prompt',
        span: trimLines(text, body),
        language: 'names',
        parts: parts.map(({ role, span }) => ({ role, text: text.slice(span.start, span.end), span })),
        variables: collectVariables({ uses }),
      },
    ],
    inputs: [],
    references: [],
    problems,
  };
}

function readHeader(text: string): FrontMatter {
  const header = readFrontMatter(text, { severity: 'warning' });
  if (header.span !== null) return header;
  const older = /^\uFEFF?((?:[\w-]+[ \t]*:[^\n]*\n|[ \t]*\n){1,50})---[ \t]*(?:\r?\n|$)/.exec(text);
  if (older === null) return header;
  const span = { start: 0, end: older[1]?.length ?? 0 };
  const { root, problems } = readYaml(text.slice(0, span.end));
  return {
    values: root?.kind === 'map' ? root : null,
    span,
    body: { start: older[0].length, end: text.length },
    problems: problems.map((problem) => ({ severity: 'warning', ...problem })),
  };
}
