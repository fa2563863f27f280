import type { Checkpoint, CheckpointHead } from './checkpoint';

/** A head as a list shows it: the checkpoint's own, or the head file that comes with it (the starter's meters). */
export type ListedHead = CheckpointHead | { readonly kind: 'meters'; readonly objectives: readonly string[] };

/** One line of `alidade models`. null: could not be found out, `problems` says why. */
export interface CheckpointSummary {
  readonly path: string;
  readonly name: string;
  readonly architecture: string | null;
  readonly parameters: number | null;
  readonly dtype: string | null;
  /** Bytes of all weight files. */
  readonly bytes: number;
  readonly head: ListedHead;
  readonly license: string | null;
  /** The model that a LoRA adapter changes; the numbers above are those of both together. */
  readonly base?: { readonly name: string; readonly path: string };
  readonly problems: readonly string[];
}

export function summariseCheckpoint(checkpoint: Checkpoint): CheckpointSummary {
  const { path, name, config, parameters, dtype, bytes, head, license, adapter, tokenizerProblem = null } = checkpoint;
  const problems = tokenizerProblem === null ? checkpoint.problems : [...checkpoint.problems, tokenizerProblem];
  return {
    path,
    name,
    architecture: config.architecture,
    parameters,
    dtype,
    bytes,
    head,
    license,
    ...(adapter === undefined ? {} : { base: adapter.base }),
    problems,
  };
}
