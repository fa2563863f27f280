import { l10n } from 'vscode';
import type { RecipeFile, RecipeFiles } from '../../core/training/recipe/checkRecipeData';
import type { HeadRecipePlace } from '../../core/training/recipe/headRecipePlaces';
import { escapeMarkdown } from '../reward/scoreMarkdown';

/** More are summed up: a hover is read at a glance. */
const mostValues = 8;

/** What is known of what stands at a place; null: nothing. */
export function placeMarkdown(place: HeadRecipePlace, files: RecipeFiles): string | null {
  switch (place.kind) {
    case 'file': {
      const file = files.get(place.data)?.get(place.file);
      return file === undefined ? null : fileMarkdown(place.file, file);
    }
    case 'data': {
      const lines = [...(files.get(place.name) ?? [])].map(([name, file]) => fileMarkdown(name, file));
      return lines.length === 0 ? null : lines.join('\n\n');
    }
    case 'field':
    case 'value':
      return fieldMarkdown(place, files);
    default:
      return null;
  }
}

function fileMarkdown(name: string, file: RecipeFile): string {
  const title = `**${escapeMarkdown(name)}**`;
  if (file.kind === 'missing') return `${title}: ${l10n.t('it is not there')}`;
  if (file.kind === 'unreadable') return `${title}: ${escapeMarkdown(file.message)}`;
  const { rows, pairs, hasMore, fields } = file;
  const counts = [
    hasMore ? l10n.t('more than {0} rows', rows) : l10n.t('{0} rows', rows),
    pairs === 0 ? '' : l10n.t('{0} of them pairs', pairs),
  ].filter((part) => part !== '');
  const names = shortened(fields.map(({ path }) => `\`${path.replaceAll('`', '')}\``));
  const known = names === '' ? [] : [l10n.t('Fields: {0}', names)];
  return [`${title}: ${counts.join(', ')}`, ...known].join('\n\n');
}

function fieldMarkdown(
  { data, field }: { readonly data: string; readonly field: string },
  files: RecipeFiles,
): string | null {
  const read = [...(files.get(data)?.values() ?? [])].flatMap((file) => (file.kind === 'read' ? [file] : []));
  if (read.length === 0) return null;
  const rows = read.reduce((sum, file) => sum + file.rows, 0);
  const having = read.reduce((sum, { found }) => sum + (found.find(({ path }) => path === field)?.count ?? 0), 0);
  const values = [...new Set(read.flatMap(({ fields }) => fields.find(({ path }) => path === field)?.values ?? []))];
  const lines = [l10n.t('{0} of the first {1} rows have `{2}`.', having, rows, field.replaceAll('`', ''))];
  if (0 < values.length) lines.push(l10n.t('It says: {0}', shortened(values.map(escapeMarkdown))));
  return lines.join('\n\n');
}

function shortened(items: readonly string[]): string {
  return items.length <= mostValues ? items.join(', ') : `${items.slice(0, mostValues).join(', ')}, …`;
}
