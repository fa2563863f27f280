import type { MergeMeasurement } from '../mergeMeasurement';
import { bestCompromise, onFront, type PlanePoint } from './paretoFront';

/** Ratios that have been measured. */
export interface RatioTrial extends PlanePoint {
  /** Shares of the model before RLHF, one a block. */
  readonly ratios: readonly number[];
  /** Mean over the rows or answers; null: none was to be scored. */
  readonly reward: number | null;
  /** Sum of -ln p over the predicted tokens of the texts, in nats; null: none was to be read. */
  readonly nll: number | null;
  /** Predicted. */
  readonly tokens: number;
}

export function ratioTrial(ratios: readonly number[], { reward, perplexity }: MergeMeasurement): RatioTrial {
  return { ratios, reward: reward?.mean ?? null, nll: perplexity?.nll ?? null, tokens: perplexity?.tokens ?? 0 };
}

/** Figures of which more is better: those that all trials have. */
export function trialValues(trials: readonly RatioTrial[]): readonly (readonly number[])[] {
  const hasReward = trials.every(({ reward }) => reward !== null);
  const hasSurprise = trials.every(({ nll }) => nll !== null);
  return trials.map(({ reward, nll }) => [
    ...(hasReward ? [reward ?? NaN] : []),
    ...(hasSurprise ? [-(nll ?? NaN)] : []),
  ]);
}

/** `front.jsonl`: every trial in its order, with whether no other is better in both. */
export function writeTrialLines(trials: readonly RatioTrial[]): string {
  const front = onFront(trials);
  return trials
    .map(({ ratios, reward, nll, tokens }, index) => {
      const perplexity = nll === null ? null : Math.exp(nll / tokens);
      return `${JSON.stringify({ ratios, reward, nll, onFront: front[index], tokens, perplexity })}\n`;
    })
    .join('');
}

/** The trial that keeps most of both; null where there is none. */
export function bestTrial(trials: readonly RatioTrial[]): RatioTrial | null {
  const index = bestCompromise(trials);
  return index === null ? null : (trials[index] ?? null);
}
