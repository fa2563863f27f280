import type { TensorEntry } from '../../checkpoint/tensorEntry';
import type { MergeDtype, MergeMethod } from '../methods/mergeMethod';
import type { AddedToken } from './mergeSource';

export type MethodParameters = Readonly<Record<string, number | boolean>>;

/** A row of the table of a source. */
export interface TableRow {
  /** Index into the sources of the tensor. */
  readonly source: number;
  readonly row: number;
}

/** Where the rows of an input come from, where the output has other tokens than the source. */
export interface RowMap {
  /**
   * For each row of the output a row of the source that `owners` names; −1: zeros; −2: the average of all rows up to
   * `tokens`, for those behind them; −3 − i: the average of `averages[i]`.
   */
  readonly rows: Int32Array;
  /** Rows of the output that stand for tokens. */
  readonly tokens: number;
  /** For each row of the output an index into the sources of the tensor; null: all rows are the source's own. */
  readonly owners: Int32Array | null;
  readonly averages: readonly (readonly TableRow[])[];
  /** Sources that lend each other rows are not of one format: all of the tensor are read as F32. */
  readonly isMixed: boolean;
}

/** One input of a tensor. */
export interface PlannedSource {
  /** Index into `models` of the plan. */
  readonly model: number;
  readonly tensor: TensorEntry;
  /** The share of this source in the result where the method is linear (base included), after normalisation; else null. */
  readonly weight: number | null;
  /** Every parameter of the method for this model, evaluated at this tensor. */
  readonly parameters: MethodParameters;
  /** null: rows stay where they are. */
  readonly rows: RowMap | null;
}

/** What a tensor is for; drawn as a column of the preview. */
export type TensorGroup = 'embedding' | 'attention' | 'mlp' | 'norm' | 'finalNorm' | 'head' | 'other';

/** One tensor of the output and how it comes about. */
export interface PlannedTensor {
  /** In the output. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Of the output, as safetensors spells it. */
  readonly dtype: string;
  /** In which numbers mergekit computes it (`arithmetic: mergekit`), as safetensors spells them. */
  readonly workingDtype: string;
  readonly bytes: number;
  /** Layer of the output, from 0; null: outside the layers. */
  readonly layer: number | null;
  readonly group: TensorGroup;
  /** `copy`: the bytes of its only source, as they are (integers, or what only one model has). */
  readonly method: MergeMethod | 'copy';
  /** In the order of the recipe, the base among them (`base`). */
  readonly sources: readonly PlannedSource[];
  /** Index into `sources`; null: the method has none. */
  readonly base: number | null;
  /** Shared parameters of the method, evaluated at this tensor. */
  readonly parameters: MethodParameters;
  /** Where the tensor lies in the output. */
  readonly place: { readonly file: number; readonly offset: number };
}

/** An output file, laid out before its first byte is computed. */
export interface PlannedFile {
  readonly name: string;
  /** Safetensors header with its length in front: what the file begins with. */
  readonly header: Uint8Array;
  readonly bytes: number;
}

/** Written beside the weights; made from the sources or by the plan. */
export type PlannedCompanion =
  | { readonly kind: 'copy'; readonly name: string; readonly from: string }
  /** A tokenizer.json with more tokens. */
  | { readonly kind: 'tokenizer'; readonly name: string; readonly from: string; readonly tokens: readonly AddedToken[] }
  | { readonly kind: 'text'; readonly name: string; readonly text: string };

/** A model that the plan reads. */
export interface PlannedModel {
  /** What the recipe calls it. */
  readonly key: string;
  readonly name: string;
  readonly path: string;
  /** null: it is the result of an earlier stage: `path` is the name of that stage, and files are named as it names them. */
  readonly fingerprint: string | null;
  readonly files: readonly { readonly path: string; readonly size: number; readonly changedAt: number }[];
}

/** Everything that a merge will do, before it does any of it. Plain data. */
export interface MergePlan {
  /** What later stages call the result; null: nothing needs it, or it is the last stage, which goes into the target. */
  readonly name: string | null;
  readonly method: MergeMethod;
  /** Of most of the output. */
  readonly dtype: MergeDtype;
  /** In which numbers are computed where mergekit's arithmetic is wanted (`dtype` of the recipe, else what inputs promote to). */
  readonly workingDtype: MergeDtype;
  readonly arithmetic: 'exact' | 'mergekit';
  readonly seed: number;
  readonly models: readonly PlannedModel[];
  /** In the order of the output files. */
  readonly tensors: readonly PlannedTensor[];
  /** Tensors of the sources that do not come into the output, with the reason. */
  readonly dropped: readonly { readonly model: number; readonly tensor: string; readonly reason: string }[];
  readonly files: readonly PlannedFile[];
  /** config.json, index, tokenizer, card, mergekit_config.yml, … */
  readonly companions: readonly PlannedCompanion[];
  readonly layerCount: number;
  /** Bytes of all output files. */
  readonly bytes: number;
  /** Bytes that are read, each pass of a method counted. */
  readonly readBytes: number;
  /** Bytes of memory that the writer takes at most. */
  readonly peakBytes: number;
  /** SHA-256-like text of everything that decides the bytes of the output: a resumed run needs an equal one. */
  readonly fingerprint: string;
}
