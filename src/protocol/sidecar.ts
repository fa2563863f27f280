import { NotificationType, RequestType, RequestType0 } from 'vscode-jsonrpc';
import type { ErrorCode } from '../core/alidadeError';
import type { CheckpointSummary } from '../core/checkpoint/checkpointSummary';
import type { DatasetOverview } from '../core/dataset/datasetOverview';
import type { DatasetPage } from '../core/dataset/datasetPage';
import type { DatasetQuery } from '../core/dataset/datasetQuery';
import type { DeviceChoice, DtypeChoice } from '../core/device';
import type { GeneratedAnswer } from '../core/generation/generatedAnswer';
import type { Progress } from '../core/jobContext';
import type { Message } from '../core/promptFile/message';
import type { ScorableRow } from '../core/promptFile/scorableRow';
import type { RewardTestResult } from '../core/rewardTest/rewardTestResult';
import type { ExplainedRow } from '../core/reward/explainedRow';
import type { PromptProfile } from '../core/reward/promptProfile';
import type { ScoreGrowth } from '../core/reward/scoreGrowth';
import type { ScoredRow } from '../core/reward/rewardBreakdown';
import type { RewardModelDescription } from '../core/reward/rewardModelDescription';
import type { ScoreSummary } from '../core/reward/scoreSummary';

/**
 * Every message between the extension host and the sidecar process.
 * The wire is `vscode-jsonrpc` over the IPC channel of a forked process. Tensors never cross it.
 */

/** Raised whenever a message changes its meaning; both ends refuse another number. */
export const sidecarProtocolVersion = 5;

/** Error code on the wire of a request that was cancelled (that of the language server protocol). */
export const cancelledWireCode = -32800;

/** Error code on the wire of every other failure that carries `WireErrorData`. */
export const failedWireCode = -32803;

/** Rows of one `scoreRows` request. */
export const mostRowsAtOnce = 256;

/** `data` of every error answer. */
export interface WireErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

export function isWireErrorData(value: unknown): value is WireErrorData {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value && 'hint' in value;
}

export interface InitializeParams {
  readonly packageVersion: string;
  readonly protocolVersion: number;
}

export interface InitializeResult {
  readonly packageVersion: string;
  readonly protocolVersion: number;
  readonly pid: number;
  /** `process.version` of the runtime that the sidecar runs on. */
  readonly runtime: string;
}

/** Which reward model, and how to run it. */
export interface ModelSelection {
  /** Checkpoint folder, `.gguf` file, hub id in the cache, or `starter`. */
  readonly reference: string;
  readonly headPath?: string;
  /** It is a causal model that judges pairs. */
  readonly judge?: boolean;
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  readonly threads?: number;
  /** Coefficients by objective, for models without a gate. */
  readonly weights?: Readonly<Record<string, number>>;
  /** Folder from which a relative `reference` is taken. */
  readonly cwd?: string;
}

/** Part of every request that may take long: progress notifications name it. */
export interface LongRequestParams {
  readonly requestToken: string;
}

export interface DescribeModelParams extends LongRequestParams {
  readonly model: ModelSelection;
}

export interface RowParams extends LongRequestParams {
  readonly model: ModelSelection;
  readonly row: ScorableRow;
  /** Tokens; longer rows are `too_long` unless `truncate`. */
  readonly maxTokens?: number;
  readonly truncate?: boolean;
  /** `interactive` rows go before `background` ones, the newest first. */
  readonly priority: 'interactive' | 'background';
}

export interface ScoreRowResult {
  readonly row: ScoredRow;
  readonly model: RewardModelDescription;
}

export interface GrowRowParams extends RowParams {
  /** Which responses of the row, from 0. */
  readonly responses: readonly number[];
}

export interface GrowRowResult {
  /** One for each response asked for; null where there is no response to read. */
  readonly growths: readonly (ScoreGrowth | null)[];
}

export interface RowsParams extends LongRequestParams, Pick<RowParams, 'model' | 'maxTokens' | 'truncate'> {
  /** At most `mostRowsAtOnce`. */
  readonly rows: readonly ScorableRow[];
  /** As for one row; `run`: after everything that anybody looks at. Only `interactive` batches are never put off. */
  readonly priority: RowParams['priority'] | 'run';
}

export interface ScoreRowsResult {
  /** One for each row, in their order; a row that cannot be scored has its error. */
  readonly rows: readonly ScoredRow[];
  readonly model: RewardModelDescription;
}

export interface ScoreFileParams extends LongRequestParams {
  readonly model: ModelSelection;
  /** Absolute paths of the data files, scored one after the other. */
  readonly inputs: readonly string[];
  /** Where the scores go, one JSON line a row, with a journal beside it. */
  readonly outputPath: string;
  readonly summaryPath: string;
  /** Go on where an earlier run into the same output stopped. */
  readonly resume: boolean;
  readonly maxTokens?: number;
  readonly truncate?: boolean;
}

export interface ScoreFileResult {
  readonly summary: ScoreSummary;
  readonly model: RewardModelDescription;
}

/** Runs tests of one `*.reward.yaml` file. */
export interface RewardTestsParams extends LongRequestParams {
  /** The file as it is in the editor. */
  readonly text: string;
  /** Its absolute path: relative names in it are taken from its folder. */
  readonly path: string;
  /** Which tests; null: all. */
  readonly ids: readonly string[] | null;
  /** Scores where the file names no model; its device and threads count for all. */
  readonly model: ModelSelection;
}

/** Sent when a test of a `runRewardTests` request begins, and when it has ended. */
export type RewardTestParams = { readonly requestToken: string } & (
  { readonly started: string } | { readonly result: RewardTestResult }
);

/** The scores of a data set and what they are scores of. */
export interface DatasetReference {
  readonly inputs: readonly string[];
  readonly outputPath: string;
}

export interface DatasetOverviewParams extends LongRequestParams {
  readonly dataset: DatasetReference;
}

export interface DatasetOverviewResult {
  readonly overview: DatasetOverview;
  /** Why rows cannot be found in their source any more; null while they can. */
  readonly sourceProblem: string | null;
}

export interface DatasetPageParams extends LongRequestParams {
  readonly dataset: DatasetReference;
  readonly query: DatasetQuery;
  readonly offset: number;
  readonly count: number;
}

export interface DatasetRowParams extends LongRequestParams {
  readonly dataset: DatasetReference;
  /** Place in the data set, from 0. */
  readonly row: number;
}

export interface DatasetRowResult {
  readonly row: ScorableRow;
  /** Line in its source, from 0. */
  readonly line: number;
}

export interface ExportScoresParams extends LongRequestParams {
  readonly dataset: DatasetReference;
  readonly targetPath: string;
  readonly format: 'jsonl' | 'csv' | 'parquet';
}

/** Sent once the model of a `scoreFile` request is open. */
export interface RunModelParams {
  readonly requestToken: string;
  readonly model: RewardModelDescription;
}

/** Which causal language model, and how to run it. */
export type LanguageModelSelection = Pick<ModelSelection, 'reference' | 'device' | 'dtype' | 'threads' | 'cwd'>;

export interface GenerateParams extends LongRequestParams {
  readonly model: LanguageModelSelection;
  /** They end with a turn that can be answered. */
  readonly messages: readonly Message[];
  /** Independent answers. */
  readonly count: number;
  readonly temperature: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

/** What made some answers, as it is shown beside them. */
export interface LanguageModelDescription {
  readonly name: string;
  readonly path: string;
  /** Execution provider in use. */
  readonly device: string;
  readonly dtype: string;
}

export interface GenerateResult {
  readonly answers: readonly GeneratedAnswer[];
  readonly model: LanguageModelDescription;
}

/** One answer of a `generate` request, as soon as it is complete. */
export interface AnswerParams {
  readonly requestToken: string;
  /** Its place among the `count`. */
  readonly index: number;
  readonly answer: GeneratedAnswer;
}

export interface ProfilePromptParams
  extends LongRequestParams, Pick<RowParams, 'model' | 'maxTokens' | 'truncate' | 'priority'> {
  readonly messages: readonly Message[];
}

export interface ListCheckpointsParams extends LongRequestParams {
  /** Absolute paths of the folders to search, besides the hub cache and the starter. */
  readonly folders: readonly string[];
}

/** What the models view shows of one checkpoint: from headers only. */
export interface ListedCheckpoint extends CheckpointSummary {
  /** Where it was found: in a folder of the workspace or the settings, in the hub cache, or as the starter. */
  readonly place: 'folder' | 'hub' | 'starter';
  /** What `alidade.rewardModel` and `--model` take for it. */
  readonly reference: string;
}

export interface ListCheckpointsResult {
  readonly checkpoints: readonly ListedCheckpoint[];
  /** The starter model is on this machine. */
  readonly starterPresent: boolean;
}

export interface FetchStarterResult {
  readonly path: string;
  /** It was there already: nothing was fetched. */
  readonly wasPresent: boolean;
}

export interface DownloadModelParams extends LongRequestParams {
  /** `org/name[@revision]`. */
  readonly reference: string;
  /** Only these files of the repository; without them what makes the model. */
  readonly files?: readonly string[];
  /** Goes before the token that the sidecar's environment has. */
  readonly token?: string;
}

export type DownloadModelResult =
  | {
      readonly kind: 'done';
      /** What `alidade.rewardModel` and `--model` take for it. */
      readonly reference: string;
      readonly path: string;
      /** Of all its files. */
      readonly bytes: number;
      readonly fetchedBytes: number;
    }
  /** The hub wants to know who asks: to be asked again with a token. */
  | { readonly kind: 'tokenNeeded'; readonly message: string; readonly hint: string | null }
  /** The repository holds several models: to be asked again with one of these files. */
  | { readonly kind: 'choice'; readonly files: readonly { readonly path: string; readonly bytes: number }[] };

export interface DoctorCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface DoctorResult {
  readonly ok: boolean;
  readonly checks: readonly DoctorCheck[];
}

export interface ProgressParams extends Progress {
  readonly requestToken: string;
}

export interface LogParams {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** First request of the host; the sidecar refuses another version, and so does the host on the answer. */
export const initializeRequest = new RequestType<InitializeParams, InitializeResult, WireErrorData>('initialize');

/** Opens the model when it is not open. */
export const describeModelRequest = new RequestType<DescribeModelParams, RewardModelDescription, WireErrorData>(
  'describeModel',
);

export const scoreRowRequest = new RequestType<RowParams, ScoreRowResult, WireErrorData>('scoreRow');

/** Scores some rows in one batch: far quicker than one by one, and no more exact. */
export const scoreRowsRequest = new RequestType<RowsParams, ScoreRowsResult, WireErrorData>('scoreRows');

/** As `scoreRow`, with the exact templated text and the token counts. */
export const explainRowRequest = new RequestType<RowParams, ExplainedRow, WireErrorData>('explainRow');

/** The scores of responses as their text grows; `usage` for a judge, which scores pairs alone. */
export const growRowRequest = new RequestType<GrowRowParams, GrowRowResult, WireErrorData>('growRow');

/** Scores whole files; rows that are asked for meanwhile go first. Cancelled, it can be resumed. */
export const scoreFileRequest = new RequestType<ScoreFileParams, ScoreFileResult, WireErrorData>('scoreFile');

/** Runs reward tests; each result is told by `rewardTest`. Cancelled, those that were told stay good. */
export const runRewardTestsRequest = new RequestType<RewardTestsParams, null, WireErrorData>('runRewardTests');

/** What the scores of a data set say, also while they are being made. */
export const datasetOverviewRequest = new RequestType<DatasetOverviewParams, DatasetOverviewResult, WireErrorData>(
  'datasetOverview',
);

/** Rows of the data set that was last looked at by `datasetOverview`. */
export const datasetPageRequest = new RequestType<DatasetPageParams, DatasetPage, WireErrorData>('datasetPage');

/** One row as it stands in its source now. */
export const datasetRowRequest = new RequestType<DatasetRowParams, DatasetRowResult, WireErrorData>('datasetRow');

/** Writes the scores once more, in another format or place. */
export const exportScoresRequest = new RequestType<ExportScoresParams, null, WireErrorData>('exportScores');

/** Answers of a language model, each of which is also told by `answer`; cancelled, those that were told stay good. */
export const generateRequest = new RequestType<GenerateParams, GenerateResult, WireErrorData>('generate');

/** What the reward model will weigh in any answer to a prompt. */
export const profilePromptRequest = new RequestType<ProfilePromptParams, PromptProfile, WireErrorData>('profilePrompt');

export const listCheckpointsRequest = new RequestType<ListCheckpointsParams, ListCheckpointsResult, WireErrorData>(
  'listCheckpoints',
);

/** Fetches the starter model over the network; only ever sent because the user asked. */
export const fetchStarterRequest = new RequestType<LongRequestParams, FetchStarterResult, WireErrorData>(
  'fetchStarter',
);

/** Downloads a model of the hub into its cache; only ever sent because the user asked. */
export const downloadModelRequest = new RequestType<DownloadModelParams, DownloadModelResult, WireErrorData>(
  'downloadModel',
);

export const doctorRequest = new RequestType<LongRequestParams, DoctorResult, WireErrorData>('doctor');

/** Releases the models; the sidecar ends after the answer. */
export const shutdownRequest = new RequestType0<null, WireErrorData>('shutdown');

/** Sidecar to host: a step of the request with this token. */
export const progressNotification = new NotificationType<ProgressParams>('progress');

/** Sidecar to host: an answer of the request with this token. */
export const answerNotification = new NotificationType<AnswerParams>('answer');

/** Sidecar to host: which model the run with this token uses. */
export const runModelNotification = new NotificationType<RunModelParams>('runModel');

/** Sidecar to host: a step of the tests with this token. */
export const rewardTestNotification = new NotificationType<RewardTestParams>('rewardTest');

/** Sidecar to host: a line for the log channel. */
export const logNotification = new NotificationType<LogParams>('log');
