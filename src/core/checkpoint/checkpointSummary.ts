import type { Checkpoint, CheckpointHead } from './checkpoint';

/** One line of `alidade models`. null: could not be found out, `problems` says why. */
export interface CheckpointSummary {
  readonly path: string;
  readonly name: string;
  readonly architecture: string | null;
  readonly parameters: number | null;
  readonly dtype: string | null;
  /** Bytes of all weight files. */
  readonly bytes: number;
  readonly head: CheckpointHead;
  readonly license: string | null;
  readonly problems: readonly string[];
}

export function summariseCheckpoint(checkpoint: Checkpoint): CheckpointSummary {
  const { path, name, config, parameters, dtype, bytes, head, license, problems } = checkpoint;
  return { path, name, architecture: config.architecture, parameters, dtype, bytes, head, license, problems };
}
