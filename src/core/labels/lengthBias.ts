import { proportionInterval } from '../dataset/proportionInterval';

/** Share of labels from which on the rule "the longer reply is the better one" explains suspiciously much of them. */
export const tellingShare = 0.6;

export interface PairLengths {
  /** Characters of the replies. */
  readonly chosen: number;
  readonly rejected: number;
  /** What the model says; null: not scored. */
  readonly margin: number | null;
}

/** How far the labels of a file follow the length of the replies. */
export interface LengthBiasSummary {
  readonly pairs: number;
  /** The chosen reply is the longer one. */
  readonly longer: number;
  /** Both are as long. */
  readonly ties: number;
  /** Of the pairs that are no ties; null without any. */
  readonly share: number | null;
  /** Of the share, 95 %. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** Pearson's correlation of margin and difference of lengths; null where too little is scored. */
  readonly correlation: number | null;
  readonly scored: number;
  /** Which rule would give most of the labels by itself; null: none, as far as the number of pairs can tell. */
  readonly rule: 'longer' | 'shorter' | null;
}

/** Scored pairs from which on a correlation is told. */
const fewestScored = 10;

/**
 * Adds up lengths pair by pair. That length alone explains the labels is claimed when even the lower end of the interval is
 * above `tellingShare`. Reward models are known to learn little else from such files (P. Singhal et al., "A long way to go:
 * investigating length correlations in RLHF", 2023).
 */
export class LengthBias {
  #pairs = 0;
  #longer = 0;
  #ties = 0;
  readonly #moments = { count: 0, x: 0, y: 0, xx: 0, yy: 0, xy: 0 };

  add({ chosen, rejected, margin }: PairLengths): void {
    this.#pairs += 1;
    if (rejected < chosen) this.#longer += 1;
    if (rejected === chosen) this.#ties += 1;
    if (margin !== null) this.#correlate(chosen - rejected, margin);
  }

  summary(): LengthBiasSummary {
    const decided = this.#pairs - this.#ties;
    const interval = proportionInterval(this.#longer, decided);
    const { count, xx, yy, xy } = this.#moments;
    const correlation = count < fewestScored || xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy);
    return {
      pairs: this.#pairs,
      longer: this.#longer,
      ties: this.#ties,
      share: decided === 0 ? null : this.#longer / decided,
      interval,
      correlation,
      scored: count,
      rule: interval === null ? null : ruleOf(interval),
    };
  }

  /** Welford's update, which stays exact for large lengths. */
  #correlate(x: number, y: number): void {
    const moments = this.#moments;
    moments.count += 1;
    const [dx, dy] = [x - moments.x, y - moments.y];
    moments.x += dx / moments.count;
    moments.y += dy / moments.count;
    moments.xx += dx * (x - moments.x);
    moments.yy += dy * (y - moments.y);
    moments.xy += dx * (y - moments.y);
  }
}

function ruleOf({ low, high }: { readonly low: number; readonly high: number }): LengthBiasSummary['rule'] {
  if (tellingShare < low) return 'longer';
  return high < 1 - tellingShare ? 'shorter' : null;
}
