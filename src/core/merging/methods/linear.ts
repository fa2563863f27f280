import { modelNumber, sharedFlag } from './readParameters';
import type { TensorJob } from './tensorJob';

/**
 * Σ wᵢ xᵢ, divided by Σ wᵢ with `normalize` (not where that is zero). mergekit: fused multiply-add in float32 in the order
 * of the models, whatever the working format; the product of two floats is exact in a double.
 */
export function* linear(job: TensorJob): Generator<number, void> {
  const { kernels, task } = job;
  const inputs = task.inputs.map((_, i) => i);
  const given = inputs.map((input) => modelNumber(task, input, 'weight'));
  const weights = job.isExact ? given : given.map(Math.fround);
  const total = job.isExact ? given.reduce((sum, weight) => sum + weight, 0) : sumInLanes(weights);
  const divisor = sharedFlag(task, 'normalize') && total !== 0 ? total : 1;
  const sum = job.vector();
  const value = job.vector();
  yield* job.pass(inputs, ({ count }) => {
    for (const input of inputs) {
      const { address, dtype } = job.stored(input);
      if (job.isExact && input === 0) kernels.startTerm(dtype, address, weights[input], sum, count);
      else if (job.isExact) kernels.addTerm(dtype, address, weights[input], sum, count);
      else {
        if (input === 0) kernels.zero(sum, count);
        job.load(input, value);
        kernels.addScaled(value, weights[input], sum, count);
        job.round(sum, 'F32');
      }
    }
    if (divisor !== 1) kernels.divide(sum, divisor, sum, count);
    job.store(sum);
  });
}

/** In float32, in the order that torch adds up to fifteen numbers in: four sums side by side, what is left in the first. */
function sumInLanes(weights: readonly number[]): number {
  const lanes = [0, 0, 0, 0];
  const whole = weights.length - (weights.length % 4);
  for (const [i, weight] of weights.entries()) {
    const lane = i < whole ? i % 4 : 0;
    lanes[lane] = Math.fround(lanes[lane] + weight);
  }
  return lanes.reduce((sum, lane) => Math.fround(sum + lane));
}
