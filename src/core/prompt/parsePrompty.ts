import { readFrontMatter } from './frontMatter';
import { memberOf, textOf, type LocatedMap } from './locatedValue';
import { describeUnknownKeys } from './frontMatterKeys';
import { placeReading, collectVariables, findUndeclared } from './promptVariables';
import type { PromptFile, PromptProblem, TemplateLanguage } from './promptFile';
import type { PromptFileText } from './parsePromptFile';
import { readPromptyInputs } from './promptyInputs';
import { splitAtRoleMarkers, trimLines } from './roleMarkers';
import { sliceSource, verbatimSource } from './sourceText';
import { readTemplate } from './templateLanguages';

/** A .prompty file of version 1 or 2. */
export function parsePrompty({ text, files = new Map() }: PromptFileText): PromptFile {
  const { values, body, problems } = readFrontMatter(text, { severity: 'error' });
  const { language, problems: templateProblems } = readLanguage(values);
  const inputs = readPromptyInputs(values, files);
  const source = verbatimSource(text, body);
  const reading = placeReading(readTemplate(language, source.text), source);
  const hasSchema = memberOf(values, 'inputs')?.kind === 'list' || memberOf(values, 'inputs')?.kind === 'map';
  const span = trimLines(text, body);
  return {
    format: 'prompty',
    name: textOf(memberOf(values, 'displayName')) ?? textOf(memberOf(values, 'name')),
    description: textOf(memberOf(values, 'description')),
    prompts: [
      {
        label: textOf(memberOf(values, 'name')) ?? 'prompt',
        span,
        language,
        parts: splitAtRoleMarkers(source.text).map((part) => {
          const { text: content, pieces } = sliceSource(source, part.span);
          const start = pieces[0]?.source ?? 0;
          return { role: part.role, text: content, span: { start, end: start + content.length } };
        }),
        variables: collectVariables({ declared: inputs.declared, uses: reading.uses }),
        body: { kind: 'roleMarkers', source },
      },
    ],
    inputs: inputs.inputs,
    references: inputs.references,
    problems: [
      ...problems,
      ...describeUnknownKeys('prompty', values),
      ...templateProblems,
      ...inputs.problems,
      ...reading.problems,
      ...(hasSchema ? findUndeclared(inputs.declared, reading.uses) : []),
    ],
  };
}

interface FoundLanguage {
  readonly language: TemplateLanguage;
  readonly problems: readonly PromptProblem[];
}

/** Version 1: `template: jinja2` or `template: {type}`; version 2: `template: {format: {kind}}`. */
function readLanguage(header: LocatedMap | null): FoundLanguage {
  const template = memberOf(header, 'template');
  const format = memberOf(template, 'format');
  const found =
    (template?.kind === 'scalar' ? template : null) ??
    memberOf(format, 'kind') ??
    (format?.kind === 'scalar' ? format : null) ??
    memberOf(template, 'type');
  const kind = textOf(found)?.toLowerCase();
  if (kind === undefined || kind === 'jinja2' || kind === 'jinja' || kind === 'nunjucks') {
    return { language: 'jinja', problems: [] };
  }
  if (kind === 'mustache' || kind === 'handlebars') return { language: kind, problems: [] };
  const message = `unknown template format ${JSON.stringify(kind)}: read as jinja2 (known: jinja2, mustache)`;
  return {
    language: 'jinja',
    problems: [{ severity: 'warning', message, span: found?.span ?? { start: 0, end: 0 } }],
  };
}
