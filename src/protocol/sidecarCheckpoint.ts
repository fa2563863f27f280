import { NotificationType, RequestType } from 'vscode-jsonrpc';
import type { TensorFile } from '../core/checkpoint/tensorFile';
import type { TensorStatistics } from '../core/checkpoint/tensorStatistics';
import type { LayerDifference, WeightComparison } from '../core/merging/weightDifference';
import type { LongRequestParams, WireErrorData } from './sidecar';

/** The messages of `sidecar.ts` that concern the tensors of files: what is shown and measured of them, never their values. */

export interface ReadTensorFileParams extends LongRequestParams {
  /** A .safetensors file, an index, a .gguf file, or a folder of weights; absolute. */
  readonly path: string;
}

export interface MeasureTensorParams extends LongRequestParams {
  /** As for `readTensorFile`. */
  readonly path: string;
  /** As the file names it. */
  readonly tensor: string;
}

export interface CompareWeightsParams extends LongRequestParams {
  /** As `--model` takes them, or weight files or indexes; the first is what differences are relative to. */
  readonly first: string;
  readonly second: string;
  /** Folder from which relative references are taken. */
  readonly cwd?: string;
}

/** Sent for each layer of a `compareWeights` request as soon as it is done. */
export interface LayerDifferenceParams {
  readonly requestToken: string;
  readonly layer: LayerDifference;
}

/** Headers only, of any architecture. */
export const readTensorFileRequest = new RequestType<ReadTensorFileParams, TensorFile, WireErrorData>('readTensorFile');

/** Reads the whole tensor; `unsupported` for a kind that is not decoded. */
export const measureTensorRequest = new RequestType<MeasureTensorParams, TensorStatistics, WireErrorData>(
  'measureTensor',
);

/** Reads both models; each layer is also told by `layerDifference`. */
export const compareWeightsRequest = new RequestType<CompareWeightsParams, WeightComparison, WireErrorData>(
  'compareWeights',
);

/** Sidecar to host: a layer of the comparison with this token. */
export const layerDifferenceNotification = new NotificationType<LayerDifferenceParams>('layerDifference');
