import { NotificationType, RequestType } from 'vscode-jsonrpc';
import type { ErrorCode } from '../core/alidadeError';
import type { Progress } from '../core/jobContext';
import type { ExplainedRow } from '../core/reward/explainedRow';
import type { GateAdjustment } from '../core/reward/gateAdjustment';
import type { ComparedPair } from '../core/reward/labelAgreement';
import type { ScoreGrowth } from '../core/reward/scoreGrowth';

/** The wire between the extension and the breakdown page: every message that either may send. */

/** Where the row stands in its file. */
export interface RowLocation {
  /** As shown: the file's name, or its path in the workspace. */
  readonly file: string;
  /** Line of the row's first character, from 1. */
  readonly line: number;
}

export type ErrorAction = 'restartSidecar' | 'showLog' | 'revealRow' | 'fetchStarter';

/** What the page shows. */
export type BreakdownState =
  | { readonly kind: 'empty' }
  | { readonly kind: 'loading'; readonly location?: RowLocation; readonly progress: Progress }
  | {
      readonly kind: 'error';
      readonly location?: RowLocation;
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint?: string;
      /** What the page offers to do about it. */
      readonly actions: readonly ErrorAction[];
    }
  | {
      readonly kind: 'row';
      readonly location: RowLocation;
      readonly row: ExplainedRow;
      /** The text was edited after this score was computed. */
      readonly stale: boolean;
      /** The file has been deleted since: what is shown cannot be found there any more. */
      readonly gone?: boolean;
      /** What the responses of a list are called, in their order, where they have names of their own. */
      readonly names?: readonly string[];
      /** The page is opened at this part. */
      readonly part?: BreakdownPart;
    };

/** `growth`: the score as the text grows. */
export type BreakdownPart = 'growth';

export interface BreakdownView {
  readonly state: BreakdownState;
  /** The page keeps its row when the cursor moves. */
  readonly locked: boolean;
}

/** Coefficients by objective for the model named by its hash; only for models without a gate. */
export interface WeightsChange {
  readonly modelHash: string;
  readonly weights: Readonly<Record<string, number>>;
}

/** A model's head with other weights. */
export interface HeadChange {
  readonly modelHash: string;
  /** Coefficients by objective; of a model without a gate all of them. */
  readonly coefficients: Readonly<Record<string, number>>;
  /** Of a model with a gate. */
  readonly adjustment: GateAdjustment;
}

/** Pairs with labels, as the model in view has scored them. */
export interface LabelledPairs {
  /** The file's name. */
  readonly source: string;
  readonly pairs: readonly ComparedPair[];
  /** Pairs that could not be scored. */
  readonly errors: number;
  /** false: there are more, or the user has stopped. */
  readonly isWhole: boolean;
}

/** To the page: draw this. */
export const showBreakdown = new NotificationType<BreakdownView>('breakdown/show');

export interface GrowthParams {
  /** Which responses of the row in view, from 0. */
  readonly responses: readonly number[];
}

/** A picture or a table of what the page shows. */
export interface ExportParams {
  readonly format: 'svg' | 'png' | 'csv' | 'json';
  /** Text; of a PNG its bytes in base64. */
  readonly content: string;
}

/** To the host, once the page can draw; the reply is the first view. Notifications sent before it are lost. */
export const ready = new RequestType<null, BreakdownView, void>('breakdown/ready');

/** To the host; the reply is the lock now in force. */
export const setLocked = new RequestType<{ readonly locked: boolean }, boolean, void>('breakdown/setLocked');

export const copyText = new RequestType<{ readonly text: string }, null, void>('breakdown/copyText');

/** To the host: show the row in its editor. */
export const revealRow = new RequestType<null, null, void>('breakdown/revealRow');

export const restartSidecar = new RequestType<null, null, void>('breakdown/restartSidecar');

/** To the host: fetch the starter model, which the user has just asked for. */
export const fetchStarter = new RequestType<null, null, void>('breakdown/fetchStarter');

export const showLog = new RequestType<null, null, void>('breakdown/showLog');

/** To the host, which keeps the weights and uses them from now on; the page has already redrawn with them. */
export const weightsChanged = new RequestType<WeightsChange, null, void>('breakdown/weightsChanged');

/** To the host: the scores of responses of the row in view as their text grows; null where there is no response. */
export const readGrowth = new RequestType<GrowthParams, readonly (ScoreGrowth | null)[], void>('breakdown/readGrowth');

/** To the host: ask the user for a place and save it there. The reply is the file's name; null: the user would rather not. */
export const saveExport = new RequestType<ExportParams, string | null, void>('breakdown/saveExport');

/**
 * To the host: let the user choose a finished run or a file with labelled pairs, score the file's, and give them; null: the
 * user would rather not. One at a time.
 */
export const readLabelledPairs = new RequestType<{ readonly modelHash: string }, LabelledPairs | null, void>(
  'breakdown/readLabelledPairs',
);

/** To the page: how far the pairs are scored. */
export const labelledPairsProgress = new NotificationType<Progress>('breakdown/labelledPairsProgress');

/** To the host: the pairs that are scored so far are enough. */
export const stopLabelledPairs = new RequestType<null, null, void>('breakdown/stopLabelledPairs');

/** To the host: ask the user for a place and write the head there. The reply is the file's name; null: the user would rather not. */
export const saveHeadAs = new RequestType<HeadChange, string | null, void>('breakdown/saveHeadAs');
