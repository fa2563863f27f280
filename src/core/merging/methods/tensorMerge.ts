import type { MergeMethod } from './mergeMethod';
import type { MethodParameters } from '../plan/mergePlan';

/** Number formats that are read and written. */
export type FloatDtype = 'F32' | 'F16' | 'BF16';

/** What is to be done for one tensor: plain data, the same in a worker thread and in a preview. */
export interface TensorMerge {
  /** With the seed and the index of a value, what decides in random methods. */
  readonly name: string;
  readonly method: MergeMethod;
  /** Row-major. */
  readonly shape: readonly number[];
  readonly inputs: readonly { readonly dtype: FloatDtype; readonly parameters: MethodParameters }[];
  /** Index into `inputs`; null: the method has no base. */
  readonly base: number | null;
  readonly parameters: MethodParameters;
  readonly outputDtype: FloatDtype;
  /** `exact`: doubles, rounded once at the end. `mergekit`: every rounding of mergekit 0.1.5, in `workingDtype`. */
  readonly arithmetic: 'exact' | 'mergekit';
  readonly workingDtype: FloatDtype;
  readonly seed: number;
}

/** Where values come from and go to; ranges of values of the tensor, row-major. May be asked for the same range again. */
export interface TensorIo {
  /** Fills `into` with the bytes of values `start …` of an input, in its dtype. */
  read(input: number, start: number, into: Uint8Array): void;
  /** Takes the bytes of values `start …` of the output, in its dtype; they may be overwritten after it returns. */
  write(start: number, bytes: Uint8Array): void;
}
