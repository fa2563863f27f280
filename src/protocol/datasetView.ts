import { NotificationType, RequestType } from 'vscode-jsonrpc';
import type { ErrorCode } from '../core/alidadeError';
import type { DatasetOverview } from '../core/dataset/datasetOverview';
import type { DatasetPage } from '../core/dataset/datasetPage';
import type { DatasetQuery } from '../core/dataset/datasetQuery';
import type { Progress } from '../core/jobContext';
import type { RewardModelDescription } from '../core/reward/rewardModelDescription';
import type { ScoreSummary } from '../core/reward/scoreSummary';

/** The wire between the extension and the data-set page: every message that either may send. */

/** What has become of a run. */
export type RunState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly progress: Progress | null }
  /** The user stopped it; it can be resumed. */
  | { readonly kind: 'stopped' }
  /** The scoring process or the window ended; it can be resumed. */
  | { readonly kind: 'interrupted'; readonly reason: string }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string | null }
  | { readonly kind: 'done'; readonly summary: ScoreSummary };

/** The run whose scores the page shows. */
export interface RunView {
  readonly id: string;
  /** The file's name, or its path in the workspace. */
  readonly file: string;
  readonly state: RunState;
  /** Known once the model has been opened. */
  readonly model: RewardModelDescription | null;
}

export type DatasetAction =
  'stop' | 'resume' | 'repeat' | 'openSource' | 'openOutput' | 'saveAs' | 'fetchStarter' | 'chooseModel' | 'showLog';

export interface DatasetView {
  readonly run: RunView;
  /** null: no row is scored yet, or the scores are still being read. */
  readonly overview: DatasetOverview | null;
  /** Why the scores could not be read. */
  readonly problem: { readonly message: string; readonly hint: string | null } | null;
  /** Why rows may not be found in their file; null: they are where they were. */
  readonly sourceProblem: string | null;
  /** What makes sense now, the most likely first. */
  readonly actions: readonly DatasetAction[];
}

export interface PageParams {
  readonly query: DatasetQuery;
  readonly offset: number;
  readonly count: number;
}

/** A row of the table. */
export interface RowReference {
  /** Place in the data set, from 0. */
  readonly row: number;
  readonly id: string;
  /** Line in the source, from 0. */
  readonly line: number | null;
}

/** To the page: draw this. */
export const showDataset = new NotificationType<DatasetView>('dataset/show');

/** To the host, once the page can draw; the reply is the first view. Notifications sent before it are lost. */
export const datasetReady = new RequestType<null, DatasetView, void>('dataset/ready');

/** To the host: rows of the table. */
export const readDatasetPage = new RequestType<PageParams, DatasetPage, void>('dataset/page');

/** To the host: show the row in its file; with `focus` the keyboard goes there too. */
export const openDatasetRow = new RequestType<RowReference & { readonly focus: boolean }, null, void>(
  'dataset/openRow',
);

/** To the host: show why the row has its score. */
export const explainDatasetRow = new RequestType<RowReference, null, void>('dataset/explainRow');

export const actOnDataset = new RequestType<{ readonly action: DatasetAction }, null, void>('dataset/act');

export const copyDatasetText = new RequestType<{ readonly text: string }, null, void>('dataset/copyText');
