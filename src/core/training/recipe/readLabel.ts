import { YamlReader, textOf } from '../../yaml/yamlReader';
import type { Located, YamlValue } from '../../yaml/yamlValue';
import type { GroupingRecipe, LabelRecipe } from './headRecipe';
import { labelWords } from './headRecipeKeys';
import type { RecipeNames } from './recipeNames';

/** Shorter responses ("I don't know.") fit any prompt and cannot be told from their shuffled words. */
const leastWords = 8;

/** `label` in its short and its long form; null: none, or one that cannot be read, which is reported. */
export function readLabel(value: YamlValue | undefined, data: string | null, names: RecipeNames): LabelRecipe | null {
  if (value === undefined) return null;
  const short = textOf(value);
  if (short !== null) {
    const word = labelWords.find((each) => each === short.value);
    return word === undefined ? readField(short, null, data, names) : ofKind(word, leastWords);
  }
  const reader = new YamlReader(value);
  const [field, kind] = [reader.text('field'), reader.text('kind')];
  if ((field === null) === (kind === null)) {
    if (value.kind === 'mapping') {
      names.problems.error('label', 'a label has either a `field` or a `kind`', value.span);
    }
    return null;
  }
  refuseUnused(reader, field === null ? ['values'] : ['least_words'], names);
  if (field !== null) return readField(field, reader.reader('values'), data, names);
  const word = labelWords.find((each) => each === kind?.value);
  return word === undefined ? null : ofKind(word, reader.number('least_words') ?? leastWords);
}

function ofKind(kind: (typeof labelWords)[number], least: number): LabelRecipe {
  return kind === 'chosen' ? { kind } : { kind, leastWords: least };
}

function readField(
  { value: field, span }: Located<string>,
  values: YamlReader | null,
  data: string | null,
  { places }: RecipeNames,
): LabelRecipe {
  if (data !== null) places.push({ kind: 'field', data, field, use: 'label', span });
  if (values === null) return { kind: 'field', field, values: null };
  const mapped = values.entries.flatMap(({ key, keySpan, value }) => {
    if (data !== null) places.push({ kind: 'value', data, field, value: key, span: keySpan });
    return value.kind === 'number' && Number.isFinite(value.value) ? [[key, value.value] as const] : [];
  });
  return { kind: 'field', field, values: Object.fromEntries(mapped) };
}

function refuseUnused(reader: YamlReader, keys: readonly string[], { problems }: RecipeNames): void {
  for (const key of keys) {
    const entry = reader.get(key);
    if (entry !== null) problems.warning('unused_key', `\`${key}\` means nothing for this label`, entry.keySpan);
  }
}

/** `groups` of a check: a field, or terms. */
export function readGrouping(value: YamlValue | undefined, data: string, names: RecipeNames): GroupingRecipe | null {
  if (value === undefined) return null;
  const reader = new YamlReader(value);
  const field = textOf(value) ?? reader.text('field');
  const terms = reader.get('terms')?.value;
  if (value.kind === 'mapping' && (field === null) === (terms === undefined)) {
    names.problems.error('groups', 'groups are either those of a `field`, or `terms`', value.span);
    return null;
  }
  if (field !== null) {
    names.places.push({ kind: 'field', data, field: field.value, use: 'group', span: field.span });
    return { kind: 'field', field: field.value };
  }
  if (terms?.kind !== 'list') return null;
  return { kind: 'terms', terms: [...new Set(terms.items.flatMap((item) => textOf(item)?.value ?? []))] };
}
