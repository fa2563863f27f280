import { readFrontMatter } from './frontMatter';
import { memberOf, textOf } from './locatedValue';
import type { PromptFileText } from './parsePromptFile';
import type { PromptFile, TemplateLanguage } from './promptFile';
import { collectVariables, placeReading } from './promptVariables';
import { trimLines } from './roleMarkers';
import { verbatimSource } from './sourceText';
import { readTemplate } from './templateLanguages';

/** Text that was chosen to be a prompt: one user's turn, `{{name}}` its variables, front matter no part of it. */
export function parseMarkdownPrompt({ text, path }: PromptFileText): PromptFile {
  const { values, body, problems } = readFrontMatter(text, { severity: 'warning' });
  const span = trimLines(text, body);
  const source = verbatimSource(text, span);
  const language = languageOf(source.text, path);
  const reading = placeReading(readTemplate(language, source.text), source);
  return {
    format: 'markdown',
    name: textOf(memberOf(values, 'name')) ?? textOf(memberOf(values, 'title')),
    description: textOf(memberOf(values, 'description')),
    prompts: [
      {
        label: 'prompt',
        span,
        language,
        parts: [{ role: 'user', text: source.text, span }],
        variables: collectVariables({ uses: reading.uses }),
      },
    ],
    inputs: [],
    references: [],
    problems: [...problems, ...reading.problems],
  };
}

/** A template only where the file says so, or where it has blocks and can be read: braces may as well be text. */
function languageOf(text: string, path: string): TemplateLanguage {
  if (/\.(j2|jinja2?|njk)$/i.test(path)) return 'jinja';
  if (/\.(hbs|handlebars)$/i.test(path)) return 'handlebars';
  if (/\.mustache$/i.test(path)) return 'mustache';
  const isReadable = (language: TemplateLanguage): boolean => readTemplate(language, text).problems.length === 0;
  if (/\{%-?\s*(if|for|set)\b/.test(text) && isReadable('jinja')) return 'jinja';
  if (/\{\{#(if|each|unless|with)\b/.test(text) && isReadable('handlebars')) return 'handlebars';
  return 'names';
}
