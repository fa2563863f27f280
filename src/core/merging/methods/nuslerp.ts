import type { Address } from './mergeKernels';
import { modelNumber, sharedFlag } from './readParameters';
import type { TensorJob } from './tensorJob';

/** A sum of weights nearer to zero says nothing: both count the same. */
const NO_WEIGHT = 1e-6;
/** A shorter vector is as if it had this length. */
const SHORT = 1e-7;
/** Up to this sin² two directions count as one, and the average is a straight one. */
const COLLINEAR = 1e-16;

/** Which values make one vector. */
type Layout = 'whole' | 'rows' | 'columns';

/**
 * The point on the arc from the first model to the second at w₂ / (w₁ + w₂), of the differences from a base where there is
 * one: of the tensor as one vector, or of each row (last axis), or with `nuslerp_row_wise` of the values along the first
 * axis, which are columns: mergekit's flag says rows and takes columns.
 */
export function* nuslerp(job: TensorJob): Generator<number, void> {
  const { kernels, task, others, count: total } = job;
  const layout = layoutOf(job);
  const columns = layout === 'columns' ? total / task.shape[0] : 1;
  const period = Math.max(1, layout === 'whole' ? total : layout === 'rows' ? job.rowLength : columns);
  // One for each vector, as vectors themselves; four more, for kernels go by four.
  const groups = layout === 'columns' ? columns : total / period;
  const [aa, bb, ab, p, q, divisors] = Array.from({ length: 6 }, () => kernels.reserve((groups + 4) * 8));
  for (const sums of [aa, bb, ab]) kernels.floats(sums, groups + 4).fill(0);
  const placeOf = (start: number): number => 8 * (layout === 'columns' ? start % columns : Math.floor(start / period));

  const inputs = task.base === null ? others : [task.base, ...others];
  const [a, b, start, unitA, unitB] = job.vectorRow(5);
  const load = (count: number): void => {
    for (const [vector, input] of [
      [a, others[0]],
      [b, others[1]],
    ]) {
      job.load(input, vector);
      if (task.base === null) continue;
      if (vector === a) job.load(task.base, start);
      kernels.subtract(vector, start, vector, count);
      job.round(vector);
    }
  };
  const addTo = (sums: Address, x: Address, y: Address, count: number): void => {
    if (layout === 'columns') kernels.addProduct(x, y, sums, count);
    else kernels.floats(sums, 1)[0] += kernels.dot(x, y, count);
  };
  yield* job.pass(
    inputs,
    (block) => {
      const at = placeOf(block.start);
      load(block.count);
      addTo(aa + at, a, a, block.count);
      addTo(bb + at, b, b, block.count);
      if (job.isExact) addTo(ab + at, a, b, block.count);
    },
    { period },
  );

  const f = (value: number): number => job.roundNumber(value);
  const [normsA, normsB, dots] = [aa, bb, ab].map((sums) => kernels.floats(sums, groups));
  for (let i = 0; i < groups; i++) {
    normsA[i] = Math.max(f(Math.sqrt(normsA[i])), f(SHORT));
    normsB[i] = Math.max(f(Math.sqrt(normsB[i])), f(SHORT));
    if (job.isExact) dots[i] /= normsA[i] * normsB[i];
  }
  /** to = x · factors or x / factors, the block's own of them. */
  const apply = (x: Address, factors: Address, to: Address, count: number, isDivided = false): void => {
    if (layout === 'columns') (isDivided ? kernels.divideBy : kernels.multiply)(x, factors, to, count);
    else (isDivided ? kernels.divide : kernels.scale)(x, kernels.floats(factors, 1)[0], to, count);
    job.round(to);
  };
  if (!job.isExact) {
    yield* job.pass(
      inputs,
      (block) => {
        const at = placeOf(block.start);
        load(block.count);
        apply(a, aa + at, unitA, block.count, true);
        apply(b, bb + at, unitB, block.count, true);
        kernels.multiply(unitA, unitB, unitA, block.count);
        job.round(unitA);
        if (layout === 'columns') kernels.add(ab + at, unitA, ab + at, block.count);
        else kernels.floats(ab + at, 1)[0] += kernels.sum(unitA, block.count);
      },
      { period },
    );
  }

  const t = shareOfSecond(job);
  for (let i = 0; i < groups; i++) {
    const cosine = Math.max(-1, Math.min(1, f(kernels.floats(ab, groups)[i])));
    const isStraight = f(1 - f(cosine * cosine)) <= COLLINEAR;
    const theta = f(Math.acos(cosine));
    const weights = isStraight
      ? [job.roundNumber(1 - t, 'F32'), job.roundNumber(t, 'F32'), 1]
      : [f(Math.sin(f((1 - t) * theta))), f(Math.sin(f(t * theta))), f(Math.sin(theta))];
    for (const [k, list] of [p, q, divisors].entries()) kernels.floats(list, groups)[i] = weights[k];
  }
  yield* job.pass(
    inputs,
    (block) => {
      const at = placeOf(block.start);
      load(block.count);
      apply(a, p + at, a, block.count);
      apply(b, q + at, b, block.count);
      kernels.add(a, b, a, block.count);
      job.round(a);
      apply(a, divisors + at, a, block.count, true);
      if (task.base !== null) kernels.add(a, start, a, block.count);
      job.store(a);
    },
    { period },
  );
}

function layoutOf({ task }: TensorJob): Layout {
  if (sharedFlag(task, 'nuslerp_flatten') || task.shape.length < 2) return 'whole';
  return sharedFlag(task, 'nuslerp_row_wise') ? 'columns' : 'rows';
}

function shareOfSecond({ task, others }: TensorJob): number {
  const [first, second] = others.map((input) => modelNumber(task, input, 'weight'));
  const total = first + second;
  return Math.abs(total) < NO_WEIGHT ? 0.5 : second / total;
}
