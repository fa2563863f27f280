import type { MergeMethod } from './mergeMethod';
import { arceeFusion, arceeFusionPasses } from './arceeFusion';
import { karcher, karcherPasses } from './karcher';
import { linear } from './linear';
import type { MergeKernels } from './mergeKernels';
import { modelStock } from './modelStock';
import { multislerp, multislerpPasses } from './multislerp';
import { nearswap } from './nearswap';
import { nuslerp } from './nuslerp';
import { passthrough } from './passthrough';
import { sce, scePasses } from './sce';
import { slerp } from './slerp';
import { ranksRows, taskVectorPasses, taskVectors } from './taskVectors';
import { TensorJob } from './tensorJob';
import type { TensorIo, TensorMerge } from './tensorMerge';

interface Method {
  readonly run: (job: TensorJob) => Generator<number, void>;
  /** How often the values are gone through. */
  readonly passes: (task: TensorMerge) => number;
  /** Whether it takes blocks that are rows. */
  readonly wholeRows?: (task: TensorMerge) => boolean;
}

const ofTaskVectors: Method = { run: taskVectors, passes: taskVectorPasses, wholeRows: ranksRows };

const methods: Readonly<Record<MergeMethod, Method>> = {
  linear: { run: linear, passes: () => 1 },
  slerp: { run: slerp, passes: () => 2 },
  nuslerp: { run: nuslerp, passes: ({ arithmetic }) => (arithmetic === 'exact' ? 2 : 3) },
  multislerp: { run: multislerp, passes: multislerpPasses },
  karcher: { run: karcher, passes: karcherPasses },
  task_arithmetic: ofTaskVectors,
  ties: ofTaskVectors,
  dare_linear: ofTaskVectors,
  dare_ties: ofTaskVectors,
  breadcrumbs: ofTaskVectors,
  breadcrumbs_ties: ofTaskVectors,
  della: ofTaskVectors,
  della_linear: ofTaskVectors,
  sce: { run: sce, passes: scePasses },
  model_stock: { run: modelStock, passes: () => 2 },
  nearswap: { run: nearswap, passes: () => 1 },
  arcee_fusion: { run: arceeFusion, passes: arceeFusionPasses, wholeRows: () => true },
  passthrough: { run: passthrough, passes: () => 1 },
};

/** How often a merge goes through the values of a tensor; methods with thresholds or steps may need more or fewer. */
export function passesOf(task: TensorMerge): number {
  return methods[task.method].passes(task);
}

/**
 * Merges a tensor; memory does not depend on its size. Yields the number of values done after each chunk of each pass, so
 * that the caller can tell progress and stop: in all as many as the tensor has times `passesOf`, whatever passes it takes.
 *
 * `exact` computes in doubles and rounds to float32 and that to the output's format, each to the nearest, halves to even.
 * By way of float32, because what is half-way between two BF16 numbers in decimal numbers (0.4 · a + 0.6 · b) is not so in
 * doubles by the last place of them, and would be rounded by chance.
 */
export function* mergeTensor(task: TensorMerge, io: TensorIo, kernels: MergeKernels): Generator<number, void> {
  const method = methods[task.method];
  const job = new TensorJob(task, io, kernels, { wholeRows: method.wholeRows?.(task) ?? false });
  let left = job.count * method.passes(task);
  for (const values of method.run(job)) {
    const told = Math.min(values, left);
    left -= told;
    yield told;
  }
  if (0 < left) yield left;
}
