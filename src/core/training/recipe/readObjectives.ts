import { YamlReader } from '../../yaml/yamlReader';
import type { YamlValue } from '../../yaml/yamlValue';
import type { LabelRecipe, ObjectiveRecipe, ScaleRecipe } from './headRecipe';
import { readLabel } from './readLabel';
import type { RecipeNames } from './recipeNames';

/** The objectives in their order; names of data that they use are resolved. */
export function readObjectives(value: YamlValue | undefined, names: RecipeNames): readonly ObjectiveRecipe[] {
  if (value?.kind !== 'list') return [];
  return value.items.flatMap((item) => (item.kind === 'mapping' ? (readObjective(item, names) ?? []) : []));
}

function readObjective(item: YamlValue, names: RecipeNames): ObjectiveRecipe | null {
  const reader = new YamlReader(item);
  const name = reader.text('name');
  if (name === null) return null;
  names.define('objective', name.value, name.span);
  const shared = {
    name: name.value,
    scale: readScale(reader.reader('scale'), names),
    description: reader.text('description')?.value ?? null,
    wordBaseline: reader.text('words')?.value === 'cosine' ? ('cosine' as const) : ('response' as const),
  };
  if (reader.has('compute')) {
    for (const key of ['kind', 'data', 'label', 'words']) {
      const entry = reader.get(key);
      if (entry !== null) {
        names.problems.error('computed', `\`${name.value}\` is computed: it takes no \`${key}\``, entry.keySpan);
      }
    }
    return { ...shared, kind: 'computed', compute: 'log_tokens', data: null, label: null };
  }
  const written = reader.text('data');
  const short = reader.text('label')?.value ?? reader.reader('label')?.text('kind')?.value;
  const data = written === null ? null : names.data(written, short === 'chosen' ? 'pairs' : 'rows');
  const label = readLabel(reader.get('label')?.value, data, names);
  for (const key of ['data', 'label']) {
    if (reader.has(key)) continue;
    const message = `\`${name.value}\` needs \`${key}\`, or \`compute\` if it is not learnt`;
    names.problems.error('missing_key', message, name.span);
  }
  return { ...shared, kind: kindOf(reader, label, names), compute: null, data, label };
}

function kindOf(reader: YamlReader, label: LabelRecipe | null, names: RecipeNames): 'linear' | 'logistic' {
  const written = reader.text('kind');
  const isMade = label !== null && label.kind !== 'field';
  if (written?.value === 'rating' && isMade) {
    const message = `a label that is \`${label.kind}\` says yes or no: write \`yes_no\`, or leave \`kind\` out`;
    names.problems.error('label_kind', message, written.span);
  }
  const isYesNo = written === null ? isMade : written.value === 'yes_no';
  for (const { key, value } of reader.reader('label')?.reader('values')?.entries ?? []) {
    if (!isYesNo || value.kind !== 'number' || value.value === 0 || value.value === 1) continue;
    names.problems.error('label_value', `\`${key}\` is ${value.source}: yes is 1, and no is 0`, value.span);
  }
  const scale = reader.get('scale');
  if (isYesNo && scale !== null) {
    const message = 'a yes/no objective has no `scale`: its value is a probability';
    names.problems.error('scale', message, scale.keySpan);
  }
  return isYesNo ? 'logistic' : 'linear';
}

function readScale(reader: YamlReader | null, { problems }: RecipeNames): ScaleRecipe | null {
  const [min, max] = [reader?.number('min') ?? null, reader?.number('max') ?? null];
  if (reader === null || min === null || max === null) return null;
  if (max <= min) {
    const place = reader.get('max')?.value.span ?? { start: 0, end: 0 };
    problems.error('scale', `the scale goes from ${min} to ${max}: \`max\` has to be more than \`min\``, place);
    return null;
  }
  return { min, max, levels: reader.number('levels'), unit: reader.text('unit')?.value ?? null };
}
