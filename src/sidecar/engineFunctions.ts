import type { TensorEntry } from '../core/checkpoint/tensorEntry';
import type { TensorFile } from '../core/checkpoint/tensorFile';
import type { TensorStatistics } from '../core/checkpoint/tensorStatistics';
import type { DeviceChoice, DtypeChoice } from '../core/device';
import type { JobContext } from '../core/jobContext';
import type { WeightComparison } from '../core/merging/weightDifference';
import type { GeneratedAnswer } from '../core/generation/generatedAnswer';
import type { Message } from '../core/promptFile/message';
import type { DataRow } from '../core/promptFile/parseDataFile';
import type { ScorableRow } from '../core/promptFile/scorableRow';
import type { ExplainedRow } from '../core/reward/explainedRow';
import type { PromptProfile } from '../core/reward/promptProfile';
import type { ScoreGrowth } from '../core/reward/scoreGrowth';
import type { ScoredRow } from '../core/reward/rewardBreakdown';
import type { RewardModelDescription } from '../core/reward/rewardModelDescription';
import type { ScoreSummary } from '../core/reward/scoreSummary';
import type { CompareWeightsParams } from '../engine/merging/compareWeights';
import type { MergeResult } from '../core/merging/mergeResult';
import type { MergeSourceReading } from '../core/merging/plan/mergeSource';
import type { RatioLikelihood } from '../core/merging/search/searchJournal';
import type { DistilRecipeParams } from '../engine/merging/distilRecipe';
import type { MergeScorer } from '../engine/merging/mergeScorer';
import type { ReadMergeSourcesParams } from '../engine/merging/readMergeSources';
import type { RunRecipeParams } from '../engine/merging/runRecipe';
import type { RunRewardTestsParams } from '../engine/rewardTest/runRewardTests';
import type {
  DoctorResult,
  DownloadModelParams,
  DownloadModelResult,
  FetchStarterResult,
  GenerateParams,
  LanguageModelDescription,
  ListCheckpointsResult,
} from '../protocol/sidecar';
import type { HeadEvaluation } from '../core/training/evaluation/headEvaluation';
import type { TrainingReport, TrainingState } from '../core/training/trainingReport';
import type { DataFields } from '../core/training/data/dataFields';
import type {
  EvaluateHeadParams,
  ExportHeadParams,
  ExportHeadResult,
  HeadDescription,
  ListedHead,
  ReadDataFieldsParams,
  SaveHeadParams,
  TrainHeadParams,
} from '../protocol/sidecarTraining';

export interface OpenModelParams {
  readonly reference: string;
  readonly headPath?: string;
  readonly judge?: boolean;
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  readonly threads?: number;
  readonly cwd?: string;
}

export interface RowOptions {
  readonly maxTokens?: number;
  readonly truncate?: boolean;
  readonly weights?: Record<string, number>;
}

/** What the sidecar needs of an open model. */
export interface OpenRewardModel {
  readonly description: RewardModelDescription;
  explainRow(row: ScorableRow, options: RowOptions, context: JobContext): Promise<ExplainedRow>;
  /** One result a row, in their order; a bad row gives its error. */
  scoreBatch(rows: readonly ScorableRow[], options: RowOptions, context: JobContext): Promise<readonly ScoredRow[]>;
  /** What will be weighed in any answer to a prompt; a judge does not have it. */
  profilePrompt?(
    messages: readonly Message[],
    options: Pick<RowOptions, 'maxTokens' | 'truncate'>,
    context: JobContext,
  ): Promise<PromptProfile>;
  /** The scores of some responses as their text grows; a judge does not have it. */
  growRow?(
    row: ScorableRow,
    options: RowOptions & { readonly responses: readonly number[] },
    context: JobContext,
  ): Promise<readonly (ScoreGrowth | null)[]>;
  /** Drops what is kept from earlier rows: the next scores do not depend on them. */
  forget?(): void;
  release(): Promise<void>;
}

export interface AnswerOptions extends Pick<
  GenerateParams,
  'messages' | 'count' | 'temperature' | 'maxNewTokens' | 'seed'
> {
  readonly onAnswer: (answer: GeneratedAnswer, index: number) => void;
  /** Awaited before each token. */
  readonly beforeToken: () => Promise<void>;
}

/** What the sidecar needs of an open language model. */
export interface OpenLanguageModel {
  readonly description: LanguageModelDescription;
  answer(options: AnswerOptions, context: JobContext): Promise<readonly GeneratedAnswer[]>;
  release(): Promise<void>;
}

export interface ScoreDatasetParams {
  readonly model: OpenRewardModel;
  readonly inputs: readonly string[];
  readonly output: { readonly path: string; readonly format: 'jsonl' | 'csv' | 'parquet' };
  readonly resume: boolean;
  readonly options: RowOptions;
  readonly summaryPath?: string;
}

export interface ExportParams {
  /** Scores as JSON lines. */
  readonly from: string;
  readonly output: { readonly path: string; readonly format: 'jsonl' | 'csv' | 'parquet' };
}

/** The part of the engine that the sidecar offers on its wire. */
export interface EngineFunctions {
  openRewardModel(params: OpenModelParams, context: JobContext): Promise<OpenRewardModel>;
  openLanguageModel(params: OpenModelParams, context: JobContext): Promise<OpenLanguageModel>;
  listCheckpoints(folders: readonly string[], context: JobContext): Promise<ListCheckpointsResult>;
  fetchStarter(context: JobContext): Promise<FetchStarterResult>;
  downloadModel(params: Omit<DownloadModelParams, 'requestToken'>, context: JobContext): Promise<DownloadModelResult>;
  doctor(context: JobContext): Promise<DoctorResult>;
  /** Told to `onResult`: what is wrong with a test, or with its model, is its result. */
  runRewardTests(params: RunRewardTestsParams, context: JobContext): Promise<void>;
  scoreDataset(params: ScoreDatasetParams, context: JobContext): Promise<ScoreSummary>;
  /** The rows of data files in the order in which `scoreDataset` scores them. */
  readRows(inputs: readonly string[], context: JobContext): AsyncIterable<DataRow>;
  /** Files in which the scores of a run may be found: while it goes on, and after. */
  outputPaths(path: string): readonly string[];
  exportScores(params: ExportParams, context: JobContext): Promise<void>;
  /** Measures merges without writing them; holds one of them in memory. */
  createMergeScorer(): Pick<MergeScorer, 'measure' | 'generate' | 'logLikelihood' | 'readPrompts' | 'close'>;
  distilRecipe(
    merges: Pick<MergeScorer, 'generate' | 'logLikelihood' | 'readPrompts'>,
    params: DistilRecipeParams,
    context: JobContext,
  ): Promise<RatioLikelihood>;
  readMergeSources(params: ReadMergeSourcesParams, context: JobContext): Promise<readonly MergeSourceReading[]>;
  runRecipe(params: RunRecipeParams, context: JobContext): Promise<MergeResult>;
  /** Headers of a weight file, an index or a folder, whatever the architecture. */
  readTensorFile(path: string, context: JobContext): Promise<TensorFile>;
  measureTensor(entry: TensorEntry, context: JobContext): Promise<TensorStatistics>;
  compareWeights(params: CompareWeightsParams, context: JobContext): Promise<WeightComparison>;
  trainHead(params: TrainRecipeParams, context: JobContext): Promise<TrainingReport>;
  evaluateHead(params: Omit<EvaluateHeadParams, 'requestToken'>, context: JobContext): Promise<HeadEvaluation>;
  exportHead(params: Omit<ExportHeadParams, 'requestToken'>, context: JobContext): Promise<ExportHeadResult>;
  saveHead(params: Omit<SaveHeadParams, 'requestToken'>, context: JobContext): Promise<void>;
  readHead(path: string): Promise<HeadDescription>;
  listHeads(folders: readonly string[], context: JobContext): Promise<readonly ListedHead[]>;
  readDataFields(
    params: Omit<ReadDataFieldsParams, 'requestToken'>,
    context: JobContext,
  ): Promise<readonly DataFields[]>;
}

export interface TrainRecipeParams extends Omit<TrainHeadParams, 'requestToken'> {
  /** Told what it has found so far. */
  readonly onState: (state: TrainingState) => void;
}
