import { NotificationType, RequestType } from 'vscode-jsonrpc';
import type { ErrorCode } from '../core/alidadeError';
import type { Progress } from '../core/jobContext';
import type { HeadEvaluation } from '../core/training/evaluation/headEvaluation';
import type { TrainingState } from '../core/training/trainingReport';
import type { HeadDescription } from './sidecarTraining';

/** The wire between the extension and the page of a head: every message that either may send. */

/** What has become of a training or an evaluation. */
export type HeadRunState =
  /** For another one that is under way. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly progress: Progress | null }
  /** The user stopped it; it can be resumed. */
  | { readonly kind: 'stopped' }
  /** The process or the window ended; it can be resumed. */
  | { readonly kind: 'interrupted'; readonly reason: string }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string | null }
  | { readonly kind: 'done'; readonly seconds: number };

export type TrainingAction =
  | 'stop'
  | 'resume'
  | 'repeat'
  | 'openHead'
  | 'useHead'
  | 'evaluateHead'
  | 'exportHead'
  | 'openCard'
  | 'openRecipe'
  | 'openSource'
  | 'showLog';

/** What the page shows: how a head was made, what it is, or how good it is on some rows. */
export type TrainingSubject =
  | {
      readonly kind: 'training';
      readonly run: string;
      /** Path of the recipe in the workspace. */
      readonly recipe: string;
      readonly state: HeadRunState;
      /** null: nothing has been found yet. */
      readonly training: TrainingState | null;
    }
  | {
      readonly kind: 'evaluation';
      readonly run: string;
      /** Paths of the data files in the workspace. */
      readonly inputs: readonly string[];
      readonly state: HeadRunState;
      readonly evaluation: HeadEvaluation | null;
    }
  | { readonly kind: 'head' };

export interface TrainingView {
  readonly subject: TrainingSubject;
  /** Absolute path of the head file. */
  readonly path: string;
  /** The same in the workspace, or its name. */
  readonly file: string;
  /** The head as it is on the disk; null: it is not there (yet), or not read yet. */
  readonly head: HeadDescription | null;
  /** It is the one that scores rows now. */
  readonly isInUse: boolean;
  /** Why the head file or its run cannot be read. */
  readonly problem: { readonly message: string; readonly hint: string | null } | null;
  /** What makes sense now, the most likely first. */
  readonly actions: readonly TrainingAction[];
}

/** To the page: draw this. */
export const showTraining = new NotificationType<TrainingView>('training/show');

/** To the host, once the page can draw; the reply is the first view. Notifications sent before it are lost. */
export const trainingReady = new RequestType<null, TrainingView, void>('training/ready');

export const actOnTraining = new RequestType<{ readonly action: TrainingAction }, null, void>('training/act');

export const copyTrainingText = new RequestType<{ readonly text: string }, null, void>('training/copyText');
