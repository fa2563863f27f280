import { dotpromptHelpers, historyVariable } from './dotpromptHelpers';
import { readFrontMatter } from './frontMatter';
import type { HandlebarsNode } from './handlebarsSyntax';
import { readHandlebars } from './handlebarsTemplate';
import { memberOf, textOf } from './locatedValue';
import { parseHandlebars } from './parseHandlebars';
import type { PromptFileText } from './parsePromptFile';
import { readDotpromptInputs } from './picoschema';
import type { FileReference, PromptFile, PromptProblem } from './promptFile';
import type { Span } from '../promptFile/locateJson';
import type { TemplateUse } from './template';
import { collectVariables, findUndeclared, placeReading, type DeclaredVariable } from './promptVariables';
import { trimLines } from './roleMarkers';
import { spanInFile, verbatimSource, type SourceText } from './sourceText';

/** Genkit's .prompt: Handlebars that makes the turns itself. */
export function parseDotprompt({ text, files = new Map() }: PromptFileText): PromptFile {
  const { values, body, problems } = readFrontMatter(text, { severity: 'error', allowsComments: true });
  const span = trimLines(text, body);
  const source = verbatimSource(text, span);
  const media = findMedia(source);
  const isMedium = (use: TemplateUse): boolean =>
    media.some(({ start, end }) => start <= use.span.start && use.span.end <= end);
  const found = placeReading(readHandlebars(source.text, { helpers: dotpromptHelpers('') }), source);
  const reading = { ...found, uses: found.uses.map((use) => (isMedium(use) ? { ...use, isOptional: true } : use)) };
  const { declared, isOpen } = readDotpromptInputs(memberOf(values, 'input'));
  const history = findHistory(source);
  const partials = findPartials(source, files);
  return {
    format: 'dotprompt',
    name: textOf(memberOf(values, 'name')),
    description: textOf(memberOf(values, 'description')),
    prompts: [
      {
        label: textOf(memberOf(values, 'name')) ?? 'prompt',
        span,
        language: 'handlebars',
        parts: span.start < span.end ? [{ role: 'user', text: source.text, span }] : [],
        variables: collectVariables({ declared: [...declared, ...history], uses: reading.uses }),
        body: { kind: 'dotprompt', source },
      },
    ],
    inputs: [],
    references: partials,
    problems: [
      ...problems,
      ...reading.problems,
      ...media.map((place): PromptProblem => ({ severity: 'information', message: mediaMessage, span: place })),
      ...(isOpen ? [] : findUndeclared([...declared, ...history], reading.uses)),
    ],
  };
}

/** The file that a partial is in, beside the prompt. */
function partialPath(name: string): string {
  const slash = name.lastIndexOf('/') + 1;
  return `${name.slice(0, slash)}_${name.slice(slash)}.prompt`;
}

/** The templates of the partials whose files are there, by their names. */
export function readPartials(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const partials = new Map<string, string>();
  for (const [path, text] of files) {
    const name = /^(.*\/)?_([^/]+)\.prompt$/.exec(path);
    if (name === null) continue;
    const { body } = readFrontMatter(text, { severity: 'error', allowsComments: true });
    partials.set(`${name[1] ?? ''}${name[2] ?? ''}`, text.slice(body.start, body.end));
  }
  return partials;
}

function findHistory(source: SourceText): readonly DeclaredVariable[] {
  const match = /\{\{~?[ \t]*(history)[ \t]*~?\}\}|<<<dotprompt:(history)>>>/d.exec(source.text);
  const [start, end] = match?.indices?.[1] ?? match?.indices?.[2] ?? [];
  if (start === undefined || end === undefined) return [];
  const description = 'the earlier turns of the conversation: a list of messages';
  const span = spanInFile(source, { start, end });
  return [{ name: historyVariable, span, description, kind: 'messages', required: false }];
}

/** Partials, also those of the partials that can be read. */
function findPartials(source: SourceText, files: ReadonlyMap<string, string>): readonly FileReference[] {
  const references = new Map<string, FileReference>();
  const partials = readPartials(files);
  const collect = (nodes: readonly HandlebarsNode[], from: SourceText): void => {
    for (const node of nodes) {
      if (node.kind === 'section') {
        collect(node.body, from);
        collect(node.inverse, from);
      }
      if (node.kind !== 'partial') continue;
      const path = partialPath(node.name);
      if (references.has(path)) continue;
      const span = spanInFile(from, node.span);
      references.set(path, { path, span });
      const inner = partials.get(node.name);
      if (inner !== undefined) collect(parseHandlebars(inner).nodes, { text: inner, pieces: [], within: span });
    }
  };
  collect(parseHandlebars(source.text).nodes, source);
  return [...references.values()];
}

const mediaMessage = 'media are left out of what is scored';

function findMedia(source: SourceText): readonly Span[] {
  const tags = source.text.matchAll(/\{\{~?[ \t]*media\b[^}]*\}\}|<<<dotprompt:media:[^>]*>>>/g);
  return [...tags].map((match) => spanInFile(source, { start: match.index, end: match.index + match[0].length }));
}
