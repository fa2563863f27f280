import { solvePanels } from '../linear/blockedCholesky';
import { innerProducts } from '../linear/symmetricPanels';
import { inFrame, measureFrame, visitFeatures } from './featureRows';
import { foldModels } from './ratingSums';
import type { RatingModels, RatingPath, RatingProblem } from './ratingPath';
import { factorWithPenalty } from './ridgePath';

/**
 * Ridge regression where there are fewer rows than columns: u = Zᵀ(ZZᵀ + λI)⁻¹y, which is the same and a smaller system.
 * All rows are in memory, fewer than columns.
 */
export async function openDualRidgePath(problem: RatingProblem): Promise<RatingPath> {
  const { features, rows, targets, split, ratings, products, pause } = problem;
  const { columns } = features;
  const isCentred = ratings.intercept || ratings.standardise;
  const frame = await measureFrame(features, rows, { isCentred, isScaled: ratings.standardise });
  const framed = new Float64Array(rows.length * columns);
  await visitFeatures(features, rows, (values, from) => framed.set(inFrame(values, frame), from * columns));
  const count = targets.length;
  return {
    async fit(excluded, penalties) {
      const places = Int32Array.from(split.part.keys()).filter((place) => !excluded.includes(split.part[place]));
      const { values, mean, deviation } = standardiseRows(framed, places, {
        columns,
        isCentred,
        isScaled: ratings.standardise,
      });
      const targetMean = Float64Array.from(targets, (labels) => meanAt(labels, places));
      const labels = new Float64Array(places.length * count);
      places.forEach((place, row) => {
        targets.forEach((own, target) => {
          labels[row * count + target] = own[place] - (isCentred ? targetMean[target] : 0);
        });
      });
      const kernel = await innerProducts({ values, rows: places.length, size: columns, products });
      const models: RatingModels[] = [];
      for (const penalty of penalties) {
        await pause();
        const factor = await factorWithPenalty(kernel, penalty, products);
        const dual = await solvePanels(factor, { right: labels, count, products });
        const solution = await products.transposedBy({ a: values, b: dual, m: columns, n: count, k: places.length });
        models.push(foldModels(solution, { mean, deviation, targetMean }, { frame, hasIntercept: ratings.intercept }));
      }
      return models;
    },
  };
}

interface RowOptions {
  readonly columns: number;
  readonly isCentred: boolean;
  readonly isScaled: boolean;
}

/** The rows at these places, centred and scaled over them. */
function standardiseRows(
  framed: Float64Array,
  places: Int32Array,
  { columns, isCentred, isScaled }: RowOptions,
): { values: Float64Array; mean: Float64Array; deviation: Float64Array } {
  const values = new Float64Array(places.length * columns);
  places.forEach((place, row) => values.set(framed.subarray(place * columns, (place + 1) * columns), row * columns));
  const mean = new Float64Array(columns);
  const deviation = new Float64Array(columns).fill(1);
  if (!isCentred) return { values, mean, deviation };
  values.forEach((value, index) => (mean[index % columns] += value / places.length));
  values.forEach((value, index) => (values[index] = value - mean[index % columns]));
  if (isScaled) {
    const variance = new Float64Array(columns);
    values.forEach((value, index) => (variance[index % columns] += value ** 2 / places.length));
    // Columns vary by 1 over all rows: what is left here of one that does not vary is rounding.
    variance.forEach((value, column) => (deviation[column] = 1e-12 < value ? Math.sqrt(value) : 1));
    values.forEach((value, index) => (values[index] = value / deviation[index % columns]));
  }
  return { values, mean, deviation };
}

function meanAt(values: Float64Array, places: Int32Array): number {
  return places.reduce((sum, place) => sum + values[place], 0) / places.length;
}
