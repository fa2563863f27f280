import { sharedNumber } from './readParameters';
import type { TensorJob } from './tensorJob';

/** Values that differ by less are as if they differed by this. */
const LEAST_DIFFERENCE = 1e-6;

/** w · other + (1 − w) · base with w = t / |base − other|, from 0 to 1: each value by itself. */
export function* nearswap(job: TensorJob): Generator<number, void> {
  const { kernels, task } = job;
  const base = task.base ?? 0;
  const other = 1 - base;
  const t = job.roundNumber(sharedNumber(task, 't'), 'F32');
  const least = job.roundNumber(LEAST_DIFFERENCE);
  const [a, b, weight] = job.vectorRow(3);
  yield* job.pass([base, other], ({ count }) => {
    job.load(base, a);
    job.load(other, b);
    kernels.subtract(a, b, weight, count);
    job.round(weight);
    kernels.sizeAtLeast(weight, least, weight, count);
    if (job.isExact) kernels.reciprocal(weight, t, weight, count);
    else {
      // mergekit divides by multiplying with the reciprocal.
      kernels.reciprocal(weight, 1, weight, count);
      job.round(weight);
      kernels.scale(weight, t, weight, count);
      job.round(weight);
    }
    kernels.clamp(weight, count);
    kernels.multiply(weight, b, b, count);
    job.round(b);
    kernels.complement(weight, weight, count);
    job.round(weight);
    kernels.multiply(weight, a, a, count);
    job.round(a);
    kernels.add(a, b, a, count);
    job.store(a);
  });
}
