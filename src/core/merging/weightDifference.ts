import type { TensorGroup } from './plan/mergePlan';

/** Sums over the values of two tensors of one shape, from which every figure of their difference follows. In doubles. */
export interface DifferenceSums {
  values: number;
  /** Values that are not the same; NaN is the same as NaN. */
  changed: number;
  /** Values of which one of the two is NaN or infinite: they count as values, and are in no other sum. */
  nonFinite: number;
  dot: number;
  firstSquares: number;
  secondSquares: number;
  differenceSquares: number;
}

/** How far weights are from those of another model. */
export interface WeightDifference {
  readonly values: number;
  readonly changed: number;
  readonly nonFinite: number;
  /** changed / values; 0 for no values. */
  readonly changedShare: number;
  /** a·b / (|a| |b|); null where one of them is zero. */
  readonly cosine: number | null;
  /** |a − b| / |a|; null where a is zero and b is not. */
  readonly relativeL2: number | null;
}

export interface TensorDifference extends WeightDifference {
  readonly name: string;
  /** In the file of the first model, where that is another one. */
  readonly storedName?: string;
  readonly shape: readonly number[];
  /** As stored in the first and in the second model. */
  readonly dtypes: readonly [string, string];
  readonly layer: number | null;
  readonly group: TensorGroup;
}

export interface GroupDifference extends WeightDifference {
  readonly group: TensorGroup;
}

/** All tensors of a layer taken as one vector, and the same by group. */
export interface LayerDifference extends WeightDifference {
  /** From 0; null: what lies outside the layers. */
  readonly layer: number | null;
  readonly groups: readonly GroupDifference[];
  readonly tensors: readonly TensorDifference[];
}

/** A tensor that has nothing to be compared with. */
export interface UncomparedTensor {
  readonly name: string;
  readonly reason: 'onlyInFirst' | 'onlyInSecond' | 'shape' | 'dtype';
  /** In words. */
  readonly detail: string;
}

/** What differs between the weights of two models. */
export interface WeightComparison {
  readonly first: ComparedModel;
  readonly second: ComparedModel;
  /** Everything that was compared, as one vector. */
  readonly total: WeightDifference;
  /** Over all layers. */
  readonly groups: readonly GroupDifference[];
  /** What lies outside the layers first, then layer by layer. */
  readonly layers: readonly LayerDifference[];
  readonly uncompared: readonly UncomparedTensor[];
}

export interface ComparedModel {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

export function noDifference(): DifferenceSums {
  return {
    values: 0,
    changed: 0,
    nonFinite: 0,
    dot: 0,
    firstSquares: 0,
    secondSquares: 0,
    differenceSquares: 0,
  };
}

type Values = Float32Array | Float64Array;

/** Adds some values of a tensor; both arrays are of one length. */
export function addValues(sums: DifferenceSums, first: Values, second: Values): void {
  if (first.length !== second.length) throw new RangeError(`${first.length} values against ${second.length}`);
  let { changed, nonFinite, dot, firstSquares, secondSquares, differenceSquares } = sums;
  for (let i = 0; i < first.length; i++) {
    const a = first[i];
    const b = second[i];
    const difference = a - b;
    // NaN for every pair that is not of two finite numbers.
    if (difference - difference !== 0) {
      nonFinite += 1;
      if (a !== b && !(Number.isNaN(a) && Number.isNaN(b))) changed += 1;
      continue;
    }
    if (difference !== 0) changed += 1;
    dot += a * b;
    firstSquares += a * a;
    secondSquares += b * b;
    differenceSquares += difference * difference;
  }
  const values = sums.values + first.length;
  Object.assign(sums, { values, changed, nonFinite, dot, firstSquares, secondSquares, differenceSquares });
}

export function addSums(sums: DifferenceSums, more: DifferenceSums): void {
  sums.values += more.values;
  sums.changed += more.changed;
  sums.nonFinite += more.nonFinite;
  sums.dot += more.dot;
  sums.firstSquares += more.firstSquares;
  sums.secondSquares += more.secondSquares;
  sums.differenceSquares += more.differenceSquares;
}

export function describeDifference(sums: DifferenceSums): WeightDifference {
  const { values, changed, nonFinite, dot, firstSquares, secondSquares, differenceSquares } = sums;
  const product = firstSquares * secondSquares;
  // The root of a square is exact, so that equal weights have cosine 1; two roots where the product leaves the doubles.
  const isInRange = 1e-300 < product && product < 1e300;
  const cosine = dot / (isInRange ? Math.sqrt(product) : Math.sqrt(firstSquares) * Math.sqrt(secondSquares));
  const relativeL2 = differenceSquares === 0 ? 0 : Math.sqrt(differenceSquares) / Math.sqrt(firstSquares);
  return {
    values,
    changed,
    nonFinite,
    changedShare: values === 0 ? 0 : changed / values,
    cosine: Number.isFinite(cosine) ? Math.max(-1, Math.min(1, cosine)) : null,
    relativeL2: Number.isFinite(relativeL2) ? relativeL2 : null,
  };
}
