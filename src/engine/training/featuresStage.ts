import { AlidadeError } from '../../core/alidadeError';
import { countOf } from '../../core/describeQuantity';
import type { JobContext } from '../../core/jobContext';
import type { ScorableInput } from '../../core/promptFile/scorableRow';
import type { TrainingData } from '../../core/training/data/trainingData';
import type { HeadRecipe } from '../../core/training/recipe/headRecipe';
import type { FeatureSource, TextFeatures } from './featureSource';
import { TextRows } from './textRows';
import type { TrainingStatus } from './trainingStatus';

export interface FeaturesStageParams {
  readonly source: FeatureSource;
  readonly recipe: HeadRecipe;
  readonly data: TrainingData;
  readonly status: TrainingStatus;
}

/** The features of every text that the recipe names, made once. @throws AlidadeError `row` when no text has any. */
export async function featuresStage(
  { source, recipe, data, status }: FeaturesStageParams,
  context: JobContext,
): Promise<{ readonly features: TextFeatures; readonly rows: TextRows }> {
  const inputs = inputsOf(data);
  const features = await source.read(inputs, context);
  await source.closeModel();
  const { texts, made, kept, errors } = source.counts;
  context.logger.info(`features of ${countOf(texts, 'text')}: ${made} made, ${kept} there already`);
  if (0 < inputs.length && features.places.every((place) => 'error' in place)) {
    const [first] = features.places.flatMap((place) => ('error' in place ? [place.error] : []));
    throw new AlidadeError({
      code: 'row',
      message: `none of ${countOf(errors, 'text')} can be read by the model: ${first.message}`,
      hint: 'set max_tokens in the recipe if they are too long: they lose their beginning then',
    });
  }
  const rows = new TextRows(inputs, features.places);
  for (const { objective, texts: rated } of data.rated) rows.rated(dataOf(recipe, objective), rated);
  for (const { name, pairs } of data.pairs) rows.pairs(name, pairs);
  for (const { check, texts: rated, pairs } of data.checks) {
    rows.rated(check.data, rated);
    rows.pairs(check.data, pairs);
  }
  status.update({
    data: data.data.map((set) => ({ ...set, refused: [...set.refused, ...rows.refusedOf(set.name)] })),
  });
  status.warn(
    data.data.flatMap(({ name }) =>
      rows
        .refusedOf(name)
        .map(
          ({ reason, count, first }) => `${name}: ${countOf(count, 'row')} not used: ${reason} (the first: ${first})`,
        ),
    ),
  );
  return { features, rows };
}

function dataOf({ objectives }: HeadRecipe, name: string): string {
  return objectives.find((objective) => objective.name === name)?.data ?? '';
}

/** Each once, those that share their beginning after each other. */
function inputsOf({ rated, pairs, verbosity, checks }: TrainingData): readonly ScorableInput[] {
  const sides = (list: TrainingData['pairs'][number]['pairs']): readonly ScorableInput[] =>
    list.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  return [
    ...new Set([
      ...rated.flatMap(({ texts }) => texts.map(({ input }) => input)),
      ...pairs.flatMap((set) => sides(set.pairs)),
      ...(verbosity?.inputs ?? []),
      ...checks.flatMap((set) => [...set.texts.map(({ input }) => input), ...sides(set.pairs)]),
    ]),
  ];
}
