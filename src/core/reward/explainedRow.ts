import type { GateDescription } from './gateAdjustment';
import type { RewardBreakdown } from './rewardBreakdown';
import type { RewardModelDescription } from './rewardModelDescription';

/** A breakdown together with exactly what the model was given. */
export interface ExplainedText extends RewardBreakdown {
  readonly role: 'response' | 'chosen' | 'rejected';
  /** The text as templated, special tokens spelled out. */
  readonly text: string;
  readonly promptTokens: number;
  readonly responseTokens: number;
  /** Where the response lies in `text` (UTF-16), where that is known. */
  readonly responseSpan?: { readonly start: number; readonly end: number };
}

/** One row, fully explained: `single` has one response, `pair` chosen then rejected, `list` all of them. */
export interface ExplainedRow {
  readonly id: string;
  readonly kind: 'single' | 'pair' | 'list';
  readonly model: RewardModelDescription;
  readonly responses: readonly ExplainedText[];
  /** The tokenizer's special tokens as they are spelled in the texts, so that a page can mark them. */
  readonly specialTokens: readonly string[];
  /** Of models with a gate: with it the row's coefficients can be computed for other temperatures. */
  readonly gate?: GateDescription;
}
