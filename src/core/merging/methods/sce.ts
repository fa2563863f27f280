import { sharedNumber } from './readParameters';
import { keepLargest, keepNone } from './sparsify';
import type { Sparsifier } from './sparsify';
import type { Block, TensorJob } from './tensorJob';
import type { TensorMerge } from './tensorMerge';

/** A sum of mean squares nearer to zero says nothing: all models weigh the same. */
const NO_SQUARES = 1e-6;
/** Weights that count are at least this much together. */
const LEAST_WEIGHT = 1e-6;

/**
 * base + Σ wᵢ dᵢ / Σ wᵢ over the models whose dᵢ has the sign of Σ dᵢ, each value by itself; wᵢ: the mean square of dᵢ,
 * all of them one together. With `select_topk` only that share of values stays whose variance between the models is
 * largest, of those where there is any; of equal variances those that come first.
 */
export function* sce(job: TensorJob): Generator<number, void> {
  const { kernels, task, others, count: total } = job;
  const base = task.base ?? 0;
  const inputs = [base, ...others];
  const start = job.vector();
  const vectors = job.vectorRow(others.length);
  const variances = job.vector();
  const load = (): void => {
    job.load(base, start);
    for (const [i, input] of others.entries()) {
      job.loadDifference(input, start, vectors[i]);
    }
  };
  const share = sharedNumber(task, 'select_topk');
  const selection: { sparsifier: Sparsifier | null } = { sparsifier: null };
  if (share < 1 && 0 < total) {
    let varying = 0;
    let isFirst = true;
    const kept = (): number => Math.trunc(varying * share);
    const sparsifier = keepLargest(kernels, { kept: () => Math.max(1, kept()), count: total });
    const { ranks } = sparsifier;
    while (ranks !== null && !ranks.isDone) {
      ranks.beginPass();
      yield* job.pass(inputs, (block) => {
        load();
        kernels.variance(vectors[0], job.vectorBytes, others.length, variances, block.count);
        job.round(variances);
        ranks.count(variances, block.count);
        if (isFirst) varying += kernels.countNonZero(variances, block.count);
      });
      isFirst = false;
      ranks.endPass();
    }
    selection.sparsifier = kept() === 0 ? keepNone(kernels) : sparsifier;
  }
  /** Loads the differences and makes zero what is not selected. */
  const select = (block: Block): void => {
    load();
    const { sparsifier } = selection;
    if (sparsifier === null) return;
    kernels.variance(vectors[0], job.vectorBytes, others.length, variances, block.count);
    job.round(variances);
    sparsifier.keep(variances, block); // no variance that stays is zero
    for (const vector of vectors) kernels.keepWhere(vector, variances, block.count);
  };

  const squares = others.map(() => 0);
  const square = job.vector();
  selection.sparsifier?.restart();
  yield* job.pass(inputs, (block) => {
    select(block);
    for (const [i, vector] of vectors.entries()) {
      kernels.multiply(vector, vector, square, block.count);
      job.round(square);
      squares[i] += kernels.sum(square, block.count);
    }
  });
  const weights = weightsOf(job, squares);

  const [votes, sum, divisors] = job.vectorRow(3);
  selection.sparsifier?.restart();
  yield* job.pass(inputs, (block) => {
    const { count } = block;
    select(block);
    for (const vector of [votes, sum, divisors]) kernels.zero(vector, count);
    for (const vector of vectors) {
      kernels.add(votes, vector, votes, count);
      job.round(votes, 'F32');
    }
    for (const [i, vector] of vectors.entries()) {
      kernels.keepSign(vector, votes, count);
      kernels.addWhere(vector, weights[i], divisors, count);
      job.round(divisors, 'F32');
      kernels.scale(vector, weights[i], vector, count);
      job.round(vector);
      kernels.add(sum, vector, sum, count);
      job.round(sum, 'F32');
    }
    job.round(sum);
    job.round(divisors);
    kernels.sizeAtLeast(divisors, job.roundNumber(LEAST_WEIGHT), divisors, count);
    kernels.divideBy(sum, divisors, sum, count);
    job.round(sum);
    kernels.add(start, sum, sum, count);
    job.store(sum);
  });
}

/** Mean squares, all of them one together. */
function weightsOf(job: TensorJob, squares: readonly number[]): readonly number[] {
  const f = (value: number): number => job.roundNumber(value);
  const means = squares.map((square) => f(square / job.count));
  const total = f(means.reduce((sum, mean) => job.roundNumber(sum + mean, 'F32'), 0));
  return means.map((mean) => f(Math.abs(total) < NO_SQUARES ? 1 / means.length : mean / total));
}

/** Passes where nothing is counted twice. */
export function scePasses(task: TensorMerge): number {
  if (1 <= sharedNumber(task, 'select_topk')) return 2;
  return 2 + (task.arithmetic === 'mergekit' && task.workingDtype === 'BF16' ? 1 : 2);
}
