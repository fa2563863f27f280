import type { RecipeProblem } from '../../yaml/recipeProblem';
import { nearestName } from '../../nearestName';
import type { HeadRecipePlace } from './headRecipePlaces';

/** What was found of a data file that a recipe names. */
export type RecipeFile =
  | { readonly kind: 'missing'; readonly folders: readonly string[] }
  | { readonly kind: 'unreadable'; readonly message: string }
  | ({ readonly kind: 'read' } & RecipeFileRows);

/** The first rows of a file. */
export interface RecipeFileRows {
  readonly rows: number;
  readonly pairs: number;
  /** There are more rows than were looked at. */
  readonly hasMore: boolean;
  readonly fields: readonly {
    readonly path: string;
    readonly values: readonly string[];
    /** `values` are all that were seen. */
    readonly isComplete: boolean;
  }[];
  /** For each path that the recipe names: rows that have anything there. */
  readonly found: readonly { readonly path: string; readonly count: number }[];
}

/** By the name of the data, then by the name of the file. */
export type RecipeFiles = ReadonlyMap<string, ReadonlyMap<string, RecipeFile>>;

/** What is wrong between a recipe and its data, as far as the first rows of the files tell. */
export function checkRecipeData(places: readonly HeadRecipePlace[], files: RecipeFiles): readonly RecipeProblem[] {
  return places.flatMap((place) => {
    const problem = problemAt(place, files);
    return problem === null ? [] : [{ ...problem, span: place.span }];
  });
}

type Found = Omit<RecipeProblem, 'span'> | null;

function problemAt(place: HeadRecipePlace, files: RecipeFiles): Found {
  if (place.kind === 'file') return fileProblem(place.file, files.get(place.data)?.get(place.file));
  if (place.kind === 'model' || place.kind === 'objective') return null;
  const name = place.kind === 'data' ? place.name : place.data;
  const rows = rowsOf(files.get(name));
  if (rows === null) return null;
  const isWhole = rows.every(({ hasMore }) => !hasMore);
  const count = rows.reduce((sum, each) => sum + each.rows, 0);
  const none = isWhole ? `no row of \`${name}\`` : `none of the first ${count} rows of \`${name}\``;
  const severity = isWhole ? 'error' : 'warning';
  switch (place.kind) {
    case 'data':
      if (place.use === 'rows' || rows.some(({ pairs }) => 0 < pairs)) return null;
      return { code: 'no_pairs', severity, message: `${none} is a pair of a chosen and a rejected response` };
    case 'field': {
      const hasIt = rows.some(({ found }) =>
        found.some(({ path, count: having }) => path === place.field && 0 < having),
      );
      if (hasIt) return null;
      const known = rows.flatMap(({ fields }) => fields.map(({ path }) => path));
      return {
        code: 'unknown_field',
        severity,
        message: `${none} has \`${place.field}\``,
        ...nearest(place.field, known),
      };
    }
    case 'value': {
      const fields = rows.flatMap((each) => each.fields.find(({ path }) => path === place.field) ?? []);
      const values = fields.flatMap((field) => field.values);
      const isTold = 0 < fields.length && fields.every(({ isComplete }) => isComplete);
      if (!isTold || values.includes(place.value)) return null;
      const message = `${none} says \`${place.value}\` under \`${place.field}\``;
      return { code: 'unknown_value', severity: 'warning', message, ...nearest(place.value, values) };
    }
  }
}

function fileProblem(name: string, file: RecipeFile | undefined): Found {
  if (file?.kind === 'missing') {
    const message = `\`${name}\` is not in ${file.folders.join(' or ')}`;
    return { code: 'missing_file', severity: 'error', message };
  }
  if (file?.kind === 'unreadable') return { code: 'unreadable_file', severity: 'error', message: file.message };
  if (file?.kind === 'read' && file.rows === 0) {
    return { code: 'empty_file', severity: 'error', message: `\`${name}\` has no rows` };
  }
  return null;
}

/** Of all files; null where one could not be looked at, so that nobody knows what it has. */
function rowsOf(files: ReadonlyMap<string, RecipeFile> | undefined): readonly RecipeFileRows[] | null {
  const all = [...(files?.values() ?? [])];
  const read = all.flatMap((file) => (file.kind === 'read' ? [file] : []));
  return all.length === 0 || read.length < all.length || read.every(({ rows }) => rows === 0) ? null : read;
}

function nearest(name: string, known: readonly string[]): { readonly suggestion?: string } {
  const near = nearestName(name, [...new Set(known)]);
  return near === null ? {} : { suggestion: near };
}
