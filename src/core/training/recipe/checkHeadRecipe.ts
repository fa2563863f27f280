import type { YamlReader } from '../../yaml/yamlReader';
import type { Span } from '../../promptFile/locateJson';
import type { HeadRecipe } from './headRecipe';
import type { RecipeNames } from './recipeNames';

/** Everything about a recipe that makes no sense whatever its data are. */
export function checkHeadRecipe(recipe: HeadRecipe, reader: YamlReader, names: RecipeNames): void {
  checkWhatIsTrained(recipe, reader, names);
  checkStages(recipe, reader, names);
  checkOverlap(recipe, reader, names);
  for (const { value, span } of names.unused()) {
    names.problems.warning('unused_data', `nothing is trained or checked on \`${value}\``, span);
  }
}

function spanOf(reader: YamlReader, key: string): Span {
  return (reader.get(key) ?? reader.entries[0])?.keySpan ?? { start: 0, end: 0 };
}

function checkWhatIsTrained({ objectives }: HeadRecipe, reader: YamlReader, { problems }: RecipeNames): void {
  if (!reader.has('objectives') && !reader.has('preference')) {
    problems.error('nothing_to_train', 'nothing is trained: give `objectives` or `preference`', spanOf(reader, 'name'));
  }
  if (reader.has('objectives') && reader.has('preference')) {
    const message = 'a head has either `objectives` or one `preference`';
    problems.error('two_forms', message, spanOf(reader, 'preference'));
  }
  if (0 < objectives.length && objectives.every(({ kind }) => kind === 'computed')) {
    const message = 'every objective is computed: there is nothing to train';
    problems.error('nothing_to_train', message, spanOf(reader, 'objectives'));
  }
  if (reader.has('ratings') && !reader.has('objectives')) {
    problems.warning(
      'unused_key',
      '`ratings` says how objectives are fitted: there are none',
      spanOf(reader, 'ratings'),
    );
  }
}

function checkStages(recipe: HeadRecipe, reader: YamlReader, { problems }: RecipeNames): void {
  const { objectives, verbosity, gate, preference } = recipe;
  const ofObjectives = ['verbosity_correction', 'gate'].filter((key) => reader.has(key));
  for (const key of ofObjectives) {
    if (reader.has('objectives') && 2 <= objectives.length) continue;
    problems.error('too_few_objectives', `\`${key}\` needs two objectives or more`, spanOf(reader, key));
  }
  if (verbosity !== null && gate === null && !reader.reader('verbosity_correction')?.has('data')) {
    const message = '`verbosity_correction` needs `data` to be measured on, as there is no gate with pairs';
    problems.error('missing_key', message, spanOf(reader, 'verbosity_correction'));
  }
  if (reader.has('semi_supervised') && gate === null && preference === null) {
    const message = '`semi_supervised` needs a `gate` or a `preference` that it trains';
    problems.error('nothing_to_train', message, spanOf(reader, 'semi_supervised'));
  }
}

/** Rows that are held out in one place and trained on in another. */
function checkOverlap(recipe: HeadRecipe, reader: YamlReader, { problems }: RecipeNames): void {
  const { objectives, gate, preference, semiSupervised, checks } = recipe;
  const ofObjectives = new Set(objectives.flatMap(({ data }) => data ?? []));
  const ofPairs = new Set([...(gate?.data ?? []), ...(preference?.data ?? [])]);
  for (const name of ofPairs) {
    if (!ofObjectives.has(name)) continue;
    const message = `\`${name}\` is also what objectives are fitted on: the gate’s held-out pairs are not new to them`;
    problems.warning('overlap', message, spanOf(reader, 'gate'));
  }
  for (const name of semiSupervised?.data ?? []) {
    if (!ofPairs.has(name)) continue;
    const message = `\`${name}\` has its labels already: \`semi_supervised\` takes other pairs`;
    problems.error('overlap', message, spanOf(reader, 'semi_supervised'));
  }
  const trained = new Set([...ofObjectives, ...ofPairs, ...(semiSupervised?.data ?? [])]);
  for (const { name, data } of checks) {
    if (!trained.has(data)) continue;
    const message = `the check \`${name}\` is on \`${data}\`, which is trained on: only what is held out there counts`;
    problems.information('overlap', message, spanOf(reader, 'checks'));
  }
}
