import { readHandlebars, renderHandlebars } from './handlebarsTemplate';
import { readJinja, renderJinja } from './jinjaTemplate';
import { readNames, renderNames } from './namesTemplate';
import { readPlaceholders, renderPlaceholders } from './placeholdersTemplate';
import type { TemplateLanguage } from './promptFile';
import type { TemplateReading, TemplateRendering, TemplateValues } from './template';

/** The variables of a template; POML is read as a whole file elsewhere. */
export function readTemplate(language: TemplateLanguage, text: string): TemplateReading {
  switch (language) {
    case 'jinja':
      return readJinja(text);
    case 'placeholders':
      return readPlaceholders(text);
    case 'names':
      return readNames(text);
    case 'mustache':
      return readHandlebars(text, { looksAround: true });
    case 'handlebars':
      return readHandlebars(text);
    case 'poml':
    case 'none':
      return { uses: [], problems: [] };
  }
}

/** A template with its variables filled; never throws. */
export function renderTemplate(language: TemplateLanguage, text: string, values: TemplateValues): TemplateRendering {
  switch (language) {
    case 'jinja':
      return renderJinja(text, values);
    case 'placeholders':
      return renderPlaceholders(text, values);
    case 'names':
      return renderNames(text, values);
    case 'mustache':
      return renderHandlebars(text, values, { looksAround: true });
    case 'handlebars':
      return renderHandlebars(text, values);
    case 'poml':
    case 'none':
      return { text, problems: [] };
  }
}
