import { NotificationType, RequestType } from 'vscode-jsonrpc';
import type { ErrorCode } from '../core/alidadeError';
import type { Progress } from '../core/jobContext';
import type { MergeMeasurement } from '../core/merging/mergeMeasurement';
import type { MergeDtype, MergeMethod } from '../core/merging/methods/mergeMethod';
import type { TensorGroup } from '../core/merging/plan/mergePlan';
import type { MapCell, WeightMap } from '../core/merging/plan/weightMap';
import type { Span } from '../core/promptFile/locateJson';

/** The wire between the extension and the preview of a merge: every message that either may send. */

/** Something wrong, or worth knowing, in the recipe; it is at `line` of its text, from 1. */
export interface ProblemView {
  readonly severity: 'error' | 'warning' | 'information';
  readonly message: string;
  readonly line: number;
  readonly span: Span;
}

/** Tensors of one source that do not come into the output, for one reason. */
export interface DroppedView {
  readonly model: number;
  readonly reason: string;
  readonly count: number;
  /** The first of them. */
  readonly names: readonly string[];
}

/** What one document of the recipe makes. */
export interface StageView {
  /** Of the document; empty where it is the only one. */
  readonly name: string;
  readonly method: MergeMethod;
  readonly dtype: MergeDtype;
  readonly models: readonly { readonly name: string; readonly path: string }[];
  readonly map: WeightMap;
  readonly tensors: number;
  readonly files: number;
  /** Of the output, on disk. */
  readonly bytes: number;
  /** That are read, each pass counted. */
  readonly readBytes: number;
  /** About how long writing takes. */
  readonly seconds: number;
  /** Of memory, at most. */
  readonly peakBytes: number;
  readonly dropped: readonly DroppedView[];
}

/** A run of layers with one ratio. */
export interface BlockView {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
  /** Share of the model before RLHF, from 0 to 1. */
  readonly ratio: number;
}

/** An average of two models that is constant by blocks of layers. */
export interface SlidersView {
  /** What the models are called. */
  readonly before: string;
  readonly after: string;
  readonly blocks: readonly BlockView[];
  /** Also the shares of what lies outside the blocks, where a ratio of its own counts there. */
  readonly outside: readonly { readonly group: TensorGroup; readonly ratio: number }[];
}

/** What the recipe, as it is or as it would be, makes. */
export interface PlanView {
  /** In the order of the documents; the last one makes what stays. */
  readonly stages: readonly StageView[];
  /** null: the recipe is no average of two models by blocks. */
  readonly sliders: SlidersView | null;
}

/** Long work that the page started. */
export type WorkState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly progress: Progress }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string | null };

/** A point on the reward–forgetting plane. */
export interface TrialView {
  /** By block; null: the recipe was no average by blocks then. */
  readonly ratios: readonly number[] | null;
  readonly reward: number | null;
  readonly perplexity: number | null;
  /** No other one is better in both. */
  readonly onFront: boolean;
  /** It is the recipe as it is. */
  readonly current: boolean;
}

export type ScoreInput = 'rows' | 'texts' | 'prompts';

/** How much of the chosen files is looked at, from their beginnings: a preview is to answer in seconds. */
export const scoreLimits = { rows: 64, textTokens: 8192 } as const;

export interface ScoreView {
  /** Names of the chosen files; null: none. `prompts` are answered by the merged model, and its answers scored. */
  readonly inputs: Readonly<Record<ScoreInput, string | null>>;
  readonly work: WorkState;
  /** Measures again when the recipe has changed. */
  readonly follows: boolean;
  /** Of the recipe as it is; null: not measured. */
  readonly measurement:
    | (Omit<MergeMeasurement, 'reward'> & {
        readonly reward: {
          readonly mean: number;
          readonly model: string;
          readonly isOfGenerated: boolean;
          readonly rows: number;
          /** The first rows that could not be scored, with the reason. */
          readonly errors: readonly string[];
          readonly errorCount: number;
        } | null;
      })
    | null;
  readonly trials: readonly TrialView[];
}

/** How far two of the models are apart, layer by layer. */
export interface DifferenceView {
  readonly first: string;
  readonly second: string;
  readonly layerCount: number;
  readonly layerGroups: readonly TensorGroup[];
  readonly outerGroups: readonly TensorGroup[];
  readonly measures: readonly {
    readonly name: 'relativeL2' | 'cosine' | 'changed';
    readonly layers: readonly (readonly MapCell[])[];
    readonly outside: readonly MapCell[];
  }[];
}

/** What the page may offer to do. */
export type MergePreviewAction =
  | 'merge'
  | 'search'
  | 'stopSearch'
  | 'score'
  | 'stopScore'
  | 'compare'
  | 'stopCompare'
  | 'forgetTrials'
  | 'importRatios'
  | 'openRecipe'
  | 'showLog';

export type MergePreviewState =
  /** No recipe has been looked at. */
  | { readonly kind: 'empty' }
  | {
      readonly kind: 'recipe';
      /** As shown: the file's name, or its path in the workspace. */
      readonly file: string;
      /** null until the sources are read, or where the recipe has never been without errors. */
      readonly plan: PlanView | null;
      /** The plan is that of an earlier text: this one has errors. */
      readonly stale: boolean;
      /** Its models are being read. */
      readonly isReading: boolean;
      /** Why its models could not be looked at; null: they were, or are being. */
      readonly failure: { readonly message: string; readonly hint: string | null } | null;
      readonly problems: readonly ProblemView[];
      /** Where the output would go by itself; null: not known. */
      readonly freeBytes: number | null;
      readonly score: ScoreView;
      readonly difference: DifferenceView | null;
      readonly comparing: WorkState;
      readonly searching: WorkState;
      readonly actions: readonly MergePreviewAction[];
    };

export interface MergePreviewView {
  readonly state: MergePreviewState;
  /** The page keeps its recipe when another one comes to the front. */
  readonly locked: boolean;
}

/** What the sliders are at: by block, in the order of the layers. */
export interface RatiosParams {
  readonly ratios: readonly number[];
}

/** To the page: draw this. */
export const showMergePreview = new NotificationType<MergePreviewView>('mergePreview/show');

/** To the host, once the page can draw; the reply is the first view. Notifications sent before it are lost. */
export const mergePreviewReady = new RequestType<null, MergePreviewView, void>('mergePreview/ready');

/** To the host; the reply is the lock now in force. */
export const setMergePreviewLocked = new RequestType<{ readonly locked: boolean }, boolean, void>(
  'mergePreview/setLocked',
);

/** To the host: what the recipe would make with these ratios; nothing is written. null: it cannot be said. */
export const tryRatios = new RequestType<RatiosParams, PlanView | null, void>('mergePreview/tryRatios');

/** To the host: write these ratios into the recipe, as one step that can be undone. */
export const writeRatios = new RequestType<RatiosParams, null, void>('mergePreview/writeRatios');

/** To the host: cut the layers otherwise, each block with the mean of what its layers had. */
export const cutBlocks = new RequestType<{ readonly blocks: number }, null, void>('mergePreview/cutBlocks');

/** To the host: the recipe as it was at a trial, from `trials`. */
export const restoreTrial = new RequestType<{ readonly trial: number }, null, void>('mergePreview/restoreTrial');

/** To the host: ask the user for a file to measure on. */
export const chooseScoreInput = new RequestType<{ readonly input: ScoreInput }, null, void>(
  'mergePreview/chooseScoreInput',
);

/** To the host: measure without it. */
export const dropScoreInput = new RequestType<{ readonly input: ScoreInput }, null, void>(
  'mergePreview/dropScoreInput',
);

export const setScoreFollows = new RequestType<{ readonly follows: boolean }, null, void>(
  'mergePreview/setScoreFollows',
);

/** To the host: show this place of the recipe in its editor. */
export const revealInRecipe = new RequestType<{ readonly span: Span }, null, void>('mergePreview/reveal');

export const actOnMergePreview = new RequestType<{ readonly action: MergePreviewAction }, null, void>(
  'mergePreview/act',
);

/** To the host: onto the clipboard. */
export const copyMergePreviewText = new RequestType<{ readonly text: string }, null, void>('mergePreview/copyText');
