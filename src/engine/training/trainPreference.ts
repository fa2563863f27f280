import { setImmediate as nextTurn } from 'node:timers/promises';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { fitBradleyTerry } from '../../core/training/evaluation/bradleyTerryLearner';
import type { FeatureMatrix } from '../../core/training/featureMatrix';
import { solveOne } from '../../core/training/linear/blockedCholesky';
import { softplus } from '../../core/training/linear/linearModel';
import type { MatrixProducts } from '../../core/training/linear/matrixProducts';
import { addOuterProducts, zeroPanels, type SymmetricPanels } from '../../core/training/linear/symmetricPanels';
import {
  floatMatrix,
  visitDifferences,
  type FeaturePairs,
  type FloatMatrix,
} from '../../core/training/preference/differenceMatrix';
import { measureFrame } from '../../core/training/ratings/featureRows';
import { factorWithPenalty } from '../../core/training/ratings/ridgePath';
import type { PreferenceRecipe } from '../../core/training/recipe/headRecipe';
import { openMatrixProducts } from './matrixProducts';

export interface PreferencePairs {
  readonly features: FeatureMatrix;
  /** Row of each pair's chosen response; [pairs]. */
  readonly chosen: Int32Array;
  /** Row of each pair's rejected response; [pairs]. */
  readonly rejected: Int32Array;
}

export interface PreferenceTraining extends PreferencePairs {
  /** 1: the rejected response is the better one; default 0. Of pairs to learn from. [pairs] */
  readonly isSwapped?: Uint8Array;
  /** Indices of pairs to learn from. */
  readonly training: Int32Array;
  /** Indices of pairs that choose the penalty, in their order as they are given. */
  readonly heldOut: Int32Array;
  readonly recipe: PreferenceRecipe;
  /** Threads of ONNX Runtime; default: as many as the processor has cores. */
  readonly threads?: number;
  /** Default: ONNX Runtime. */
  readonly products?: MatrixProducts;
}

/** s = w·x; a difference of two scores knows no bias, so the head's is 0. */
export interface TrainedPreference {
  readonly weight: Float64Array; // [columns]
  /** The mean loss on the held-out pairs for each penalty, in their order. */
  readonly penalties: readonly { readonly penalty: number; readonly loss: number }[];
  readonly penalty: number;
  /** Score of the chosen response minus that of the rejected one, in the order of `heldOut`. */
  readonly heldOutMargins: Float64Array;
}

/**
 * Scaled steps for one penalty: a few dozen do where it matters. With a penalty near nothing on pairs that can all be put in
 * order there is no end to the weights, and such a fit is not taken anyway.
 */
const mostSteps = 60;
/** Rows that are added up at once. */
const rowsAtOnce = 1024;

/**
 * One linear head by Bradley–Terry: minimises Σ log(1 + exp(−w·(x_chosen − x_rejected))) + penalty/2·‖w‖², for features of
 * standard deviation 1 where the recipe asks for them. Of the penalties the one with the smallest loss on the held-out
 * pairs is taken. Differences of the training pairs are in memory. Steps are scaled by the inverse of a bound of the
 * curvature, DᵀD/4 + penalty (Böhning and Lindsay 1988).
 * @throws AlidadeError `recipe` when there are no pairs to learn from or none held out; `row` for features that are not
 * finite; `cancelled`.
 */
export async function trainPreference(params: PreferenceTraining, context: JobContext): Promise<TrainedPreference> {
  const { recipe, training, heldOut, features } = params;
  checkPairs(params);
  const pause = async (): Promise<void> => {
    await nextTurn();
    throwIfCancelled(context.signal);
  };
  const runtime = params.products === undefined ? await openMatrixProducts(params.threads) : null;
  const products = params.products ?? (runtime as MatrixProducts);
  try {
    const deviation = await deviationsOf(params);
    const matrix = differencesOf(params, training, deviation);
    const gram = await outerProducts(matrix, products, pause);
    const inspected = differencesOf({ ...params, isSwapped: new Uint8Array(0) }, heldOut, deviation);
    const fits = new Map<number, { weight: Float64Array; loss: number; margins: Float64Array }>();
    let start = new Float64Array(features.columns);
    // Each fit starts from the one before it, which is nearest when penalties fall.
    for (const penalty of [...recipe.penalties].sort((a, b) => b - a)) {
      context.progress({ message: 'Fitting the preference head', done: fits.size, total: recipe.penalties.length });
      await pause();
      const factor = await factorWithPenalty(gram, 4 * penalty, products);
      const scaleStep = (gradient: Float64Array): Float64Array => solveOne(factor, gradient).map((value) => 4 * value);
      const weight = fitBradleyTerry({ matrix, lambda: penalty, start, scaleStep, maxIterations: mostSteps });
      start = weight.slice();
      const margins = inspected.multiply(weight);
      fits.set(penalty, { weight, loss: meanLoss(margins), margins });
    }
    const [penalty, best] = [...fits].reduce((least, fit) => (fit[1].loss < least[1].loss ? fit : least));
    return {
      weight: best.weight.map((value, column) => value / deviation[column]),
      penalties: recipe.penalties.map((tried) => ({ penalty: tried, loss: fits.get(tried)?.loss ?? NaN })),
      penalty,
      heldOutMargins: best.margins,
    };
  } finally {
    await runtime?.release();
  }
}

/** w·(x_chosen − x_rejected) of `pairs`, in their order. @throws AlidadeError `cancelled`. */
export async function preferenceMargins(
  params: PreferencePairs & { readonly weight: Float64Array; readonly pairs: Int32Array },
  context: JobContext,
): Promise<Float64Array> {
  const { weight, pairs } = params;
  await nextTurn();
  throwIfCancelled(context.signal);
  const margins = new Float64Array(pairs.length);
  visitDifferences(orderedPairs(params, pairs), (differences, from) => {
    margins.set(floatMatrix(differences, weight.length).multiply(weight), from);
  });
  return margins;
}

function meanLoss(margins: Float64Array): number {
  return margins.reduce((sum, margin) => sum + softplus(-margin), 0) / margins.length;
}

/** Features of the better response minus those of the other one, over their deviations; [pairs, columns]. */
function differencesOf(params: PreferenceTraining, pairs: Int32Array, deviation: Float64Array): FloatMatrix {
  const columns = deviation.length;
  const values = new Float32Array(pairs.length * columns);
  visitDifferences(orderedPairs(params, pairs), (differences, from) => {
    for (let index = 0; index < differences.length; index++) differences[index] /= deviation[index % columns];
    values.set(differences, from * columns);
  });
  return floatMatrix(values, columns);
}

/** With the better response first. */
function orderedPairs(
  { features, chosen, rejected, isSwapped }: PreferencePairs & { readonly isSwapped?: Uint8Array },
  pairs: Int32Array,
): FeaturePairs {
  const isTurned = (pair: number): boolean => isSwapped?.[pair] === 1;
  return {
    features,
    first: pairs.map((pair) => (isTurned(pair) ? rejected : chosen)[pair]),
    second: pairs.map((pair) => (isTurned(pair) ? chosen : rejected)[pair]),
  };
}

/** Of the features of all responses of the training pairs; ones where the recipe does not ask for them. */
async function deviationsOf({
  features,
  chosen,
  rejected,
  training,
  recipe,
}: PreferenceTraining): Promise<Float64Array> {
  const isScaled = recipe.standardise;
  const rows = [...new Set(Array.from(training, (pair) => [chosen[pair], rejected[pair]]).flat())].sort(
    (a, b) => a - b,
  );
  return (await measureFrame(features, Int32Array.from(rows), { isCentred: isScaled, isScaled })).scale;
}

/** DᵀD */
async function outerProducts(
  matrix: FloatMatrix,
  products: MatrixProducts,
  pause: () => Promise<void>,
): Promise<SymmetricPanels> {
  const gram = zeroPanels(matrix.columns);
  for (let from = 0; from < matrix.rows; from += rowsAtOnce) {
    await pause();
    const rows = Math.min(rowsAtOnce, matrix.rows - from);
    const values = Float64Array.from(matrix.values.subarray(from * matrix.columns, (from + rows) * matrix.columns));
    await addOuterProducts(gram, { values, rows, products });
  }
  return gram;
}

function checkPairs({ training, heldOut }: PreferenceTraining): void {
  const missing = training.length === 0 ? 'to learn from' : heldOut.length === 0 ? 'that are held out' : null;
  if (missing === null) return;
  throw new AlidadeError({
    code: 'recipe',
    message: `preference: there are no pairs ${missing}`,
    hint: 'give it more pairs, of more than one prompt, or another share in validation',
  });
}
