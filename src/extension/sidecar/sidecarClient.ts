import type { TensorFile } from '../../core/checkpoint/tensorFile';
import type { TensorStatistics } from '../../core/checkpoint/tensorStatistics';
import type { Progress } from '../../core/jobContext';
import type { GeneratedAnswer } from '../../core/generation/generatedAnswer';
import type { MergeResult } from '../../core/merging/mergeResult';
import type { LayerDifference, WeightComparison } from '../../core/merging/weightDifference';
import type { PromptProfile } from '../../core/reward/promptProfile';
import type { ExplainedRow } from '../../core/reward/explainedRow';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import type { DatasetPage } from '../../core/dataset/datasetPage';
import type {
  DatasetOverviewParams,
  DatasetOverviewResult,
  DatasetPageParams,
  DatasetRowParams,
  DatasetRowResult,
  DoctorResult,
  DownloadModelParams,
  DownloadModelResult,
  ExportScoresParams,
  FetchStarterResult,
  GenerateParams,
  GenerateResult,
  ListCheckpointsResult,
  ModelSelection,
  ProfilePromptParams,
  ProgressParams,
  RewardTestParams,
  RewardTestsParams,
  GrowRowParams,
  GrowRowResult,
  RowParams,
  RowsParams,
  RunModelParams,
  ScoreFileParams,
  ScoreFileResult,
  ScoreRowResult,
  ScoreRowsResult,
} from '../../protocol/sidecar';
import {
  datasetOverviewRequest,
  datasetPageRequest,
  datasetRowRequest,
  describeModelRequest,
  doctorRequest,
  downloadModelRequest,
  explainRowRequest,
  growRowRequest,
  exportScoresRequest,
  fetchStarterRequest,
  generateRequest,
  listCheckpointsRequest,
  profilePromptRequest,
  runRewardTestsRequest,
  scoreFileRequest,
  scoreRowRequest,
  scoreRowsRequest,
} from '../../protocol/sidecar';
import type {
  CompareWeightsParams,
  LayerDifferenceParams,
  MeasureTensorParams,
} from '../../protocol/sidecarCheckpoint';
import type {
  DistilMergeParams,
  DistilMergeResult,
  GenerateMergedParams,
  GenerateMergedResult,
  MeasureMergeParams,
  MeasureMergeResult,
  ReadMergeSourcesParams,
  ReadMergeSourcesResult,
  RunMergeParams,
} from '../../protocol/sidecarMerge';
import {
  closeMergeRequest,
  distilMergeRequest,
  generateMergedRequest,
  measureMergeRequest,
  readMergeSourcesRequest,
  runMergeRequest,
} from '../../protocol/sidecarMerge';
import type {
  EvaluateHeadParams,
  EvaluateHeadResult,
  ExportHeadParams,
  ExportHeadResult,
  HeadDescription,
  ListHeadsResult,
  ReadDataFieldsParams,
  ReadDataFieldsResult,
  SaveHeadParams,
  TrainHeadParams,
  TrainHeadResult,
} from '../../protocol/sidecarTraining';
import {
  evaluateHeadRequest,
  exportHeadRequest,
  listHeadsRequest,
  readDataFieldsRequest,
  readHeadRequest,
  saveHeadRequest,
  trainHeadRequest,
} from '../../protocol/sidecarTraining';
import { compareWeightsRequest, measureTensorRequest, readTensorFileRequest } from '../../protocol/sidecarCheckpoint';
import type { TrainingState } from '../../core/training/trainingReport';
import type { SidecarState, SidecarSupervisorParams } from './sidecarSupervisor';
import { SidecarSupervisor } from './sidecarSupervisor';

/** How a caller follows and stops its request. */
export interface CallContext {
  readonly signal: AbortSignal;
  readonly progress?: (progress: Progress) => void;
}

/** As `CallContext`, for a run over a file. */
export interface RunContext extends CallContext {
  /** Told once which model is in use. */
  readonly onModel?: (model: RewardModelDescription) => void;
}

/** As `CallContext`, for answers. */
export interface AnswerContext extends CallContext {
  /** Told each answer as it is complete, with its place. */
  readonly onAnswer?: (answer: GeneratedAnswer, index: number) => void;
}

/** As `CallContext`, for tests. */
export interface TestContext extends CallContext {
  /** Told when a test begins, and its result. */
  readonly onTest: (step: RewardTestParams) => void;
}

/** As `CallContext`, for a comparison of weights. */
export interface ComparisonContext extends CallContext {
  /** Told each layer as it is done. */
  readonly onLayer?: (layer: LayerDifference) => void;
}

/** As `CallContext`, for a training. */
export interface TrainingContext extends CallContext {
  /** Told what it has found so far. */
  readonly onState: (state: TrainingState) => void;
}

export type RowRequest = Omit<RowParams, 'requestToken'>;
export type RowsRequest = Omit<RowsParams, 'requestToken'>;

/** One method per request of the protocol. Starts the process at the first one. */
export class SidecarClient {
  readonly #supervisor: SidecarSupervisor;
  readonly #listeners = new Map<string, (progress: Progress) => void>();
  readonly #modelListeners = new Map<string, (model: RewardModelDescription) => void>();
  readonly #answerListeners = new Map<string, NonNullable<AnswerContext['onAnswer']>>();
  readonly #testListeners = new Map<string, TestContext['onTest']>();
  readonly #layerListeners = new Map<string, (layer: LayerDifference) => void>();
  readonly #trainingListeners = new Map<string, TrainingContext['onState']>();
  #lastToken = 0;

  constructor(
    params: Omit<
      SidecarSupervisorParams,
      'onProgress' | 'onRunModel' | 'onAnswer' | 'onRewardTest' | 'onLayerDifference' | 'onTrainingState'
    >,
  ) {
    this.#supervisor = new SidecarSupervisor({
      ...params,
      onProgress: (progress) => this.#onProgress(progress),
      onRunModel: (params) => this.#onRunModel(params),
      onAnswer: ({ requestToken, index, answer }) => this.#answerListeners.get(requestToken)?.(answer, index),
      onLayerDifference: ({ requestToken, layer }: LayerDifferenceParams) =>
        this.#layerListeners.get(requestToken)?.(layer),
      onTrainingState: ({ requestToken, state }) => this.#trainingListeners.get(requestToken)?.(state),
      onRewardTest: (step) => this.#testListeners.get(step.requestToken)?.(step),
    });
  }

  get state(): SidecarState {
    return this.#supervisor.state;
  }

  describeModel(model: ModelSelection, context: CallContext): Promise<RewardModelDescription> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(describeModelRequest, { model, requestToken }, context.signal),
    );
  }

  scoreRow(params: RowRequest, context: CallContext): Promise<ScoreRowResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(scoreRowRequest, { ...params, requestToken }, context.signal),
    );
  }

  /** One batch of at most `mostRowsAtOnce` rows. */
  scoreRows(params: RowsRequest, context: CallContext): Promise<ScoreRowsResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(scoreRowsRequest, { ...params, requestToken }, context.signal),
    );
  }

  explainRow(params: RowRequest, context: CallContext): Promise<ExplainedRow> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(explainRowRequest, { ...params, requestToken }, context.signal),
    );
  }

  /** The scores of responses as their text grows. */
  growRow(params: Omit<GrowRowParams, 'requestToken'>, context: CallContext): Promise<GrowRowResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(growRowRequest, { ...params, requestToken }, context.signal),
    );
  }

  /** Takes as long as the file is long. @throws ProcessEndedError when it can be asked for again, with `resume`. */
  scoreFile(params: Omit<ScoreFileParams, 'requestToken'>, context: RunContext): Promise<ScoreFileResult> {
    return this.#call(context, async (requestToken) => {
      if (context.onModel !== undefined) this.#modelListeners.set(requestToken, context.onModel);
      try {
        return await this.#supervisor.request(scoreFileRequest, { ...params, requestToken }, context.signal);
      } finally {
        this.#modelListeners.delete(requestToken);
      }
    });
  }

  /** @param context `onAnswer` is told each answer as it is complete. */
  generate(params: Omit<GenerateParams, 'requestToken'>, context: AnswerContext): Promise<GenerateResult> {
    return this.#callForAnswers(context, (requestToken) =>
      this.#supervisor.request(generateRequest, { ...params, requestToken }, context.signal),
    );
  }

  /** @throws AlidadeError `unsupported` for a judge, which weighs nothing in a prompt. */
  profilePrompt(params: Omit<ProfilePromptParams, 'requestToken'>, context: CallContext): Promise<PromptProfile> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(profilePromptRequest, { ...params, requestToken }, context.signal),
    );
  }

  /** Tests of one file; what is wrong with one of them is its result. @throws AlidadeError `cancelled`, `internal`. */
  async runRewardTests(params: Omit<RewardTestsParams, 'requestToken'>, context: TestContext): Promise<void> {
    await this.#call(context, async (requestToken) => {
      this.#testListeners.set(requestToken, context.onTest);
      try {
        return await this.#supervisor.request(runRewardTestsRequest, { ...params, requestToken }, context.signal);
      } finally {
        this.#testListeners.delete(requestToken);
      }
    });
  }

  datasetOverview(
    params: Omit<DatasetOverviewParams, 'requestToken'>,
    context: CallContext,
  ): Promise<DatasetOverviewResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(datasetOverviewRequest, { ...params, requestToken }, context.signal),
    );
  }

  datasetPage(params: Omit<DatasetPageParams, 'requestToken'>, context: CallContext): Promise<DatasetPage> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(datasetPageRequest, { ...params, requestToken }, context.signal),
    );
  }

  datasetRow(params: Omit<DatasetRowParams, 'requestToken'>, context: CallContext): Promise<DatasetRowResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(datasetRowRequest, { ...params, requestToken }, context.signal),
    );
  }

  async exportScores(params: Omit<ExportScoresParams, 'requestToken'>, context: CallContext): Promise<void> {
    await this.#call(context, (requestToken) =>
      this.#supervisor.request(exportScoresRequest, { ...params, requestToken }, context.signal),
    );
  }

  /** What a plan needs of the models of a recipe: one answer a model, its error where it cannot be read. */
  readMergeSources(
    params: Omit<ReadMergeSourcesParams, 'requestToken'>,
    context: CallContext,
  ): Promise<ReadMergeSourcesResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(readMergeSourcesRequest, { ...params, requestToken }, context.signal),
    );
  }

  /** Writes a merge; the folder appears when it is complete. */
  runMerge(params: Omit<RunMergeParams, 'requestToken'>, context: CallContext): Promise<MergeResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(runMergeRequest, { ...params, requestToken }, context.signal),
    );
  }

  /** Reward and perplexity of a merge that is not written; answers to prompts are told as they come. */
  measureMerge(params: Omit<MeasureMergeParams, 'requestToken'>, context: AnswerContext): Promise<MeasureMergeResult> {
    return this.#callForAnswers(context, (requestToken) =>
      this.#supervisor.request(measureMergeRequest, { ...params, requestToken }, context.signal),
    );
  }

  generateMerged(
    params: Omit<GenerateMergedParams, 'requestToken'>,
    context: AnswerContext,
  ): Promise<GenerateMergedResult> {
    return this.#callForAnswers(context, (requestToken) =>
      this.#supervisor.request(generateMergedRequest, { ...params, requestToken }, context.signal),
    );
  }

  /** HMA's proxy distillation: ratios for the blocks of a recipe. */
  distilMerge(params: Omit<DistilMergeParams, 'requestToken'>, context: CallContext): Promise<DistilMergeResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(distilMergeRequest, { ...params, requestToken }, context.signal),
    );
  }

  /** Frees the memory of the merge that was measured last. */
  async closeMerge(context: CallContext): Promise<void> {
    await this.#call(context, (requestToken) =>
      this.#supervisor.request(closeMergeRequest, { requestToken }, context.signal),
    );
  }

  listCheckpoints(folders: readonly string[], context: CallContext): Promise<ListCheckpointsResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(listCheckpointsRequest, { folders, requestToken }, context.signal),
    );
  }

  fetchStarter(context: CallContext): Promise<FetchStarterResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(fetchStarterRequest, { requestToken }, context.signal),
    );
  }

  downloadModel(params: Omit<DownloadModelParams, 'requestToken'>, context: CallContext): Promise<DownloadModelResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(downloadModelRequest, { ...params, requestToken }, context.signal),
    );
  }

  doctor(context: CallContext): Promise<DoctorResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(doctorRequest, { requestToken }, context.signal),
    );
  }

  /** Headers of a weight file, an index of them or a folder. @throws AlidadeError `format` with the place of what is wrong. */
  readTensorFile(path: string, context: CallContext): Promise<TensorFile> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(readTensorFileRequest, { path, requestToken }, context.signal),
    );
  }

  measureTensor(params: Omit<MeasureTensorParams, 'requestToken'>, context: CallContext): Promise<TensorStatistics> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(measureTensorRequest, { ...params, requestToken }, context.signal),
    );
  }

  /** Takes as long as reading both models. @param context `onLayer` is told each layer as it is done. */
  compareWeights(
    params: Omit<CompareWeightsParams, 'requestToken'>,
    context: ComparisonContext,
  ): Promise<WeightComparison> {
    return this.#call(context, async (requestToken) => {
      if (context.onLayer !== undefined) this.#layerListeners.set(requestToken, context.onLayer);
      try {
        return await this.#supervisor.request(compareWeightsRequest, { ...params, requestToken }, context.signal);
      } finally {
        this.#layerListeners.delete(requestToken);
      }
    });
  }

  /** Trains a head; its file appears when it is complete. @throws ProcessEndedError when it can be resumed. */
  trainHead(params: Omit<TrainHeadParams, 'requestToken'>, context: TrainingContext): Promise<TrainHeadResult> {
    return this.#call(context, async (requestToken) => {
      this.#trainingListeners.set(requestToken, context.onState);
      try {
        return await this.#supervisor.request(trainHeadRequest, { ...params, requestToken }, context.signal);
      } finally {
        this.#trainingListeners.delete(requestToken);
      }
    });
  }

  /** How good a head is on labelled rows. */
  evaluateHead(params: Omit<EvaluateHeadParams, 'requestToken'>, context: CallContext): Promise<EvaluateHeadResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(evaluateHeadRequest, { ...params, requestToken }, context.signal),
    );
  }

  exportHead(params: Omit<ExportHeadParams, 'requestToken'>, context: CallContext): Promise<ExportHeadResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(exportHeadRequest, { ...params, requestToken }, context.signal),
    );
  }

  /** Writes the head of a model that is in use with other weights. */
  async saveHead(params: Omit<SaveHeadParams, 'requestToken'>, context: CallContext): Promise<void> {
    await this.#call(context, (requestToken) =>
      this.#supervisor.request(saveHeadRequest, { ...params, requestToken }, context.signal),
    );
  }

  readHead(path: string, context: CallContext): Promise<HeadDescription> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(readHeadRequest, { path, requestToken }, context.signal),
    );
  }

  /** Head files in folders. */
  listHeads(folders: readonly string[], context: CallContext): Promise<ListHeadsResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(listHeadsRequest, { folders, requestToken }, context.signal),
    );
  }

  /** Which fields the rows of data files have. */
  readDataFields(
    params: Omit<ReadDataFieldsParams, 'requestToken'>,
    context: CallContext,
  ): Promise<ReadDataFieldsResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(readDataFieldsRequest, { ...params, requestToken }, context.signal),
    );
  }

  restart(): Promise<void> {
    return this.#supervisor.restart();
  }

  stop(): Promise<void> {
    return this.#supervisor.stop();
  }

  dispose(): void {
    this.#supervisor.dispose();
  }

  async #call<Result>(context: CallContext, send: (requestToken: string) => Promise<Result>): Promise<Result> {
    this.#lastToken += 1;
    const requestToken = String(this.#lastToken);
    if (context.progress !== undefined) this.#listeners.set(requestToken, context.progress);
    try {
      return await send(requestToken);
    } finally {
      this.#listeners.delete(requestToken);
    }
  }

  #callForAnswers<Result>(context: AnswerContext, send: (requestToken: string) => Promise<Result>): Promise<Result> {
    return this.#call(context, async (requestToken) => {
      if (context.onAnswer !== undefined) this.#answerListeners.set(requestToken, context.onAnswer);
      try {
        return await send(requestToken);
      } finally {
        this.#answerListeners.delete(requestToken);
      }
    });
  }

  #onRunModel({ requestToken, model }: RunModelParams): void {
    this.#modelListeners.get(requestToken)?.(model);
  }

  #onProgress({ requestToken, ...progress }: ProgressParams): void {
    this.#listeners.get(requestToken)?.(progress);
  }
}
