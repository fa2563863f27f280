import { softplus } from '../linear/linearModel';
import { choosePenalty, mean } from './choosePenalty';
import { openDualRidgePath } from './dualRidgePath';
import { visitFeatures } from './featureRows';
import { openLogisticPath } from './logisticPath';
import type { HeldOutPredictions } from './ratingFit';
import type { RatingModels, RatingPath, RatingProblem } from './ratingPath';
import { placesOfPart } from './ratingSums';
import { openRidgePath } from './ridgePath';

/** What was fitted for one target. */
export interface FittedTarget {
  readonly weight: Float64Array; // [columns]
  readonly bias: number;
  readonly penalty: number;
  readonly penalties: readonly { readonly penalty: number; readonly loss: number }[];
  readonly heldOut: HeldOutPredictions;
}

/** Models of every penalty with their predictions for some places; predictions are [penalties][targets][places]. */
interface Candidates {
  readonly models: readonly RatingModels[];
  readonly predictions: readonly Float64Array[][];
}

/**
 * Fits all targets of some rows: every part of the split that is held out is predicted by models that have not seen it, of a
 * penalty that was chosen without it where there are folds. The head's own models are fitted last.
 */
export async function fitRatingProblem(
  problem: RatingProblem,
  kind: 'linear' | 'logistic',
): Promise<readonly FittedTarget[]> {
  const path = await openPath(problem, kind);
  const { split, ratings, targets } = problem;
  const places = split.heldOut.map((part) => placesOfPart(split.part, part));
  const nested = ratings.selection.kind === 'folds' ? await fitNested(problem, path, kind) : null;
  const held: Candidates[] = [];
  for (const part of split.heldOut) {
    const models = await path.fit([part], ratings.penalties);
    held.push({ models, predictions: await predict(problem, models, placesOfPart(split.part, part)) });
  }
  const chosen = targets.map((labels, target) => {
    // With folds a fold is one measurement; with one validation split each of its rows is one.
    const losses = ratings.penalties.map((_, penalty) => {
      const byRow = held.map(({ predictions }, fold) =>
        rowLosses(kind, predictions[penalty][target], { labels, places: places[fold] }),
      );
      return byRow.length === 1 ? byRow[0] : byRow.map(mean);
    });
    return { losses, penalty: choosePenalty({ penalties: ratings.penalties, losses }, ratings.choice) };
  });
  const all = await finalModels(problem, path, { held, chosen: chosen.map(({ penalty }) => penalty) });
  return targets.map((_, target) => {
    const { losses, penalty } = chosen[target];
    const predictions = held.map((candidates, fold) => {
      const own = nested === null ? penalty : nested[fold][target];
      return candidates.predictions[ratings.penalties.indexOf(own)][target];
    });
    return {
      ...all[target],
      penalty,
      penalties: ratings.penalties.map((value, index) => ({ penalty: value, loss: mean(losses[index]) })),
      heldOut: joinFolds(places, predictions),
    };
  });
}

function openPath(problem: RatingProblem, kind: 'linear' | 'logistic'): Promise<RatingPath> {
  if (kind === 'logistic') return openLogisticPath(problem);
  return problem.rows.length < problem.features.columns ? openDualRidgePath(problem) : openRidgePath(problem);
}

/** The penalty chosen for each fold and target on the other folds, each of which is left out in turn. */
async function fitNested(
  problem: RatingProblem,
  path: RatingPath,
  kind: 'linear' | 'logistic',
): Promise<readonly number[][]> {
  const { split, ratings, targets } = problem;
  const { penalties } = ratings;
  if (penalties.length === 1) return split.heldOut.map(() => targets.map(() => penalties[0]));
  // [folds][targets][penalties][other folds]
  const losses = split.heldOut.map(() => targets.map(() => penalties.map((): number[] => [])));
  for (const first of split.heldOut) {
    for (const second of split.heldOut.slice(first + 1)) {
      const models = await path.fit([first, second], penalties);
      for (const [fold, looked] of [
        [first, second],
        [second, first],
      ]) {
        const places = placesOfPart(split.part, looked);
        const predictions = await predict(problem, models, places);
        predictions.forEach((byTarget, penalty) => {
          byTarget.forEach((values, target) => {
            losses[fold][target][penalty].push(mean(rowLosses(kind, values, { labels: targets[target], places })));
          });
        });
      }
    }
  }
  return losses.map((byTarget) => byTarget.map((own) => choosePenalty({ penalties, losses: own }, ratings.choice)));
}

interface Choice {
  readonly held: readonly Candidates[];
  /** The penalty of each target. */
  readonly chosen: readonly number[];
}

/** The models of the head: those of the training part, or fitted again on all rows. */
async function finalModels(
  { split, ratings, features }: RatingProblem,
  path: RatingPath,
  { held, chosen }: Choice,
): Promise<readonly { weight: Float64Array; bias: number }[]> {
  const isKept = ratings.selection.kind === 'validation' && ratings.refit === 'training';
  const penalties = [...new Set(chosen)];
  const models = isKept
    ? penalties.map((penalty) => held[split.heldOut[0]].models[ratings.penalties.indexOf(penalty)])
    : await path.fit([], penalties);
  return chosen.map((penalty, target) => {
    const { weights, biases } = models[penalties.indexOf(penalty)];
    return { weight: weights.slice(target * features.columns, (target + 1) * features.columns), bias: biases[target] };
  });
}

/** w·x + b of rows by every model; [models][targets][places]. */
async function predict(
  { features, rows, targets, products }: RatingProblem,
  models: readonly RatingModels[],
  places: Int32Array,
): Promise<Float64Array[][]> {
  const { columns } = features;
  const count = targets.length;
  const weights = new Float64Array(models.length * count * columns);
  models.forEach((model, index) => weights.set(model.weights, index * count * columns));
  const predictions = models.map(() => targets.map(() => new Float64Array(places.length)));
  const own = Int32Array.from(places, (place) => rows[place]);
  await visitFeatures(features, own, async (values, from, length) => {
    const n = models.length * count;
    const scores = await products.byTransposed({ a: Float64Array.from(values), b: weights, m: length, n, k: columns });
    for (let row = 0; row < length; row++) {
      predictions.forEach((byTarget, model) => {
        byTarget.forEach((into, target) => {
          into[from + row] = scores[row * n + model * count + target] + models[model].biases[target];
        });
      });
    }
  });
  return predictions;
}

interface Labels {
  readonly labels: Float64Array; // [rows]
  readonly places: Int32Array;
}

/** Squared error, or −log p of the label. */
function rowLosses(kind: 'linear' | 'logistic', predictions: Float64Array, { labels, places }: Labels): Float64Array {
  return predictions.map((prediction, index) => {
    const label = labels[places[index]];
    return kind === 'logistic' ? softplus(prediction) - label * prediction : (prediction - label) ** 2;
  });
}

/** The held-out rows of all folds in the order of the rows. */
function joinFolds(places: readonly Int32Array[], predictions: readonly Float64Array[]): HeldOutPredictions {
  const rows = places.flatMap((own, fold) =>
    Array.from(own, (place, index) => ({ place, fold, prediction: predictions[fold][index] })),
  );
  rows.sort((a, b) => a.place - b.place);
  return {
    places: Int32Array.from(rows, ({ place }) => place),
    predictions: Float64Array.from(rows, ({ prediction }) => prediction),
    fold: Int32Array.from(rows, ({ fold }) => fold),
    folds: places.length,
  };
}
