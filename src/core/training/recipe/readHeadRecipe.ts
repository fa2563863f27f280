import { checkValue } from '../../yaml/checkValue';
import { textOf, YamlReader } from '../../yaml/yamlReader';
import type { YamlValue } from '../../yaml/yamlValue';
import { checkHeadRecipe } from './checkHeadRecipe';
import type { CardRecipe, CheckRecipe, DataRecipe, HeadRecipe } from './headRecipe';
import { headRecipeSpec } from './headRecipeKeys';
import { readGrouping, readLabel } from './readLabel';
import { readObjectives } from './readObjectives';
import { readGate, readPreference, readRatings, readSemiSupervised, readTexts, readVerbosity } from './readTraining';
import type { RecipeNames } from './recipeNames';

/**
 * The recipe that a document describes. What is wrong is among the problems; where there are errors, what is returned is
 * no more than what could be read.
 */
export function readHeadRecipe(document: YamlValue, names: RecipeNames): HeadRecipe | null {
  const { problems } = names;
  if (document.kind !== 'mapping') {
    const { start, end } = document.span;
    const message = 'a head recipe is a mapping with `name`, `model`, `data`, and `objectives` or `preference`';
    problems.error('wrong_value', message, { start, end: Math.min(end, start + 1) });
    return null;
  }
  for (const problem of checkValue(headRecipeSpec, document)) problems.add({ ...problem, severity: 'error' });
  const reader = new YamlReader(document);
  // Names first: whatever else there is refers to them.
  const data = readData(reader.reader('data'), names);
  const objectives = readObjectives(reader.get('objectives')?.value, names);
  const pooling = reader.reader('pooling');
  const model = reader.text('model');
  if (model !== null) names.places.push({ kind: 'model', reference: model.value, span: model.span });
  const recipe: HeadRecipe = {
    name: reader.text('name')?.value ?? '',
    model: model?.value ?? '',
    pooling: {
      kind: pooling?.text('place')?.value === 'mean' ? 'mean' : 'last',
      layer: pooling?.number('layer') ?? 'final',
    },
    maxTokens: reader.number('max_tokens'),
    seed: reader.number('seed') ?? 0,
    data,
    ratings: readRatings(reader.reader('ratings') ?? new YamlReader({ kind: 'null', span: document.span }), names),
    objectives,
    verbosity: readVerbosity(reader.reader('verbosity_correction'), names),
    gate: readGate(reader.reader('gate'), names),
    preference: readPreference(reader.reader('preference'), names),
    semiSupervised: readSemiSupervised(reader.reader('semi_supervised'), names),
    checks: readChecks(reader.get('checks')?.value, objectives, names),
    card: readCard(reader.reader('card')),
  };
  checkHeadRecipe(recipe, reader, names);
  return recipe;
}

function readData(reader: YamlReader | null, names: RecipeNames): readonly DataRecipe[] {
  return (reader?.entries ?? []).map(({ key: name, keySpan, value }) => {
    names.define('data', name, keySpan);
    const inner = new YamlReader(value);
    const written = readTexts(value.kind === 'mapping' ? inner.get('files')?.value : value);
    const files = new Set<string>();
    for (const { value: file, span } of written) {
      names.places.push({ kind: 'file', data: name, file, span });
      if (/^([\\/]|[A-Za-z]:[\\/])/.test(file)) {
        const message = 'a file is named relative to this recipe, or to a folder that the command is given';
        names.problems.error('file_path', message, span);
      }
      if (files.has(file)) names.problems.error('file_twice', `\`${file}\` is read twice`, span);
      files.add(file);
    }
    const group = inner.text('group');
    if (group !== null) {
      names.places.push({ kind: 'field', data: name, field: group.value, use: 'group', span: group.span });
    }
    return {
      name,
      files: [...files],
      group: group?.value ?? null,
      source: inner.text('source')?.value ?? null,
      licence: inner.text('licence')?.value ?? null,
      labels: inner.text('labels')?.value ?? null,
    };
  });
}

function readChecks(
  value: YamlValue | undefined,
  objectives: HeadRecipe['objectives'],
  names: RecipeNames,
): readonly CheckRecipe[] {
  const items = value?.kind === 'list' ? value.items : [];
  const seen = new Set<string>();
  return items.flatMap((item) => {
    const reader = new YamlReader(item);
    const [name, written, about] = [reader.text('name'), reader.text('data'), reader.text('objective')];
    const data = written === null ? null : names.data(written, about === null ? 'pairs' : 'rows');
    const objective = about === null ? null : names.objective(about);
    if (name === null || data === null || (about !== null && objective === null)) return [];
    if (seen.has(name.value)) names.problems.error('name_twice', `there is another check \`${name.value}\``, name.span);
    seen.add(name.value);
    const given = readLabel(reader.get('label')?.value, data, names);
    const label = given ?? objectives.find((each) => each.name === objective)?.label ?? null;
    if (objective !== null && label === null && !reader.has('label')) {
      names.problems.error('missing_key', `\`${name.value}\` needs a \`label\`: \`${objective}\` has none`, name.span);
    }
    const groups = readGrouping(reader.get('groups')?.value, data, names);
    return [{ name: name.value, data, objective, label: objective === null ? null : label, groups }];
  });
}

function readCard(reader: YamlReader | null): CardRecipe {
  const faults = reader?.get('known_faults')?.value;
  const read = (key: string): string | null => {
    const value = reader?.get(key)?.value;
    return value === undefined ? null : (textOf(value)?.value ?? null);
  };
  return {
    about: read('about'),
    intendedUse: read('intended_use'),
    knownFaults: readTexts(faults).map(({ value }) => value),
    licence: read('licence'),
  };
}
