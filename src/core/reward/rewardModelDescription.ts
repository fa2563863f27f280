import type { HeadObjectiveInfo } from './rewardHead';

/** What the starter's own head is called: pages warn that it is no judge of quality. */
export const STARTER_HEAD = 'starter meters';

/** Where a model's numbers come from: shown with every score. */
export interface RewardModelDescription {
  /** Folder or file name, or the hub id. */
  readonly name: string;
  readonly path: string;
  /** `architectures[0]` of the body. */
  readonly architecture: string;
  /** What the head is, in words: "ArmoRM gate over 19 objectives", "starter meters". */
  readonly head: string;
  readonly headKind: 'gated' | 'classification' | 'meters' | 'judge';
  readonly objectives: readonly HeadObjectiveInfo[];
  /** Execution provider in use: cpu, webgpu, … */
  readonly device: string;
  /** Why this device and no other. */
  readonly deviceReason: string;
  readonly dtype: string;
  /** Relative error of the weights that the dtype cost, root mean square (0.07 is 7 %); null: none. */
  readonly quantisationLoss?: number | null;
  /** Tokens. */
  readonly contextLength: number;
  /** Hash of the config and the head, hexadecimal. */
  readonly hash: string;
  /** Weights mapped from the file, repacked in memory for speed, or in memory because they change. */
  readonly mode: 'mapped' | 'prepacked' | 'live';
}
