import type { MatrixProducts } from '../linear/matrixProducts';
import {
  addOuterProducts,
  addPanels,
  panelDiagonal,
  standardisePanels,
  zeroPanels,
  type SymmetricPanels,
} from '../linear/symmetricPanels';
import { inFrame, measureFrame, visitFeatures, type FeatureFrame } from './featureRows';
import type { RatingModels, RatingProblem } from './ratingPath';

/** Sums over rows z (features in a frame) with their targets. */
interface Sums {
  count: number;
  readonly gram: SymmetricPanels; // Σ z·zᵀ
  readonly features: Float64Array; // Σ z, [columns]
  readonly right: Float64Array; // Σ z·yᵀ, [columns, targets]
  readonly targets: Float64Array; // Σ y, [targets]
}

export interface PartSums {
  readonly frame: FeatureFrame;
  readonly isCentred: boolean;
  readonly isScaled: boolean;
  readonly parts: readonly Sums[];
  readonly total: Sums;
}

/** The normal equations of some of the rows, in features that are centred and scaled over these rows where asked for. */
export interface RatingSystem {
  readonly gram: SymmetricPanels;
  readonly right: Float64Array; // [columns, targets]
  /** In the frame; [columns]. */
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
  /** [targets] */
  readonly targetMean: Float64Array;
}

/** Reads the rows once and adds up their products, part by part. */
export async function sumParts(
  { features, rows, targets, split, products, pause }: RatingProblem,
  options: { readonly isCentred: boolean; readonly isScaled: boolean },
): Promise<PartSums> {
  const frame = await measureFrame(features, rows, options);
  const parts = Array.from({ length: split.parts }, () => emptySums(features.columns, targets.length));
  for (let index = 0; index < parts.length; index++) {
    const places = placesOfPart(split.part, index);
    const own = Int32Array.from(places, (place) => rows[place]);
    await visitFeatures(features, own, async (values, from, count) => {
      await pause();
      const labels = labelsOf(targets, places.subarray(from, from + count));
      await addRows(parts[index], { values: inFrame(values, frame), labels, count, products });
    });
  }
  const total = emptySums(features.columns, targets.length);
  for (const part of parts) addSums(total, part, 1);
  return { frame, ...options, parts, total };
}

/** Places of the rows of a part, in ascending order. */
export function placesOfPart(part: Int32Array, index: number): Int32Array {
  return Int32Array.from(part.keys()).filter((place) => part[place] === index);
}

export function systemWithout(sums: PartSums, excluded: readonly number[]): RatingSystem {
  const { total, parts, isCentred, isScaled } = sums;
  const columns = total.features.length;
  const count = total.targets.length;
  const kept = emptySums(columns, count);
  addSums(kept, total, 1);
  for (const part of excluded) addSums(kept, parts[part], -1);
  const mean = isCentred ? kept.features.map((sum) => sum / kept.count) : new Float64Array(columns);
  const targetMean = kept.targets.map((sum) => sum / kept.count);
  const deviation = new Float64Array(columns).fill(1);
  if (isScaled) {
    panelDiagonal(kept.gram).forEach((square, column) => {
      const variance = square / kept.count - mean[column] ** 2;
      // Columns vary by 1 over all rows: what is left here of one that does not vary is rounding.
      deviation[column] = 1e-12 < variance ? Math.sqrt(variance) : 1;
    });
  }
  standardisePanels(kept.gram, { shift: mean, count: kept.count, deviation });
  const right = kept.right;
  for (let column = 0; column < columns; column++) {
    for (let target = 0; target < count; target++) {
      const place = column * count + target;
      right[place] = (right[place] - mean[column] * kept.targets[target]) / deviation[column];
    }
  }
  return { gram: kept.gram, right, mean, deviation, targetMean };
}

/** Models of raw features from solutions u [columns, targets] of a system. */
export function foldModels(
  solution: Float64Array,
  { mean, deviation, targetMean }: Pick<RatingSystem, 'mean' | 'deviation' | 'targetMean'>,
  { frame, hasIntercept }: { readonly frame: FeatureFrame; readonly hasIntercept: boolean },
): RatingModels {
  const columns = mean.length;
  const count = targetMean.length;
  const weights = new Float64Array(count * columns);
  const biases = new Float64Array(count);
  for (let target = 0; target < count; target++) {
    let bias = hasIntercept ? targetMean[target] : 0;
    for (let column = 0; column < columns; column++) {
      const inFrame = solution[column * count + target] / deviation[column];
      const weight = inFrame / frame.scale[column];
      weights[target * columns + column] = weight;
      bias -= inFrame * mean[column] + weight * frame.shift[column];
    }
    biases[target] = bias;
  }
  return { weights, biases };
}

function emptySums(columns: number, targets: number): Sums {
  return {
    count: 0,
    gram: zeroPanels(columns),
    features: new Float64Array(columns),
    right: new Float64Array(columns * targets),
    targets: new Float64Array(targets),
  };
}

function addSums(target: Sums, added: Sums, factor: number): void {
  target.count += factor * added.count;
  addPanels(target.gram, added.gram, factor);
  for (const key of ['features', 'right', 'targets'] as const) {
    added[key].forEach((value, index) => (target[key][index] += factor * value));
  }
}

interface ChunkOfRows {
  readonly values: Float64Array; // [count, columns]
  readonly labels: Float64Array; // [count, targets]
  readonly count: number;
  readonly products: MatrixProducts;
}

async function addRows(sums: Sums, { values, labels, count, products }: ChunkOfRows): Promise<void> {
  const columns = sums.features.length;
  const targets = sums.targets.length;
  sums.count += count;
  await addOuterProducts(sums.gram, { values, rows: count, products });
  const right = await products.transposedBy({ a: values, b: labels, m: columns, n: targets, k: count });
  right.forEach((value, index) => (sums.right[index] += value));
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < columns; column++) sums.features[column] += values[row * columns + column];
    for (let target = 0; target < targets; target++) sums.targets[target] += labels[row * targets + target];
  }
}

/** Targets of some places, [places, targets]. */
function labelsOf(targets: readonly Float64Array[], places: Int32Array): Float64Array {
  const labels = new Float64Array(places.length * targets.length);
  places.forEach((place, row) => {
    targets.forEach((values, target) => (labels[row * targets.length + target] = values[place]));
  });
  return labels;
}
