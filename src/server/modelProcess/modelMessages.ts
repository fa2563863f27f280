import type { ErrorCode } from '../../core/alidadeError';
import type { DeviceChoice, DtypeChoice } from '../../core/device';
import type { Progress } from '../../core/jobContext';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { ScoredRow } from '../../core/reward/rewardBreakdown';
import type { GenerationEvent, GenerationRequest, RewardOptions, ServedModel } from '../modelService';

/** The first argument with which the command line becomes the process that runs the model. */
export const modelProcessArgument = '--model-process';

/** Which model, and where and how it runs. */
export interface ModelChoice {
  readonly reference: string;
  readonly headPath?: string | undefined;
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  readonly threads?: number | undefined;
  /** It judges pairs. */
  readonly judge?: boolean | undefined;
  /** false: the chat template instead of a prompt of the model's own. */
  readonly applyTemplate?: boolean | undefined;
}

export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

/** From the server to the process that runs the model. `open` comes once, first; a job's number is never used again. */
export type ToModel =
  | { readonly kind: 'open'; readonly choice: ModelChoice }
  | {
      readonly kind: 'score';
      readonly job: number;
      readonly rows: readonly ScorableRow[];
      readonly options: RewardOptions;
    }
  | { readonly kind: 'generate'; readonly job: number; readonly request: GenerationRequest }
  | { readonly kind: 'cancel'; readonly job: number };

/** From the process that runs the model. Each job gets one of `scored`, `generated` and `failed`. */
export type FromModel =
  | { readonly kind: 'opened'; readonly model: ServedModel }
  | { readonly kind: 'notOpened'; readonly error: WireError }
  | { readonly kind: 'scored'; readonly job: number; readonly rows: readonly ScoredRow[] }
  | { readonly kind: 'event'; readonly job: number; readonly event: GenerationEvent }
  | { readonly kind: 'generated'; readonly job: number }
  | { readonly kind: 'failed'; readonly job: number; readonly error: WireError }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string };
