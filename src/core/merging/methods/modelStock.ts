import { sharedFlag } from './readParameters';
import type { TensorJob } from './tensorJob';

/** A smaller product of norms is taken as this. */
const LEAST_NORMS = 1e-6;
/** A divisor nearer to zero says nothing: the base stays. */
const SINGULAR = 1e-6;

/**
 * t · mean(xᵢ) + (1 − t) · base with t = n c / (1 + (n − 1) c), c the mean cosine between the differences from the base:
 * of the tensor as one vector, or with `filter_wise` of each row.
 */
export function* modelStock(job: TensorJob): Generator<number, void> {
  const { kernels, task, others, count: total } = job;
  const base = task.base ?? 0;
  const isByRow = sharedFlag(task, 'filter_wise') && 1 < task.shape.length;
  const period = Math.max(1, isByRow ? job.rowLength : total);
  const start = job.vector();
  const product = job.vector();
  const differences = others.map((input) => ({
    input,
    vector: job.vector(),
    squares: new Float64Array(total / period),
  }));
  const pairs = differences.flatMap((a, i) =>
    differences.slice(i + 1).map((b) => ({ a, b, dots: new Float64Array(total / period) })),
  );
  yield* job.pass(
    [base, ...others],
    (block) => {
      const row = Math.floor(block.start / period);
      job.load(base, start);
      for (const { input, vector, squares } of differences) {
        job.loadDifference(input, start, vector);
        squares[row] += kernels.dot(vector, vector, block.count);
      }
      for (const { a, b, dots } of pairs) {
        kernels.multiply(a.vector, b.vector, product, block.count);
        job.round(product);
        dots[row] += kernels.sum(product, block.count);
      }
    },
    { period },
  );

  const f = (value: number): number => job.roundNumber(value);
  const n = others.length;
  const shareOf = (row: number): number => {
    const cosines = pairs.map(({ a, b, dots }) => {
      const norms = f(f(Math.sqrt(a.squares[row])) * f(Math.sqrt(b.squares[row])));
      return Math.max(-1, Math.min(1, f(f(dots[row]) / Math.max(norms, f(LEAST_NORMS)))));
    });
    const cosine = f(cosines.reduce((sum, value) => sum + value, 0) / cosines.length);
    const divisor = f(1 + f((n - 1) * cosine));
    return Math.abs(divisor) < SINGULAR ? 0 : f(f(n * cosine) / divisor);
  };
  const shares = Float64Array.from({ length: total / period }, (_, row) => shareOf(row));

  const mean = job.vector();
  yield* job.pass(
    [base, ...others],
    (block) => {
      const share = shares[Math.floor(block.start / period)];
      job.load(base, start);
      kernels.zero(mean, block.count);
      for (const { input, vector } of differences) {
        job.load(input, vector);
        kernels.add(mean, vector, mean, block.count);
        job.round(mean);
      }
      kernels.divide(mean, n, mean, block.count);
      job.round(mean);
      kernels.scale(mean, share, mean, block.count);
      job.round(mean);
      kernels.scale(start, f(1 - share), start, block.count);
      job.round(start);
      kernels.add(mean, start, mean, block.count);
      job.store(mean);
    },
    { period },
  );
}
