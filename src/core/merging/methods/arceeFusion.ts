import type { Address } from './mergeKernels';
import { SizeRanks } from './sizeRanks';
import type { Block, TensorJob } from './tensorJob';

/** Added to probabilities, so that none is zero. */
const SMOOTHING = 1e-8;

/**
 * base, with those values of the other model whose importance is at least median + 1.5 · (third − first quartile) of the
 * tensor. The importance of a value is |other − base| times the divergence (Kullback and Leibler) of the softmax of its row
 * in the other model from that in the base; rows lie along the last axis. Quartiles are of all values; mergekit takes them
 * of a random million where there are more.
 */
export function* arceeFusion(job: TensorJob): Generator<number, void> {
  const { kernels, task, count: total, rowLength } = job;
  if (total === 0) return;
  const base = task.base ?? 0;
  const other = 1 - base;
  const [a, b, difference, importance] = job.vectorRow(4);
  const divergences = new Float64Array(total / rowLength);
  const weigh = (block: Block): void => {
    job.load(base, a);
    job.load(other, b);
    kernels.subtract(b, a, difference, block.count);
    job.round(difference);
    kernels.sizeAtLeast(difference, 0, importance, block.count);
    kernels.scale(importance, divergences[block.start / rowLength], importance, block.count);
    job.round(importance);
  };
  // Of a divergence that is nearly nothing, rounding leaves numbers on both sides of zero.
  const ranks = SizeRanks.ofSigned(
    kernels,
    [0.25, 0.5, 0.75].map((part) => Math.floor(part * (total - 1))),
  );
  for (let isFirst = true; !ranks.isDone; isFirst = false) {
    ranks.beginPass();
    yield* job.pass([base, other], (block) => {
      if (isFirst) divergences[block.start / rowLength] = divergence(job, [base, other], [a, b], block);
      weigh(block);
      kernels.toOrdered(importance, importance, block.count);
      ranks.count(importance, block.count);
    });
    ranks.endPass();
  }
  const f = (value: number): number => job.roundNumber(value);
  const [first, median, third] = ranks.signedValues();
  const threshold = f(median + f(1.5 * f(third - first)));
  yield* job.pass([base, other], (block) => {
    weigh(block);
    kernels.keepAtLeast(difference, importance, threshold, block.count);
    kernels.add(a, difference, a, block.count);
    job.store(a);
  });
}

/** Σ p log(p / q), p the softmax of the other model's row and q of the base's. */
function divergence(
  job: TensorJob,
  [base, other]: readonly [number, number],
  [q, p]: readonly [Address, Address],
  { count }: Block,
): number {
  const { kernels } = job;
  for (const [input, vector] of [
    [base, q],
    [other, p],
  ]) {
    job.load(input, vector);
    const values = kernels.floats(vector, count);
    softmax(values);
    job.round(vector);
    for (let i = 0; i < count; i++) values[i] += SMOOTHING;
    job.round(vector);
  }
  kernels.divideBy(p, q, q, count);
  job.round(q);
  const ratios = kernels.floats(q, count);
  for (let i = 0; i < count; i++) ratios[i] = Math.log(ratios[i]);
  job.round(q);
  kernels.multiply(p, q, q, count);
  job.round(q);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += ratios[i];
  return job.roundNumber(sum);
}

function softmax(values: Float64Array): void {
  let largest = -Infinity;
  for (let i = 0; i < values.length; i++) if (largest < values[i]) largest = values[i];
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i] - largest);
  for (let i = 0; i < values.length; i++) values[i] /= sum;
}

/** Passes; in exact arithmetic quartiles are known to their last bit after four. */
export function arceeFusionPasses({ arithmetic }: { readonly arithmetic: 'exact' | 'mergekit' }): number {
  return arithmetic === 'exact' ? 5 : 3;
}
