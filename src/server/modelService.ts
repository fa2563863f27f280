import type { Message } from '../core/promptFile/message';
import type { ScorableRow } from '../core/promptFile/scorableRow';
import type { ScoredRow } from '../core/reward/rewardBreakdown';
import type { RewardModelDescription } from '../core/reward/rewardModelDescription';

/** What the server answers with. */
export interface ServedModel {
  readonly name: string;
  /** Tokens. */
  readonly contextLength: number;
  /** Null: it has no reward head. */
  readonly rewards: RewardModelDescription | null;
  /** Null: it can continue text; else why it cannot. */
  readonly noCompletions: string | null;
}

/** How rows are scored; a request may change it for its own rows. */
export interface RewardOptions {
  readonly maxTokens?: number | undefined;
  readonly truncate?: boolean | undefined;
  readonly weights?: Readonly<Record<string, number>> | undefined;
}

export type GenerationPrompt =
  | { readonly kind: 'messages'; readonly messages: readonly Message[] }
  /** Plain text: the tokenizer adds what it adds to plain text, but no second BOS. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'ids'; readonly ids: readonly number[] };

export interface GenerationRequest {
  readonly prompt: GenerationPrompt;
  readonly count: number;
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly seed: number;
  readonly stopTexts: readonly string[];
  readonly ignoreEndOfSequence: boolean;
  /** How many alternatives to name beside each token; null: no probabilities at all. */
  readonly alternatives: number | null;
  /** Give the prompt back too. */
  readonly echo: boolean;
}

export interface TokenLogprob {
  readonly token: string;
  /** Natural logarithm; null for the first token of a prompt. */
  readonly logprob: number | null;
  /** The most likely first. */
  readonly top: readonly { readonly token: string; readonly logprob: number }[];
  /** The token that ends the answer, of which there is no text. */
  readonly isEnd: boolean;
}

/** What comes of a generation, in this order: one prompt, then pieces and an end for each choice. */
export type GenerationEvent =
  | {
      readonly kind: 'prompt';
      readonly tokens: number;
      /** '' unless `echo`. */
      readonly text: string;
      readonly logprobs: readonly TokenLogprob[];
    }
  | {
      readonly kind: 'piece';
      readonly choice: number;
      readonly text: string;
      readonly logprobs: readonly TokenLogprob[];
    }
  | {
      readonly kind: 'end';
      readonly choice: number;
      readonly finishReason: 'stop' | 'length';
      readonly tokens: number;
    };

/** The model as the HTTP side sees it. */
export interface ModelService {
  readonly model: ServedModel;
  /** One result a row, in their order; a bad row gives its error. @throws AlidadeError for what concerns all of them. */
  scoreBatch(rows: readonly ScorableRow[], options: RewardOptions, signal: AbortSignal): Promise<readonly ScoredRow[]>;
  /** @throws AlidadeError `row`, `too_long`, `template`, `weights`, `device`, `cancelled`, `internal`. */
  generate(request: GenerationRequest, onEvent: (event: GenerationEvent) => void, signal: AbortSignal): Promise<void>;
}
