import { flagOf, numberOf } from './readParameters';
import type { TensorJob } from './tensorJob';

/** A sum of weights nearer to zero does not divide. */
const NO_WEIGHT = 1e-8;

/** base + λ Σ wᵢ (xᵢ − base), the sum divided by Σ wᵢ with `normalize`. */
export function* taskArithmetic(job: TensorJob): Generator<number, void> {
  const { kernels, task, others } = job;
  const base = task.base ?? 0;
  const f = (x: number): number => job.roundNumber(x);
  const weights = others.map((input) => f(numberOf(task.inputs[input].parameters, 'weight', 1)));
  const total = f(weights.reduce((sum, weight) => job.roundNumber(sum + weight, 'F32'), 0));
  const divisor = flagOf(task.parameters, 'normalize', false) && NO_WEIGHT <= Math.abs(total) ? total : 1;
  const lambda = job.roundNumber(numberOf(task.parameters, 'lambda', 1), 'F32');
  const start = job.vector();
  const sum = job.vector();
  const delta = job.vector();
  yield* job.pass([base, ...others], ({ count }) => {
    job.load(base, start);
    kernels.zero(sum, count);
    for (const [i, input] of others.entries()) {
      job.load(input, delta);
      kernels.subtract(delta, start, delta, count);
      job.round(delta);
      if (job.isExact) {
        kernels.addScaled(delta, weights[i], sum, count);
        continue;
      }
      kernels.scale(delta, weights[i], delta, count);
      job.round(delta);
      kernels.add(sum, delta, sum, count);
      job.round(sum, 'F32');
    }
    job.round(sum);
    if (divisor !== 1) {
      kernels.divide(sum, divisor, sum, count);
      job.round(sum);
    }
    if (lambda !== 1) {
      kernels.scale(sum, lambda, sum, count);
      job.round(sum);
    }
    kernels.add(start, sum, sum, count);
    job.store(sum);
  });
}
