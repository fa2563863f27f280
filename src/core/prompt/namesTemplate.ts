import type { TemplateReading, TemplateRendering, TemplateUse, TemplateValues } from './template';
import { printValue, readPath } from './templateValue';

const pattern = /\{\{\{?[ \t]*([\p{L}_][\p{L}\p{N}_-]*)((?:\.[\p{L}\p{N}_-]+)*)[ \t]*\}?\}\}/gu;

/** The variables of a text where `{{name}}` and `{{name.member}}` stand for values, and all else for itself. */
export function readNames(text: string): TemplateReading {
  const uses: TemplateUse[] = [];
  for (const match of text.matchAll(pattern)) {
    const name = match[1] ?? '';
    const start = match.index + match[0].indexOf(name);
    uses.push({ name, span: { start, end: start + name.length }, isOptional: false });
  }
  return { uses, problems: [] };
}

/** What has no value stays as it is written. */
export function renderNames(text: string, values: TemplateValues): TemplateRendering {
  const rendered = text.replace(pattern, (written, name: string, rest: string) => {
    const value = readPath(values, [name, ...rest.split('.').slice(1)]);
    return value === undefined ? written : printValue(value);
  });
  return { text: rendered, problems: [] };
}
