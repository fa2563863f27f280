import type { DeviceChoice, DtypeChoice } from '../core/device';
import type { JobContext } from '../core/jobContext';
import type { ScorableRow } from '../core/promptFile/scorableRow';
import type { ExplainedRow } from '../core/reward/explainedRow';
import type { RewardModelDescription } from '../core/reward/rewardModelDescription';
import type {
  DoctorResult,
  DownloadModelParams,
  DownloadModelResult,
  FetchStarterResult,
  ListCheckpointsResult,
} from '../protocol/sidecar';

export interface OpenModelParams {
  readonly reference: string;
  readonly headPath?: string;
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
  release(): Promise<void>;
}

/** The part of the engine that the sidecar offers on its wire. */
export interface EngineFunctions {
  openRewardModel(params: OpenModelParams, context: JobContext): Promise<OpenRewardModel>;
  listCheckpoints(folders: readonly string[], context: JobContext): Promise<ListCheckpointsResult>;
  fetchStarter(context: JobContext): Promise<FetchStarterResult>;
  downloadModel(params: Omit<DownloadModelParams, 'requestToken'>, context: JobContext): Promise<DownloadModelResult>;
  doctor(context: JobContext): Promise<DoctorResult>;
}
