import { modelNumber, sharedFlag, sharedNumber } from './readParameters';
import type { Block, TensorJob } from './tensorJob';

/**
 * m · Σ wᵢ ‖dᵢ‖ with m the direction of Σ wᵢ dᵢ / ‖dᵢ‖, dᵢ the models, or their differences from a base, which is then
 * added. The interpolation in the tangent space at m, which mergekit does, adds what sums to zero there by the choice of
 * m: in exact arithmetic it is left out, in mergekit's its roundings are followed. Where the directions cancel out, the
 * result is Σ wᵢ dᵢ (mergekit: only for two models, else it fails).
 */
export function* multislerp(job: TensorJob): Generator<number, void> {
  const { kernels, task, others } = job;
  const { base } = task;
  const f = (value: number): number => job.roundNumber(value);
  const inputs = base === null ? others : [base, ...others];
  const eps = sharedNumber(task, 'eps');
  const given = others.map((input) => f(modelNumber(task, input, 'weight')));
  const total = f(given.reduce((sum, weight) => job.roundNumber(sum + weight, 'F32'), 0));
  const weights = sharedFlag(task, 'normalize_weights') ? given.map((weight) => f(weight / total)) : given;

  const start = job.vector();
  const vectors = job.vectorRow(others.length);
  const mean = job.vector();
  const term = job.vector();
  const load = ({ count }: Block): void => {
    if (base !== null) job.load(base, start);
    for (const [i, input] of others.entries()) {
      job.load(input, vectors[i]);
      if (base === null) continue;
      kernels.subtract(vectors[i], start, vectors[i], count);
      job.round(vectors[i]);
    }
  };
  const finish = (result: number, { count }: Block): void => {
    if (base !== null) {
      job.round(result);
      kernels.add(result, start, result, count);
    }
    job.store(result);
  };
  /** to += w · x, rounded as mergekit does. */
  const addWeighted = (x: number, weight: number, to: number, count: number): void => {
    kernels.scale(x, weight, term, count);
    job.round(term);
    kernels.add(to, term, to, count);
    job.round(to, 'F32');
  };

  // Dot products of all pairs: everything else is a matter of a few numbers.
  const products = others.map(() => others.map(() => 0));
  yield* job.pass(inputs, (block) => {
    load(block);
    for (const [i, a] of vectors.entries()) {
      for (let k = 0; k <= i; k++) products[i][k] += kernels.dot(a, vectors[k], block.count);
    }
  });
  const norms = products.map((row, i) => f(Math.sqrt(row[i])));
  const lengths = norms.map((norm) => f(norm + eps));
  const averageNorm = f(norms.reduce((sum, norm, i) => job.roundNumber(sum + f(norm * weights[i]), 'F32'), 0));

  /** Σ wᵢ dᵢ / ‖dᵢ‖ of the block; makes the vectors directions where every step is rounded. */
  const sumDirections = ({ count }: Block): void => {
    kernels.zero(mean, count);
    for (const [i, vector] of vectors.entries()) {
      kernels.divide(vector, lengths[i], vector, count);
      job.round(vector);
      addWeighted(vector, weights[i], mean, count);
    }
    job.round(mean);
  };
  let square = 0;
  if (job.isExact) {
    const shares = weights.map((weight, i) => weight / lengths[i]);
    const at = (i: number, k: number): number => products[Math.max(i, k)][Math.min(i, k)];
    square = shares.reduce((sum, p, i) => sum + shares.reduce((row, q, k) => row + p * q * at(i, k), 0), 0);
  } else {
    yield* job.pass(inputs, (block) => {
      load(block);
      sumDirections(block);
      square += kernels.dot(mean, mean, block.count);
    });
  }
  const meanNorm = f(Math.sqrt(Math.max(0, square)));
  if (!(eps <= meanNorm)) {
    yield* job.pass(inputs, (block) => {
      load(block);
      kernels.zero(mean, block.count);
      for (const [i, vector] of vectors.entries()) addWeighted(vector, weights[i], mean, block.count);
      finish(mean, block);
    });
    return;
  }
  if (job.isExact) {
    yield* job.pass(inputs, (block) => {
      load(block);
      sumDirections(block);
      kernels.scale(mean, averageNorm / meanNorm, mean, block.count);
      finish(mean, block);
    });
    return;
  }

  const direction = (block: Block): void => {
    load(block);
    sumDirections(block);
    kernels.divide(mean, meanNorm, mean, block.count);
    job.round(mean);
  };
  const dots = others.map(() => 0);
  yield* job.pass(inputs, (block) => {
    direction(block);
    for (const [i, vector] of vectors.entries()) {
      kernels.multiply(vector, mean, term, block.count);
      job.round(term);
      dots[i] += kernels.sum(term, block.count);
    }
  });
  const tangent = job.vector();
  const sumTangents = (block: Block): void => {
    const { count } = block;
    direction(block);
    kernels.zero(tangent, count);
    for (const [i, vector] of vectors.entries()) {
      kernels.scale(mean, f(dots[i]), term, count);
      job.round(term);
      kernels.subtract(vector, term, vector, count);
      job.round(vector);
      addWeighted(vector, weights[i], tangent, count);
    }
    job.round(tangent);
  };
  let tangentSquare = 0;
  yield* job.pass(inputs, (block) => {
    sumTangents(block);
    tangentSquare += kernels.dot(tangent, tangent, block.count);
  });
  const tangentNorm = f(f(Math.sqrt(tangentSquare)) + eps);
  const along = f(f(Math.sin(tangentNorm)) / tangentNorm);
  yield* job.pass(inputs, (block) => {
    const { count } = block;
    sumTangents(block);
    kernels.scale(mean, f(Math.cos(tangentNorm)), mean, count);
    job.round(mean);
    kernels.scale(tangent, along, tangent, count);
    job.round(tangent);
    kernels.add(mean, tangent, mean, count);
    job.round(mean);
    kernels.scale(mean, averageNorm, mean, count);
    finish(mean, block);
  });
}

export function multislerpPasses({ arithmetic }: { readonly arithmetic: 'exact' | 'mergekit' }): number {
  return arithmetic === 'exact' ? 2 : 5;
}
