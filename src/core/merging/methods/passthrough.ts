import { modelNumber } from './readParameters';
import type { TensorJob } from './tensorJob';

/** The values of the only input, times `scale`; the very bits where that is one and the format stays. */
export function* passthrough(job: TensorJob): Generator<number, void> {
  const scale = modelNumber(job.task, 0, 'scale');
  const factor = job.isExact ? scale : Math.fround(scale);
  const values = job.vector();
  yield* job.pass([0], ({ count }) => {
    if (factor === 1) {
      job.copy(0, values);
      return;
    }
    job.load(0, values);
    job.kernels.scale(values, factor, values, count);
    job.store(values);
  });
}
