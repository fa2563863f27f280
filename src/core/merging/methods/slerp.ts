import { sharedNumber } from './readParameters';
import type { TensorJob } from './tensorJob';

/** Above this |cosine| two directions count as one, and the average is a straight one. */
const COLLINEAR = 0.9995;
/** A shorter vector has no direction: its dot product is taken as it is. */
const SHORT = 1e-8;

/**
 * p · base + q · other with p = sin((1−t)θ)/sin θ, q = sin(tθ)/sin θ, θ the angle between them, each a single vector; along
 * the straight line where they are (anti)parallel. mergekit: in float32, whatever the working format.
 */
export function* slerp(job: TensorJob): Generator<number, void> {
  const { kernels, task } = job;
  const base = task.base ?? 0;
  const other = 1 - base;
  const a = job.vector();
  const b = job.vector();
  const [aa, bb, ab] = [{ sum: 0 }, { sum: 0 }, { sum: 0 }];
  yield* job.pass([base, other], ({ count }) => {
    job.load(base, a);
    job.load(other, b);
    aa.sum += kernels.dot(a, a, count);
    bb.sum += kernels.dot(b, b, count);
    ab.sum += kernels.dot(a, b, count);
  });
  const f = job.isExact ? (x: number) => x : Math.fround;
  const [normA, normB] = [aa, bb].map(({ sum }) => (SHORT < Math.sqrt(sum) ? f(Math.sqrt(sum)) : 1));
  const cosine = Math.max(-1, Math.min(1, f(ab.sum / normA / normB)));
  const [p, q] = arcWeights(f(sharedNumber(task, 't')), cosine, f);
  yield* job.pass([base, other], ({ count }) => {
    job.load(base, a);
    job.load(other, b);
    if (job.isExact) kernels.combine(a, p, b, q, a, count);
    else {
      kernels.scale(a, p, a, count);
      job.round(a, 'F32');
      kernels.scale(b, q, b, count);
      job.round(b, 'F32');
      kernels.add(a, b, a, count);
    }
    job.store(a);
  });
}

function arcWeights(t: number, cosine: number, f: (x: number) => number): readonly [number, number] {
  if (COLLINEAR < Math.abs(cosine)) return [f(1 - t), t];
  const theta = f(Math.acos(cosine));
  const sine = f(Math.sin(theta));
  return [f(f(Math.sin(f(f(1 - t) * theta))) / sine), f(f(Math.sin(f(t * theta))) / sine)];
}
