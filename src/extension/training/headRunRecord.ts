import type { HeadEvaluation } from '../../core/training/evaluation/headEvaluation';
import type { TrainingState } from '../../core/training/trainingReport';
import type { BodySettings } from '../../protocol/sidecarTraining';
import type { HeadRunState } from '../../protocol/trainingView';
import { isUnderWay } from '../run/unfinishedState';

/** A head that is trained: what the recipe said when the run began is what it goes on with. */
export interface TrainingJob {
  readonly kind: 'training';
  /** Absolute path of the recipe. */
  readonly recipe: string;
  readonly text: string;
  /** Absolute; data and models are looked for in them. */
  readonly folders: readonly string[];
  /** The head file that was there is replaced at the end. */
  readonly force: boolean;
  /** It goes on with what an earlier attempt has left. */
  readonly resume: boolean;
  /** What it has found so far. */
  readonly training: TrainingState | null;
}

/** A head that is looked at on labelled rows. */
export interface EvaluationJob {
  readonly kind: 'evaluation';
  /** Absolute paths of data files. */
  readonly inputs: readonly string[];
  /** Reference of the body, where the head file does not name the one that is meant. */
  readonly model: string | null;
  readonly evaluation: HeadEvaluation | null;
}

/** A training or an evaluation that was begun in this workspace, as it is kept. */
export interface HeadRunRecord {
  /** Names its file too. */
  readonly id: string;
  /** Absolute path of the head file. */
  readonly head: string;
  /** The settings when it was begun. */
  readonly settings: BodySettings;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly job: TrainingJob | EvaluationJob;
  readonly state: HeadRunState;
}

const recordVersion = 1;

export function writeHeadRunRecord(record: HeadRunRecord): string {
  return `${JSON.stringify({ version: recordVersion, ...record })}\n`;
}

/** What was under way when it was written is not any more. @returns null for what is no record. */
export function readHeadRunRecord(text: string, interruption: string): HeadRunRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  const { version: _version, ...record } = value;
  return isUnderWay(record) ? { ...record, state: { kind: 'interrupted', reason: interruption } } : record;
}

function isRecord(value: unknown): value is HeadRunRecord & { readonly version: number } {
  if (!isObject(value)) return false;
  const { version, id, head, settings, created, job, state } = value;
  return (
    version === recordVersion &&
    typeof id === 'string' &&
    typeof head === 'string' &&
    typeof created === 'number' &&
    isObject(settings) &&
    isJob(job) &&
    isObject(state) &&
    'kind' in state
  );
}

function isJob(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { kind, recipe, text, folders, inputs } = value;
  if (kind === 'training') return typeof recipe === 'string' && typeof text === 'string' && Array.isArray(folders);
  return kind === 'evaluation' && Array.isArray(inputs);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
