import { NotificationType, RequestType } from 'vscode-jsonrpc';
import type { DataFields } from '../core/training/data/dataFields';
import type { DeviceChoice, DtypeChoice } from '../core/device';
import type { GateAdjustment } from '../core/reward/gateAdjustment';
import type { HeadFileMetadata } from '../core/reward/headFile';
import type { HeadEvaluation } from '../core/training/evaluation/headEvaluation';
import type { GroupingRecipe } from '../core/training/recipe/headRecipe';
import type { TrainingReport, TrainingState } from '../core/training/trainingReport';
import type { LongRequestParams, WireErrorData } from './sidecar';

/** Messages that concern heads: training, evaluating, exporting, and what a recipe may say of its data. See `sidecar.ts`. */

/** How bodies are run. */
export interface BodySettings {
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  readonly threads?: number;
}

export interface TrainHeadParams extends LongRequestParams, BodySettings {
  /** The recipe as it was in the editor when the run began. */
  readonly text: string;
  /** Absolute; relative data files and models are taken from each in turn, the recipe's folder first. */
  readonly folders: readonly string[];
  /** Absolute path of the head file; it appears when it is complete, its card (`.md`) beside it. */
  readonly output: string;
  /** Go on where an interrupted run into the same file stopped. */
  readonly resume: boolean;
  /** A head file that is there is replaced at the end. */
  readonly force: boolean;
}

export interface TrainHeadResult {
  readonly report: TrainingReport;
}

/** Trains a head; what it has found so far is told by `trainingState`. Cancelled, it can be resumed. */
export const trainHeadRequest = new RequestType<TrainHeadParams, TrainHeadResult, WireErrorData>('trainHead');

export interface TrainingStateParams {
  readonly requestToken: string;
  readonly state: TrainingState;
}

/** Sidecar to host: what the training with this token has found so far. */
export const trainingStateNotification = new NotificationType<TrainingStateParams>('trainingState');

export interface EvaluateHeadParams extends LongRequestParams, BodySettings {
  /** Absolute path of a head file or of a whole reward model. */
  readonly head: string;
  /** Reference of the body; without it, what the head file names. */
  readonly model?: string;
  /** Absolute paths of data files with labels. */
  readonly inputs: readonly string[];
  /** Where an objective's label is, by its name: a field (dotted path). Without it: the field of its name. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Error rates by group. */
  readonly groups?: GroupingRecipe;
  /** Chance above which a yes/no objective says yes. */
  readonly threshold?: number;
}

export interface EvaluateHeadResult {
  readonly evaluation: HeadEvaluation;
}

/** How good a head is on labelled rows, and what length and words alone would be. */
export const evaluateHeadRequest = new RequestType<EvaluateHeadParams, EvaluateHeadResult, WireErrorData>(
  'evaluateHead',
);

export type HeadExportFormat = 'armorm' | 'lmflow' | 'trl';

export interface ExportHeadParams extends LongRequestParams, BodySettings {
  /** Absolute path of a head file. */
  readonly head: string;
  readonly format: HeadExportFormat;
  /** Absolute path of the folder that is made; it appears when it is complete. */
  readonly output: string;
  /** Reference of the body; without it, what the head file names. */
  readonly model?: string;
  /** `armorm`: the body's weights are copied, not linked. */
  readonly copy: boolean;
  /** `lmflow`, `trl`: absolute paths of data files whose rows are scored. */
  readonly rows: readonly string[];
  /** `lmflow`, `trl`: least confidence of a pseudo-label. */
  readonly threshold?: number;
}

export interface ExportHeadResult {
  /** What was written and how, a line each. */
  readonly notes: readonly string[];
  /** What is not as it was in the head, the body or the rows. */
  readonly warnings: readonly string[];
}

/** Writes a head as a checkpoint, or what it says of rows as files for other tools. */
export const exportHeadRequest = new RequestType<ExportHeadParams, ExportHeadResult, WireErrorData>('exportHead');

export interface SaveHeadParams extends LongRequestParams {
  /** The model whose head it is: its reference, or a head file on it. */
  readonly reference: string;
  readonly headPath?: string;
  readonly cwd?: string;
  /** `RewardModelDescription.hash` of the model that was shown. */
  readonly modelHash: string;
  /** Coefficients by objective; of a head without a gate all of them. */
  readonly coefficients: Readonly<Record<string, number>>;
  /** Of a head with a gate. */
  readonly adjustment: GateAdjustment;
  /** Absolute path of the head file, which is replaced at once if it is there. */
  readonly output: string;
}

/** Writes a model's head with other weights as a head file. */
export const saveHeadRequest = new RequestType<SaveHeadParams, null, WireErrorData>('saveHead');

export interface ReadHeadParams extends LongRequestParams {
  /** Absolute path of a head file. */
  readonly path: string;
}

/** A head file without its weights. */
export interface HeadDescription {
  readonly path: string;
  readonly bytes: number;
  readonly metadata: HeadFileMetadata;
  /** Inputs and outputs of the gate's layers; null: it has none. */
  readonly gateShape: readonly number[] | null;
  /** Markdown of the model card beside it; null: there is none. */
  readonly card: string | null;
}

/** What a head file says of itself. */
export const readHeadRequest = new RequestType<ReadHeadParams, HeadDescription, WireErrorData>('readHead');

export interface ListHeadsParams extends LongRequestParams {
  /** Absolute paths of the folders to search. */
  readonly folders: readonly string[];
}

/** A head file as the Models view lists it: from its header only. */
export interface ListedHead {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly objectives: readonly string[];
  readonly isGated: boolean;
  readonly body: HeadFileMetadata['body'];
}

export interface ListHeadsResult {
  readonly heads: readonly ListedHead[];
}

export const listHeadsRequest = new RequestType<ListHeadsParams, ListHeadsResult, WireErrorData>('listHeads');

export interface ReadDataFieldsParams extends LongRequestParams {
  /** Absolute paths of data files. */
  readonly files: readonly string[];
  /** Rows of each file that are looked at, from its beginning. */
  readonly rows: number;
  /** Dotted paths: how many rows have anything there is told too, lists and longer texts included. */
  readonly paths?: readonly string[];
}

export interface ReadDataFieldsResult {
  /** One a file, in their order. */
  readonly files: readonly DataFields[];
}

/** Which fields rows have: for recipes that name them. */
export const readDataFieldsRequest = new RequestType<ReadDataFieldsParams, ReadDataFieldsResult, WireErrorData>(
  'readDataFields',
);
