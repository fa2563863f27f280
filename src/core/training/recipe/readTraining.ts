import type { YamlReader } from '../../yaml/yamlReader';
import { textOf } from '../../yaml/yamlReader';
import type { Located, YamlValue } from '../../yaml/yamlValue';
import type {
  GateRecipe,
  PreferenceRecipe,
  RatingsRecipe,
  SemiSupervisedRecipe,
  SplitRecipe,
  VerbosityRecipe,
} from './headRecipe';
import type { RecipeNames } from './recipeNames';

/** Nine powers of ten (armo-rm/stage-1_train.py). */
export const publishedPenalties: readonly number[] = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000, 10_000];
/** Features of deviation 1 take larger ones. */
export const standardisedPenalties: readonly number[] = [10, 30, 100, 300, 1000, 3000, 10_000, 30_000];
/** Values of λ in their order (armo-rm/stage-2_train.py). */
export const publishedLambdas: readonly number[] = [
  ...[0, 0.01, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45],
  ...[0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95],
];

export function readRatings(reader: YamlReader, names: RecipeNames): RatingsRecipe {
  const standardised = reader.boolean('standardise') ?? false;
  return {
    penalties: readPenalties(reader, standardised, names),
    standardise: standardised,
    intercept: reader.boolean('intercept') ?? false,
    selection: readSplit(reader.reader('split'), names),
    choice: reader.text('choice')?.value === 'one_standard_error' ? 'one_standard_error' : 'best',
    refit: reader.text('refit')?.value === 'all' ? 'all' : 'training',
  };
}

function readSplit(reader: YamlReader | null, { problems }: RecipeNames): SplitRecipe {
  const [validation, folds] = [reader?.get('validation') ?? null, reader?.get('folds') ?? null];
  if (validation !== null && folds !== null) {
    problems.error('split', 'a split has either `validation` or `folds`', folds.keySpan);
  }
  const count = reader?.number('folds') ?? null;
  if (count !== null) return { kind: 'folds', folds: count };
  return { kind: 'validation', share: reader?.number('validation') ?? 0.2 };
}

function readPenalties(reader: YamlReader, standardised: boolean, names: RecipeNames): readonly number[] {
  const fallback = standardised ? standardisedPenalties : publishedPenalties;
  return readNumbers(reader, 'penalties', names) ?? fallback;
}

/** The numbers of a list, each once; one that is given twice is told. */
function readNumbers(reader: YamlReader, key: string, { problems }: RecipeNames): readonly number[] | null {
  const value = reader.get(key)?.value;
  if (value?.kind !== 'list') return null;
  const numbers = new Set<number>();
  for (const item of value.items) {
    if (item.kind !== 'number' || !Number.isFinite(item.value)) continue;
    if (numbers.has(item.value)) problems.warning('value_twice', `${item.source} stands here twice`, item.span);
    numbers.add(item.value);
  }
  return numbers.size === 0 ? null : [...numbers];
}

export function readVerbosity(reader: YamlReader | null, names: RecipeNames): VerbosityRecipe | null {
  const objective = reader?.text('objective') ?? null;
  if (reader === null || objective === null) return null;
  const data = reader.text('data');
  return {
    objective: names.objective(objective) ?? objective.value,
    threshold: reader.number('threshold') ?? 0.03,
    grid: readNumbers(reader, 'grid', names) ?? publishedLambdas,
    data: data === null ? null : names.data(data),
  };
}

export function readGate(reader: YamlReader | null, names: RecipeNames): GateRecipe | null {
  if (reader === null) return null;
  const hidden = reader.get('hidden')?.value;
  return {
    data: readDataNames(reader, names),
    hidden:
      hidden?.kind === 'list'
        ? hidden.items.flatMap((item) => (item.kind === 'number' ? [item.value] : []))
        : [1024, 1024, 1024],
    temperature: reader.number('temperature') ?? 10,
    optimiser: {
      steps: reader.number('steps') ?? 2000,
      batch: reader.number('batch') ?? 1024,
      learningRate: reader.number('learning_rate') ?? 1e-3,
      weightDecay: reader.number('weight_decay') ?? 0,
      evaluateEvery: reader.number('evaluate_every') ?? 50,
      patience: reader.text('patience')?.value === 'never' ? null : (reader.number('patience') ?? 10),
    },
    dropout: reader.number('dropout') ?? 0.2,
    validation: reader.number('validation') ?? 0.2,
  };
}

export function readPreference(reader: YamlReader | null, names: RecipeNames): PreferenceRecipe | null {
  if (reader === null) return null;
  const standardised = reader.boolean('standardise') ?? true;
  return {
    name: reader.text('name')?.value ?? 'preference',
    description: reader.text('description')?.value ?? null,
    data: readDataNames(reader, names),
    penalties: readPenalties(reader, standardised, names),
    standardise: standardised,
    validation: reader.number('validation') ?? 0.2,
  };
}

export function readSemiSupervised(reader: YamlReader | null, names: RecipeNames): SemiSupervisedRecipe | null {
  if (reader === null) return null;
  const judge = reader.text('judge');
  if (judge !== null) names.places.push({ kind: 'model', reference: judge.value, span: judge.span });
  return {
    data: readDataNames(reader, names),
    threshold: reader.number('threshold') ?? 0.8,
    rounds: reader.number('rounds') ?? 3,
    judge: judge?.value ?? null,
  };
}

/** `data`: one name or a list, each once. */
function readDataNames(reader: YamlReader, names: RecipeNames): readonly string[] {
  const found = readTexts(reader.get('data')?.value).flatMap((name) => names.data(name, 'pairs') ?? []);
  return [...new Set(found)];
}

/** A text, or the texts of a list. */
export function readTexts(value: YamlValue | undefined): readonly Located<string>[] {
  if (value === undefined) return [];
  return value.kind === 'list' ? value.items.flatMap((item) => textOf(item) ?? []) : [textOf(value) ?? []].flat();
}
