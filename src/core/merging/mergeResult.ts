import type { NonFinite } from './countNonFinite';

/** What a merge has written. */
export interface MergeResult {
  /** The folder. */
  readonly path: string;
  readonly tensors: number;
  /** Of the weight files. */
  readonly bytes: number;
  /** Names of all files of the folder. */
  readonly files: readonly string[];
  /** Tensors, of all stages, that an interrupted run had written before. */
  readonly resumedTensors: number;
  /** Spent in this run. */
  readonly seconds: number;
  /** Everything was read again and agreed with what had been computed. */
  readonly isVerified: boolean;
  /** Tensors with values that are no finite numbers, as far as they were read again. */
  readonly nonFinite: readonly NonFiniteTensor[];
}

export interface NonFiniteTensor extends NonFinite {
  readonly tensor: string;
  /** Values of its sources that are none either. */
  readonly inSources: number;
}
