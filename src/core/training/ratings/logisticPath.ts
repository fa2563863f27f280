import { solveOne } from '../linear/blockedCholesky';
import { sigmoid, softplus } from '../linear/linearModel';
import { minimise } from '../linear/minimise';
import { inFrame, visitFeatures } from './featureRows';
import { foldModels, sumParts, systemWithout, type RatingSystem } from './ratingSums';
import type { RatingModels, RatingPath, RatingProblem } from './ratingPath';
import { factorWithPenalty } from './ridgePath';

/**
 * Logistic regression: minimises Σ log(1 + exp(−s(u·z + b))) + λ/2·‖u‖², b not penalised. Steps are scaled by the inverse of
 * (ZᵀZ/4 + λI), which bounds the curvature (Böhning and Lindsay 1988), so that a few of them suffice. Rows are in memory.
 */
export async function openLogisticPath(problem: RatingProblem): Promise<RatingPath> {
  const { features, rows, targets, split, ratings, products, pause } = problem;
  const { columns } = features;
  const sums = await sumParts(problem, { isCentred: true, isScaled: ratings.standardise });
  const framed = new Float32Array(rows.length * columns);
  await visitFeatures(features, rows, (values, from) => framed.set(inFrame(values, sums.frame), from * columns));
  return {
    async fit(excluded, penalties) {
      const system = systemWithout(sums, excluded);
      const places = Int32Array.from(split.part.keys()).filter((place) => !excluded.includes(split.part[place]));
      // Each fit starts from the one before it, which is nearest when penalties fall.
      const order = [...penalties].sort((a, b) => b - a);
      const fitted = new Map<number, RatingModels>();
      let start: Float64Array = new Float64Array(columns + 1);
      for (const penalty of order) {
        await pause();
        const factor = await factorWithPenalty(system.gram, 4 * penalty, products);
        const scaleStep = (gradient: Float64Array): Float64Array => {
          const step = new Float64Array(columns + 1);
          step.set(solveOne(factor, gradient.subarray(0, columns)).map((value) => 4 * value));
          step[columns] = (4 * gradient[columns]) / places.length;
          return step;
        };
        const evaluate = logisticLoss({ framed, targets: targets[0], places, system, penalty });
        start = minimise({ start, tolerance: 1e-6, maxIterations: 1000, evaluate, scaleStep });
        const target = { ...system, targetMean: Float64Array.of(start[columns]) };
        const solution = start.slice(0, columns);
        fitted.set(penalty, foldModels(solution, target, { frame: sums.frame, hasIntercept: true }));
      }
      return penalties.flatMap((penalty) => fitted.get(penalty) ?? []);
    },
  };
}

interface LossParams {
  readonly framed: Float32Array; // [rows, columns]
  readonly targets: Float64Array; // [rows]
  readonly places: Int32Array;
  readonly system: RatingSystem;
  readonly penalty: number;
}

/** Of [u, b] for features that are centred and scaled over the places, which is done to the weights, not to the rows. */
function logisticLoss({ framed, targets, places, system, penalty }: LossParams) {
  const { mean, deviation } = system;
  const columns = mean.length;
  return (parameters: Float64Array): { value: number; gradient: Float64Array } => {
    const weight = new Float64Array(columns);
    let offset = parameters[columns];
    let squares = 0;
    for (let column = 0; column < columns; column++) {
      weight[column] = parameters[column] / deviation[column];
      offset -= weight[column] * mean[column];
      squares += parameters[column] ** 2;
    }
    const sums = new Float64Array(columns);
    let value = (penalty / 2) * squares;
    let residuals = 0;
    for (const place of places) {
      const row = place * columns;
      let logit = offset;
      for (let column = 0; column < columns; column++) logit += framed[row + column] * weight[column];
      value += softplus(logit) - targets[place] * logit;
      const residual = sigmoid(logit) - targets[place];
      residuals += residual;
      for (let column = 0; column < columns; column++) sums[column] += residual * framed[row + column];
    }
    const gradient = new Float64Array(columns + 1);
    for (let column = 0; column < columns; column++) {
      gradient[column] = (sums[column] - mean[column] * residuals) / deviation[column] + penalty * parameters[column];
    }
    gradient[columns] = residuals;
    return { value, gradient };
  };
}
