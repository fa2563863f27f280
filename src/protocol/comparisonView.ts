import { NotificationType, RequestType } from 'vscode-jsonrpc';
import type { ErrorCode } from '../core/alidadeError';
import type { RecordedGeneration, RecordedVersion } from '../core/comparison/comparisonRecord';
import type { ProfileDifference } from '../core/comparison/profileDifference';
import type { VersionComparison } from '../core/comparison/versionComparison';
import type { Progress } from '../core/jobContext';
import type { RewardModelDescription } from '../core/reward/rewardModelDescription';

/** The wire between the extension and the page that compares versions of a prompt: every message that either may send. */

export type ComparisonState =
  /** Nothing has been run: the page came back after a reload of the window. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly progress: Progress }
  | { readonly kind: 'done' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string | null };

/** What the page may offer to do. */
export type ComparisonAction =
  | 'stop'
  /** Only what is missing. */
  | 'resume'
  /** The files as they are now, from the beginning. */
  | 'runAgain'
  | 'save'
  | 'copyJson'
  | 'copyCsv'
  | 'fetchStarter'
  | 'chooseModel'
  | 'openGeneratorSettings'
  | 'showLog';

export type Side = 'first' | 'second';

/** An answer as the page shows it. */
export interface AnswerView {
  readonly text: string;
  readonly finishReason: 'stop' | 'length';
  /** null until it is scored, or when it cannot be. */
  readonly score: number | null;
  readonly responseTokens: number | null;
  readonly truncated: boolean;
  readonly problem: string | null;
}

/** One version's answers to one input. */
export interface CellView {
  readonly state: 'waiting' | 'working' | 'done' | 'failed';
  readonly problem: string | null;
  /** It was rendered: its text can be shown. */
  readonly rendered: boolean;
  readonly answers: readonly AnswerView[];
}

export interface InputView {
  readonly name: string;
  /** Values of the variables as text. */
  readonly values: readonly { readonly name: string; readonly value: string }[];
  /** Both versions render the same conversation. */
  readonly samePrompt: boolean;
  readonly first: CellView;
  readonly second: CellView;
}

export interface ComparisonView {
  /** What is compared: the file, or both. */
  readonly title: string;
  readonly first: RecordedVersion;
  readonly second: RecordedVersion;
  readonly state: ComparisonState;
  readonly generation: RecordedGeneration | null;
  readonly model: RewardModelDescription | null;
  /** What has to be known to read the numbers: variables that only one version has, problems of the files. */
  readonly notes: readonly string[];
  readonly inputs: readonly InputView[];
  /** null until one input has answers of both versions. */
  readonly comparison: VersionComparison | null;
  /** Empty for models without a gate. */
  readonly profiles: readonly ProfileDifference[];
  /** Why the numbers are not those of the files as they are now; null: they are. */
  readonly stale: string | null;
  /** The likeliest first. */
  readonly actions: readonly ComparisonAction[];
}

/** Answers of one input: one of them, all of a version, or all of both. */
export interface AnswersReference {
  readonly input: number;
  readonly side: Side;
  readonly answer: number;
}

/** To the page: draw this. */
export const showComparison = new NotificationType<ComparisonView>('comparison/show');

/** To the host, once the page can draw; the reply is the first view and what the page keeps of itself for a reload. */
export const comparisonReady = new RequestType<null, { readonly view: ComparisonView; readonly saved: unknown }, void>(
  'comparison/ready',
);

export const actOnComparison = new RequestType<{ readonly action: ComparisonAction }, null, void>('comparison/act');

/** To the host: the breakdowns of the version's answers to this input, the named one first. */
export const explainAnswers = new RequestType<AnswersReference, null, void>('comparison/explain');

/** To the host: the two rendered prompts of an input in the editor's diff view. */
export const showTextDifference = new RequestType<{ readonly input: number }, null, void>('comparison/textDifference');

/** To the host: the file of a version, as it is now or as it was committed. */
export const openVersion = new RequestType<{ readonly side: Side }, null, void>('comparison/openVersion');

/** To the host: onto the clipboard. */
export const copyComparisonText = new RequestType<{ readonly text: string }, null, void>('comparison/copyText');
