import type { RewardBreakdown } from '../reward/rewardBreakdown';
import type { RowCounts, ScoredResponse } from './rewardTestResult';

/** What is bounded: the score, or one objective's reward or rating. */
export type Measure = { readonly kind: 'score' } | { readonly kind: 'reward' | 'rating'; readonly objective: string };

/** A value and whose it is. */
export interface NamedValue {
  readonly name: string;
  readonly value: number;
}

/** Values of one measure over all responses so far. */
interface Series {
  sum: number;
  count: number;
  least: NamedValue;
  largest: NamedValue;
}

/** Folds responses as they are scored: memory does not grow with them. */
export class ResponseSummary {
  readonly #series = new Map<string, Series>();
  #best: ScoredResponse | null = null;
  #rows = 0;
  #pairs = 0;
  #wins = 0;
  #ties = 0;
  #marginSum = 0;

  add(response: ScoredResponse): void {
    const { name, breakdown } = response;
    this.#count({ kind: 'score' }, { name, value: breakdown.score });
    for (const { name: objective, reward, rating } of breakdown.objectives) {
      this.#count({ kind: 'reward', objective }, { name, value: reward });
      if (rating !== undefined) this.#count({ kind: 'rating', objective }, { name, value: rating });
    }
    if (this.#best === null || this.#best.breakdown.score < breakdown.score) this.#best = response;
  }

  /** A row of a data file. @param margin of a pair, else null. */
  addRow(margin: number | null): void {
    this.#rows += 1;
    if (margin === null) return;
    this.#pairs += 1;
    this.#marginSum += margin;
    if (0 < margin) this.#wins += 1;
    if (margin === 0) this.#ties += 1;
  }

  /** The first of the highest. */
  get best(): ScoredResponse | null {
    return this.#best;
  }

  get rowCounts(): RowCounts {
    return {
      rows: this.#rows,
      pairs: this.#pairs,
      wins: this.#wins,
      ties: this.#ties,
      meanMargin: this.#pairs === 0 ? null : this.#marginSum / this.#pairs,
    };
  }

  mean(measure: Measure): number | null {
    const series = this.#series.get(keyOf(measure));
    return series === undefined ? null : series.sum / series.count;
  }

  least(measure: Measure): NamedValue | null {
    return this.#series.get(keyOf(measure))?.least ?? null;
  }

  largest(measure: Measure): NamedValue | null {
    return this.#series.get(keyOf(measure))?.largest ?? null;
  }

  #count(measure: Measure, found: NamedValue): void {
    const key = keyOf(measure);
    const series = this.#series.get(key);
    if (series === undefined) {
      this.#series.set(key, { sum: found.value, count: 1, least: found, largest: found });
      return;
    }
    series.sum += found.value;
    series.count += 1;
    if (found.value < series.least.value) series.least = found;
    if (series.largest.value < found.value) series.largest = found;
  }
}

function keyOf(measure: Measure): string {
  return measure.kind === 'score' ? 'score' : `${measure.kind} ${measure.objective}`;
}

/** The value of a measure in one breakdown; null: the model does not give it. */
export function valueOf({ score, objectives }: RewardBreakdown, measure: Measure): number | null {
  if (measure.kind === 'score') return score;
  const found = objectives.find(({ name }) => name === measure.objective);
  return found?.[measure.kind] ?? null;
}
