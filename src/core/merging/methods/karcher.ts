import { sharedNumber } from './readParameters';
import type { Block, TensorJob } from './tensorJob';

/**
 * The point on the unit sphere with the least sum of squared angles to the models' directions, found step by step along
 * the mean of their tangents, times the mean of the models' norms. Every point on the way is a sum of the directions, so
 * that all steps are a matter of the models' dot products: the values are read twice, however many steps it takes.
 * mergekit's arithmetic rounds the points themselves: `karcherInSteps`.
 */
export function* karcher(job: TensorJob): Generator<number, void> {
  const { kernels, task } = job;
  if (!job.isExact) return yield* karcherInSteps(job);
  const inputs = task.inputs.map((_, i) => i);
  const vectors = job.vectorRow(inputs.length);
  const load = (): void => {
    for (const input of inputs) job.load(input, vectors[input]);
  };
  const products = inputs.map(() => inputs.map(() => 0));
  yield* job.pass(inputs, ({ count }) => {
    load();
    for (const i of inputs) {
      for (let k = 0; k <= i; k++) products[i][k] += kernels.dot(vectors[i], vectors[k], count);
    }
  });
  const norms = inputs.map((i) => Math.sqrt(products[i][i]));
  const tolerance = sharedNumber(task, 'tol');
  const valid = inputs.filter((i) => tolerance < norms[i]);
  const cosines = valid.map((i) => valid.map((k) => products[Math.max(i, k)][Math.min(i, k)] / norms[i] / norms[k]));
  const point = findMean(cosines, { tolerance, steps: sharedNumber(task, 'max_iter') });
  const scale = norms.reduce((sum, norm) => sum + norm, 0) / norms.length;
  const shares = inputs.map((input) => {
    const k = valid.indexOf(input);
    return k === -1 ? 0 : (scale * point[k]) / norms[input];
  });
  const sum = job.vector();
  yield* job.pass(inputs, ({ count }) => {
    kernels.zero(sum, count);
    for (const input of inputs) {
      const { address, dtype } = job.stored(input);
      if (shares[input] !== 0) kernels.addTerm(dtype, address, shares[input], sum, count);
    }
    job.store(sum);
  });
}

/** What the mean is of unit vectors with these dot products: a factor for each. */
function findMean(
  cosines: readonly (readonly number[])[],
  { tolerance, steps }: { readonly tolerance: number; readonly steps: number },
): readonly number[] {
  const n = cosines.length;
  const dotsWith = (factors: readonly number[]): readonly number[] =>
    cosines.map((row) => row.reduce((sum, cosine, k) => sum + cosine * factors[k], 0));
  const normOf = (factors: readonly number[]): number => {
    const dots = dotsWith(factors);
    return Math.sqrt(
      Math.max(
        0,
        factors.reduce((sum, factor, i) => sum + factor * dots[i], 0),
      ),
    );
  };
  let mean = cosines.map(() => 1 / n);
  const length = normOf(mean);
  mean = length < tolerance ? mean.map((_, i) => (i === 0 ? 1 : 0)) : mean.map((factor) => factor / length);
  for (let step = 0; step < steps; step++) {
    const tangent = cosines.map(() => 0);
    for (const [i, dot] of dotsWith(mean).entries()) {
      const cosine = Math.max(-1, Math.min(1, dot));
      const theta = Math.acos(cosine);
      if (theta < tolerance) continue;
      const factor = theta / Math.sin(theta) / n;
      for (let k = 0; k < n; k++) tangent[k] += factor * ((k === i ? 1 : 0) - cosine * mean[k]);
    }
    const reach = normOf(tangent);
    if (!(tolerance <= reach)) break;
    const next = mean.map((factor, k) => Math.cos(reach) * factor + (Math.sin(reach) / reach) * tangent[k]);
    const norm = normOf(next);
    mean = tolerance < norm ? next.map((factor) => factor / norm) : next;
  }
  return mean;
}

/** A step from one point to the next, in numbers that are the same for all values. */
interface Step {
  /** One a direction. */
  readonly cosines: readonly number[];
  /** What each tangent counts; null: not at all. */
  readonly factors: readonly (number | null)[];
  reach: number;
  /** What the next point is divided by; null: by nothing. */
  norm: number | null;
}

/**
 * The same with every rounding of mergekit 0.1.5. The points are not kept: each pass goes the way anew for its values,
 * three passes for each step.
 */
function* karcherInSteps(job: TensorJob): Generator<number, void> {
  const { kernels, task } = job;
  const inputs = task.inputs.map((_, i) => i);
  const tolerance = sharedNumber(task, 'tol');
  const f = (value: number): number => job.roundNumber(value);
  const f32 = (value: number): number => job.roundNumber(value, 'F32');
  const units = job.vectorRow(inputs.length);
  const [mean, tangent, term] = job.vectorRow(3);

  const squares = inputs.map(() => 0);
  yield* job.pass(inputs, ({ count }) => {
    for (const input of inputs) {
      job.load(input, units[input]);
      squares[input] += kernels.dot(units[input], units[input], count);
    }
  });
  const norms = squares.map((square) => f32(Math.sqrt(square)));
  const valid = inputs.filter((input) => tolerance < norms[input]);
  const share = f32(1 / valid.length);
  const scale = norms.reduce((sum, norm) => f32(sum + f32(f32(1 / inputs.length) * norm)), 0);
  if (valid.length === 0) {
    yield* job.pass(inputs, ({ count }) => {
      kernels.zero(mean, count);
      job.store(mean);
    });
    return;
  }

  let firstNorm: number | null = null;
  const steps: Step[] = [];
  const scaled = (x: number, factor: number, count: number): void => {
    kernels.scale(x, factor, term, count);
    job.round(term);
  };
  const loadUnits = ({ count }: Block): void => {
    for (const input of valid) {
      job.load(input, units[input]);
      kernels.divide(units[input], norms[input], units[input], count);
      job.round(units[input]);
    }
    kernels.zero(mean, count);
    if (firstNorm !== null && firstNorm < tolerance) {
      kernels.add(units[valid[0]], mean, mean, count);
      return;
    }
    for (const input of valid) {
      scaled(units[input], share, count);
      kernels.add(mean, term, mean, count);
      job.round(mean);
    }
    if (firstNorm !== null) {
      kernels.divide(mean, firstNorm, mean, count);
      job.round(mean);
    }
  };
  const addTangents = ({ cosines, factors }: Step, { count }: Block): void => {
    kernels.zero(tangent, count);
    for (const [i, input] of valid.entries()) {
      const factor = factors[i];
      if (factor === null) continue;
      scaled(mean, cosines[i], count);
      kernels.subtract(units[input], term, term, count);
      job.round(term);
      scaled(term, factor, count);
      kernels.add(tangent, term, tangent, count);
      job.round(tangent);
    }
  };
  const move = ({ reach, norm }: Step, { count }: Block): void => {
    kernels.divide(tangent, reach, tangent, count);
    job.round(tangent);
    kernels.scale(tangent, f(Math.sin(reach)), tangent, count);
    job.round(tangent);
    kernels.scale(mean, f(Math.cos(reach)), mean, count);
    job.round(mean);
    kernels.add(mean, tangent, mean, count);
    job.round(mean);
    if (norm === null) return;
    kernels.divide(mean, norm, mean, count);
    job.round(mean);
  };
  const goTo = (known: readonly Step[], block: Block): void => {
    loadUnits(block);
    for (const step of known) {
      addTangents(step, block);
      move(step, block);
    }
  };

  const norm = { square: 0 };
  yield* job.pass(valid, (block) => {
    loadUnits(block);
    norm.square += kernels.dot(mean, mean, block.count);
  });
  firstNorm = f32(Math.sqrt(norm.square));
  for (let i = 0; i < sharedNumber(task, 'max_iter'); i++) {
    const dots = valid.map(() => 0);
    yield* job.pass(valid, (block) => {
      goTo(steps, block);
      for (const [k, input] of valid.entries()) dots[k] += kernels.dot(mean, units[input], block.count);
    });
    const cosines = dots.map((dot) => Math.max(-1, Math.min(1, f(dot))));
    const factors = cosines.map((cosine) => {
      const theta = f(Math.acos(cosine));
      return theta < tolerance ? null : f(share * f(theta / f(Math.sin(theta))));
    });
    const step: Step = { cosines, factors, reach: 0, norm: null };
    norm.square = 0;
    yield* job.pass(valid, (block) => {
      goTo(steps, block);
      addTangents(step, block);
      norm.square += kernels.dot(tangent, tangent, block.count);
    });
    step.reach = f32(Math.sqrt(norm.square));
    if (step.reach < tolerance) break;
    norm.square = 0;
    yield* job.pass(valid, (block) => {
      goTo(steps, block);
      addTangents(step, block);
      move(step, block);
      norm.square += kernels.dot(mean, mean, block.count);
    });
    const length = f32(Math.sqrt(norm.square));
    steps.push({ ...step, norm: tolerance < length ? length : null });
  }
  yield* job.pass(valid, (block) => {
    goTo(steps, block);
    kernels.scale(mean, f(scale), mean, block.count);
    job.store(mean);
  });
}

/** Passes: exact always 2; in mergekit's arithmetic three for a step, of which three is a guess. */
export function karcherPasses({ arithmetic }: { readonly arithmetic: 'exact' | 'mergekit' }): number {
  return arithmetic === 'exact' ? 2 : 12;
}
