import type { DtypeChoice } from '../device';
import type { Span } from '../promptFile/locateJson';
import type { Message } from '../promptFile/message';
import type { Located } from '../yaml/yamlValue';

/** A `*.reward.yaml` file with its places, in UTF-16 units: what editor and command line need of it. */
export interface RewardTestFile {
  /** As it is written; null: whoever runs the tests names one. */
  readonly model: Located<string> | null;
  readonly options: RewardTestOptions;
  readonly tests: readonly RewardTest[];
  /** In the order of the text. With an error outside the tests none of them can run. */
  readonly problems: readonly RewardTestProblem[];
  readonly isRunnable: boolean;
}

/** What the file says about how rows are scored. */
export interface RewardTestOptions {
  readonly dtype?: DtypeChoice;
  readonly maxTokens?: number;
  readonly truncate?: boolean;
  readonly weights?: Readonly<Record<string, number>>;
  /** Where the names of `weights` stand. */
  readonly weightSpans: readonly Located<string>[];
}

export interface RewardTestProblem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly span: Span;
}

export interface RewardTest {
  /** Unique in its file: the name, with a number where another test has it too. */
  readonly id: string;
  readonly name: string;
  readonly span: Span;
  readonly nameSpan: Span;
  /** Why it is left out. */
  readonly skip: string | null;
  /** null exactly when there is an error among its problems. */
  readonly plan: RewardTestPlan | null;
  readonly problems: readonly RewardTestProblem[];
}

export interface RewardTestPlan {
  readonly subject: RewardTestSubject;
  readonly expectations: readonly Expectation[];
}

/** What is scored. */
export type RewardTestSubject =
  | {
      readonly kind: 'responses';
      readonly conversation: Conversation;
      /** Named where there are several. */
      readonly responses: readonly NamedResponse[];
    }
  | { readonly kind: 'generate'; readonly conversation: Conversation; readonly settings: GenerationSettings }
  | { readonly kind: 'rows'; readonly file: Located<string> };

export type Conversation =
  | { readonly kind: 'messages'; readonly messages: readonly Message[]; readonly span: Span }
  | {
      readonly kind: 'promptFile';
      readonly file: Located<string>;
      readonly label: Located<string> | null;
      readonly inputs: PromptInputs;
    };

/** What the variables of a prompt file are filled with. */
export type PromptInputs =
  /** The first of the file's own inputs. */
  | { readonly kind: 'first' }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'values'; readonly values: Readonly<Record<string, unknown>> };

export interface NamedResponse {
  readonly name: string;
  readonly text: string;
  readonly span: Span;
}

export interface GenerationSettings {
  /** As it is written. */
  readonly model: Located<string>;
  readonly answers: number;
  readonly temperature: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

/** Which of the scored responses something has to hold for. */
export type Scope = 'single' | 'best' | 'mean' | 'all';

export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** Spans are those of the expectation, key included. */
export type Expectation =
  | { readonly kind: 'score'; readonly scope: Scope; readonly bounds: Bounds; readonly span: Span }
  | {
      readonly kind: 'objective';
      readonly scope: Scope;
      readonly measure: 'reward' | 'rating';
      readonly name: string;
      readonly nameSpan: Span;
      readonly bounds: Bounds;
      readonly span: Span;
    }
  | {
      readonly kind: 'beats';
      readonly scope: Scope;
      readonly baseline: Baseline;
      /** 0: by any amount. */
      readonly by: number;
      readonly span: Span;
    }
  | {
      readonly kind: 'ranks';
      /** Names of responses, the best first. */
      readonly order: readonly string[];
      /** Between neighbours. */
      readonly margin: number;
      readonly span: Span;
    }
  | { readonly kind: 'margin'; readonly min: number; readonly span: Span }
  | { readonly kind: 'accuracy'; readonly min: number; readonly span: Span };

export type Baseline =
  | { readonly kind: 'text'; readonly text: string; readonly span: Span }
  | { readonly kind: 'file'; readonly file: Located<string>; readonly id: string };
