import type { MergeMethod } from './mergeMethod';
import type { Address } from './mergeKernels';
import { modelNumber, sharedFlag, sharedNumber } from './readParameters';
import { chanceKey, keepByChance, keepByRank, keepLargest, keepMiddle, keepNone } from './sparsify';
import type { Sparsifier } from './sparsify';
import type { Block, TensorJob } from './tensorJob';
import type { FloatDtype, TensorMerge } from './tensorMerge';

interface Kind {
  /** Which differences stay where `density` is below one. */
  readonly keeps: 'all' | 'largest' | 'middle' | 'chance' | 'rank';
  /** Only differences of the majority sign count. */
  readonly elects: boolean;
}

const kinds: Readonly<Partial<Record<MergeMethod, Kind>>> = {
  task_arithmetic: { keeps: 'all', elects: false },
  ties: { keeps: 'largest', elects: true },
  dare_linear: { keeps: 'chance', elects: false },
  dare_ties: { keeps: 'chance', elects: true },
  breadcrumbs: { keeps: 'middle', elects: false },
  breadcrumbs_ties: { keeps: 'middle', elects: true },
  della: { keeps: 'rank', elects: true },
  della_linear: { keeps: 'rank', elects: false },
};

/** A sum of weights nearer to zero does not divide. */
const NO_WEIGHT = 1e-8;
const LARGEST_F16 = 65504;
/** A smaller sum of sizes is not rescaled. */
const NO_SIZE = 1e-7;

interface Difference {
  readonly input: number;
  readonly vector: Address;
  readonly weight: number;
  /** null: all of it stays. */
  readonly sparsifier: Sparsifier | null;
  /** What makes it as large as it was before sparsifying. */
  scale: number;
}

/** Passes where nothing is counted twice. */
export function taskVectorPasses(task: TensorMerge): number {
  const keeps = kinds[task.method]?.keeps ?? 'all';
  const isSparse = task.inputs.some((_, i) => i !== task.base && modelDensity(task, i) < 1);
  if (!isSparse || keeps === 'all') return 1;
  const counts = keeps === 'largest' || keeps === 'middle';
  const ranking = !counts ? 0 : task.inputs.every(({ dtype }) => dtype === 'BF16') ? 1 : 2;
  return ranking + (sharedFlag(task, 'rescale') ? 1 : 0) + 1;
}

/** Whether blocks have to be whole rows. */
export function ranksRows(task: TensorMerge): boolean {
  return kinds[task.method]?.keeps === 'rank';
}

function modelDensity(task: TensorMerge, input: number): number {
  return kinds[task.method]?.keeps === 'all' ? 1 : modelNumber(task, input, 'density');
}

/**
 * base + λ Σ wᵢ dᵢ with dᵢ what is kept of xᵢ − base: the family of task arithmetic. `rescale` makes what is kept as large
 * (Σ|d|) as all of it was. With an election only values count that have the sign of Σ wᵢ dᵢ (zero is positive), each value
 * by itself; `normalize` divides by the sum of the weights that count.
 *
 * Where sizes are equal at a threshold, those stay that come first (mergekit leaves that to an unstable sort). della ranks
 * along the last axis, by sizes to 21 binary digits; a row of one value is kept with `density`. Sums of sizes that F16
 * cannot hold are float32, and weights that cancel out do not divide: mergekit's arithmetic makes infinities there.
 */
export function* taskVectors(job: TensorJob): Generator<number, void> {
  const { kernels, task, others } = job;
  const base = task.base ?? 0;
  if (others.length === 0) {
    const scratch = job.vector();
    return yield* job.pass([base], () => job.copy(base, scratch));
  }
  const start = job.vector();
  const vectors = job.vectorRow(others.length);
  const differences = others.map((input, i): Difference => {
    const weight = job.roundNumber(modelNumber(task, input, 'weight'));
    return { input, vector: vectors[i], weight, sparsifier: sparsifierOf(job, input), scale: 1 };
  });
  const load = ({ input, vector }: Difference): void => job.loadDifference(input, start, vector);
  yield* findThresholds(job, { base, start, differences, load });
  if (sharedFlag(task, 'rescale')) yield* findScales(job, { base, start, differences, load });

  const sum = combineDifferences(job, differences);
  for (const { sparsifier } of differences) sparsifier?.restart();
  yield* job.pass([base, ...others], (block) => {
    job.load(base, start);
    for (const difference of differences) {
      const { vector, sparsifier, scale, weight } = difference;
      load(difference);
      sparsifier?.keep(vector, block);
      if (job.isExact) {
        kernels.scale(vector, scale * weight, vector, block.count);
        continue;
      }
      if (scale !== 1) {
        kernels.scale(vector, scale, vector, block.count);
        job.round(vector);
      }
      kernels.scale(vector, weight, vector, block.count);
      job.round(vector);
    }
    const total = sum(block);
    kernels.add(start, total, total, block.count);
    job.store(total);
  });
}

interface Differences {
  readonly base: number;
  readonly start: Address;
  readonly differences: readonly Difference[];
  readonly load: (difference: Difference) => void;
}

function sparsifierOf(job: TensorJob, input: number): Sparsifier | null {
  const { task, kernels, count } = job;
  const { keeps } = kinds[task.method] as Kind;
  const density = modelDensity(task, input);
  if (1 <= density || count === 0) return null;
  if (keeps === 'chance') return keepByChance(kernels, density, chanceKey(task.seed, task.name, input));
  if (density <= 0) return keepNone(kernels);
  if (keeps === 'largest') {
    const kept = Math.max(1, Math.trunc(density * count));
    return keepLargest(kernels, { kept: () => kept, count });
  }
  if (keeps === 'middle') {
    const kept = Math.trunc(density * count);
    const outliers = Math.trunc(modelNumber(task, input, 'gamma') * count);
    if (kept === 0) return keepNone(kernels);
    return keepMiddle(kernels, { kept, skipped: Math.max(0, count - kept - outliers) });
  }
  const ranked = { density, epsilon: modelNumber(task, input, 'epsilon'), rowLength: job.rowLength };
  return keepByRank(kernels, ranked, chanceKey(task.seed, task.name, input));
}

/** As many passes as the counts need; only inputs whose threshold is open are read. */
function* findThresholds(job: TensorJob, { base, start, differences, load }: Differences): Generator<number, void> {
  const sorted = differences.flatMap(({ sparsifier }) => sparsifier?.ranks ?? []);
  if (job.isLarge && 0 < sorted.length) {
    const samples = new Map(differences.map((difference) => [difference, [] as number[]]));
    job.sample([base, ...differences.map(({ input }) => input)], (block) => {
      job.load(base, start);
      for (const [difference, sample] of samples) {
        load(difference);
        for (const value of job.kernels.floats(difference.vector, block.count)) sample.push(Math.abs(value));
      }
    });
    for (const [{ sparsifier }, sample] of samples) {
      sparsifier?.ranks?.guess(Float64Array.from(sample).sort(), job.count);
    }
  }
  for (;;) {
    const open = differences.flatMap((difference) => {
      const ranks = difference.sparsifier?.ranks ?? null;
      return ranks === null || ranks.isDone ? [] : [{ difference, ranks }];
    });
    if (open.length === 0) return;
    for (const { ranks } of open) ranks.beginPass();
    yield* job.pass([base, ...open.map(({ difference }) => difference.input)], (block) => {
      job.load(base, start);
      for (const { difference, ranks } of open) {
        load(difference);
        ranks.count(difference.vector, block.count);
      }
    });
    for (const { ranks } of open) ranks.endPass();
  }
}

function* findScales(job: TensorJob, { base, start, differences, load }: Differences): Generator<number, void> {
  const sparse = differences.flatMap((difference) =>
    difference.sparsifier === null ? [] : [{ difference, sparsifier: difference.sparsifier, before: 0, after: 0 }],
  );
  if (sparse.length === 0) return;
  for (const { sparsifier } of sparse) sparsifier.restart();
  yield* job.pass([base, ...sparse.map(({ difference }) => difference.input)], (block) => {
    job.load(base, start);
    for (const sums of sparse) {
      const { vector } = sums.difference;
      load(sums.difference);
      sums.before += job.kernels.sumOfSizes(vector, block.count);
      sums.sparsifier.keep(vector, block);
      sums.after += job.kernels.sumOfSizes(vector, block.count);
    }
  });
  for (const sums of sparse) {
    const dtype = dtypeOfSums(job, sums.before);
    const [before, after] = [job.roundNumber(sums.before, dtype), job.roundNumber(sums.after, dtype)];
    if (NO_SIZE <= before && NO_SIZE <= after) sums.difference.scale = job.roundNumber(before / after, dtype);
  }
}

/** In what mergekit's arithmetic has sums of sizes; F16 only where it holds them. */
function dtypeOfSums({ task }: TensorJob, sum: number): FloatDtype {
  const { keeps } = kinds[task.method] as Kind;
  const isLarge = LARGEST_F16 < sum || keeps === 'chance' || keeps === 'rank';
  return task.workingDtype === 'F16' && isLarge ? 'F32' : task.workingDtype;
}

/** λ times the sum of the weighted differences of a block, or of those that an election chooses, divided by weights. */
function combineDifferences(job: TensorJob, differences: readonly Difference[]): (block: Block) => Address {
  const { kernels, task } = job;
  const normalizes = sharedFlag(task, 'normalize');
  const lambda = job.roundNumber(sharedNumber(task, 'lambda'), 'F32');
  const weights = differences.map(({ weight }) => weight);
  const total = job.roundNumber(weights.reduce((sum, weight) => job.roundNumber(sum + weight, 'F32'), 0));
  const divisor = NO_WEIGHT <= Math.abs(total) ? total : 1;
  const sum = job.vector();
  const divisors = job.vector();
  const weightList = kernels.reserve(weights.length * 8);
  kernels.floats(weightList, weights.length).set(weights);
  const [first] = differences;
  const elects = kinds[task.method]?.elects === true;

  const finish = ({ count }: Block): Address => {
    job.round(sum);
    if (normalizes && elects) {
      job.round(divisors);
      kernels.oneForZero(divisors, count);
      kernels.divideBy(sum, divisors, sum, count);
      job.round(sum);
    } else if (normalizes && divisor !== 1) {
      kernels.divide(sum, divisor, sum, count);
      job.round(sum);
    }
    if (lambda !== 1) {
      kernels.scale(sum, lambda, sum, count);
      job.round(sum);
    }
    return sum;
  };
  if (elects) {
    const isExact = job.isExact ? 1 : 0;
    return (block) => {
      const { count } = block;
      kernels.elect(isExact, first.vector, job.vectorBytes, weights.length, weightList, sum, divisors, count);
      return finish(block);
    };
  }
  return (block) => {
    kernels.zero(sum, block.count);
    for (const { vector } of differences) {
      kernels.add(sum, vector, sum, block.count);
      job.round(sum, 'F32');
    }
    return finish(block);
  };
}
