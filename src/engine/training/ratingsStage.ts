import type { JobContext } from '../../core/jobContext';
import { sigmoid } from '../../core/training/linear/linearModel';
import type { RatedObjective, RatingFit } from '../../core/training/ratings/ratingFit';
import { reportRating } from '../../core/training/ratings/reportRating';
import type { ObjectiveRecipe } from '../../core/training/recipe/headRecipe';
import type { ObjectiveReport } from '../../core/training/trainingReport';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { fitRatings } from './fitRatings';
import type { RatedRows } from './textRows';
import type { TrainingWork } from './trainingWork';

/** Linear objectives in the number format of the head file. */
export interface RatingWeights {
  readonly weight: Float32Array; // [trained, hidden]
  readonly bias: Float32Array; // [trained]
}

/** Values of an objective for rows that were held out, by models that had not seen them. */
export interface HeldOutValues {
  readonly objective: string;
  /** By row in the matrix of features. */
  readonly values: ReadonlyMap<number, number>;
}

export interface FittedRatings extends RatingWeights {
  readonly heldOut: readonly HeldOutValues[];
}

/** Fits the objectives that are learnt, and tells of each how good it is on rows that it has not seen. */
export async function ratingsStage(work: TrainingWork, context: JobContext): Promise<FittedRatings> {
  const { recipe, features, folder, status } = work;
  const learnt = recipe.objectives.filter(({ kind }) => kind !== 'computed');
  if (learnt.length === 0) {
    status.update({ objectives: recipe.objectives.map(reportComputed) });
    return { weight: new Float32Array(0), bias: new Float32Array(0), heldOut: [] };
  }
  const matrix = features.matrix(recipe.pooling.kind);
  const sets = learnt.map((objective) => ratedRowsOf(work, objective));
  const objectives = learnt.map((objective, index) => ratedObjective(objective, sets[index]));
  const { ratings, seed } = recipe;
  const fits = await folder.step('ratings', () =>
    fitRatings({ features: matrix, objectives, ratings, seed, ...threadsOf(work) }, context),
  );
  const reports: ObjectiveReport[] = [];
  for (const [index, fit] of fits.entries()) {
    throwIfCancelled(context.signal);
    context.progress({ message: 'Comparing with length and words', done: index, total: fits.length });
    const { wordBaseline } = learnt[index];
    const [objective, { texts }] = [objectives[index], sets[index]];
    const report = await folder.step(`objective-${index}`, () =>
      Promise.resolve(reportRating({ fit, objective, texts, wordBaseline, seed })),
    );
    reports.push(report);
    status.update({ objectives: inOrder(recipe.objectives, reports) });
    status.warn(warningsOf(report));
  }
  const weight = new Float32Array(fits.length * matrix.columns);
  fits.forEach((fit, row) => weight.set(fit.weight, row * matrix.columns));
  const heldOut = fits.map((fit, index) => heldOutValues(fit, objectives[index]));
  return { weight, bias: Float32Array.from(fits, ({ bias }) => bias), heldOut };
}

function threadsOf({ threads }: TrainingWork): { readonly threads?: number } {
  return threads === undefined ? {} : { threads };
}

function heldOutValues({ name, kind, heldOut }: RatingFit, { rows }: RatedObjective): HeldOutValues {
  const { places, predictions } = heldOut;
  const values = Array.from(places, (place, index): [number, number] => {
    const value = predictions[index];
    return [rows[place], kind === 'logistic' ? sigmoid(value) : value];
  });
  return { objective: name, values: new Map(values) };
}

function ratedRowsOf({ data, rows }: TrainingWork, { name, data: source }: ObjectiveRecipe): RatedRows {
  const set = data.rated.find(({ objective }) => objective === name);
  return rows.rated(source ?? '', set?.texts ?? []);
}

function ratedObjective({ name, kind }: ObjectiveRecipe, { texts, rows }: RatedRows): RatedObjective {
  return {
    name,
    kind: kind === 'logistic' ? 'logistic' : 'linear',
    rows,
    targets: Float64Array.from(texts, ({ target }) => target),
    groups: texts.map(({ group }) => group),
  };
}

/** Those that are there already; computed ones are known from the start. */
function inOrder(
  objectives: readonly ObjectiveRecipe[],
  reports: readonly ObjectiveReport[],
): readonly ObjectiveReport[] {
  return objectives.flatMap((objective) =>
    objective.kind === 'computed' ? [reportComputed(objective)] : reports.filter(({ name }) => name === objective.name),
  );
}

function reportComputed({ name }: ObjectiveRecipe): ObjectiveReport {
  return {
    name,
    kind: 'computed',
    rows: 0,
    groups: 0,
    metric: null,
    heldOut: null,
    lengthAlone: null,
    wordsAlone: null,
    penalties: [],
    penalty: null,
  };
}

function warningsOf({ name, metric, heldOut, lengthAlone, wordsAlone }: ObjectiveReport): readonly string[] {
  if (metric === null || heldOut === null) return [];
  const beaten = (what: string, value: number | undefined): readonly string[] =>
    value !== undefined && heldOut.value <= value
      ? [`${name}: it does not beat ${what}, whose ${metric} on the same held-out rows is ${value.toFixed(3)}`]
      : [];
  return [...beaten('length', lengthAlone?.value), ...beaten('words alone (TF-IDF)', wordsAlone?.value)];
}
