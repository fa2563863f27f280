import { NotificationType, RequestType } from 'vscode-jsonrpc';
import type { FileMetadata } from '../core/checkpoint/tensorFile';
import type { TensorStatistics } from '../core/checkpoint/tensorStatistics';
import type { Progress } from '../core/jobContext';
import type { UncomparedTensor, WeightDifference } from '../core/merging/weightDifference';
import type { DifferenceView } from './mergePreviewView';

/** The wire between the extension and the viewer of checkpoints: every message that either may send. */

/** A tensor as the table lists it; never its values. */
export interface ListedTensor {
  /** As the file names it. */
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** Index into the files. */
  readonly file: number;
  /** Byte offset in that file. */
  readonly offset: number;
}

/** What a weight file, or an index of several, holds. */
export interface CheckpointContent {
  /** The file's name. */
  readonly name: string;
  readonly path: string;
  readonly format: 'safetensors' | 'gguf';
  readonly files: readonly { readonly name: string; readonly size: number }[];
  readonly tensors: readonly ListedTensor[];
  readonly metadata: readonly FileMetadata[];
  readonly metadataLeftOut: number;
  readonly config: { readonly name: string; readonly text: string } | null;
  readonly problems: readonly string[];
}

/** What went wrong, in words. */
export interface FailureView {
  readonly message: string;
  readonly hint: string | null;
}

export type CheckpointState =
  | { readonly kind: 'reading'; readonly name: string }
  | { readonly kind: 'failed'; readonly name: string; readonly failure: FailureView }
  | { readonly kind: 'content'; readonly content: CheckpointContent };

/** How a tensor differs from the same of the other model. */
export interface ListedDifference extends WeightDifference {
  /** As the file that is shown names it. */
  readonly name: string;
}

/** The comparison with another checkpoint; layers come one after the other. */
export interface ComparisonState {
  readonly other: { readonly name: string; readonly path: string };
  readonly work:
    | { readonly kind: 'running'; readonly progress: Progress }
    /** It was stopped: what was compared by then stays. */
    | { readonly kind: 'stopped' }
    | { readonly kind: 'failed'; readonly failure: FailureView }
    | { readonly kind: 'done' };
  readonly difference: DifferenceView | null;
  readonly tensors: readonly ListedDifference[];
  /** Of everything that was compared; null until it is done. */
  readonly total: WeightDifference | null;
  readonly uncompared: readonly UncomparedTensor[];
}

export interface CheckpointView {
  readonly state: CheckpointState;
  /** null: it is compared with nothing. */
  readonly comparison: ComparisonState | null;
}

/** To the page: draw this. */
export const showCheckpoint = new NotificationType<CheckpointView>('checkpoint/show');

/** To the page: the comparison alone has gone on, or there is none any more (`comparison` is null). */
export const showComparison = new NotificationType<Pick<CheckpointView, 'comparison'>>('checkpoint/comparison');

/** To the page: how far the comparison is. */
export const showComparing = new NotificationType<{ readonly progress: Progress }>('checkpoint/comparing');

/** To the page: how far the measurement of this tensor is. */
export const showMeasuring = new NotificationType<{ readonly tensor: string; readonly progress: Progress }>(
  'checkpoint/measuring',
);

/** To the host, once the page can draw; the reply is the first view. Notifications sent before it are lost. */
export const checkpointReady = new RequestType<null, CheckpointView, void>('checkpoint/ready');

/** To the host: read the tensor; null when another measurement, or `stopMeasuring`, came in between. */
export const measureTensor = new RequestType<{ readonly tensor: string }, TensorStatistics | null, void>(
  'checkpoint/measure',
);

export const stopMeasuring = new RequestType<null, null, void>('checkpoint/stopMeasuring');

/** To the host: ask the user for another checkpoint, and compare with it. */
export const compareCheckpoint = new RequestType<null, null, void>('checkpoint/compare');

export const stopComparing = new RequestType<null, null, void>('checkpoint/stopComparing');

/** To the host: forget the comparison. */
export const dropComparison = new RequestType<null, null, void>('checkpoint/dropComparison');

/** To the host: the file as text, where it is one (an index). */
export const openAsText = new RequestType<null, null, void>('checkpoint/openAsText');

export const copyCheckpointText = new RequestType<{ readonly text: string }, null, void>('checkpoint/copyText');
