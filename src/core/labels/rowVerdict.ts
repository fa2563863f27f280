import type { RowError, ScoredRow } from '../reward/rewardBreakdown';

/** What a model says about the label of a pair. */
export interface PairVerdict {
  readonly kind: 'pair';
  readonly chosen: number;
  readonly rejected: number;
  /** chosen − rejected */
  readonly margin: number;
  /** The objectives that speak most for the rejected reply, the strongest first. */
  readonly against: readonly ObjectiveDifference[];
  readonly truncated: boolean;
}

/** What is kept of the score of a row, so that a whole file can be looked at. */
export type RowVerdict =
  | PairVerdict
  | { readonly kind: 'responses'; readonly truncated: boolean }
  | { readonly kind: 'failed'; readonly error: RowError };

export interface ObjectiveDifference {
  readonly name: string;
  /** Contribution to the chosen reply's score less that to the rejected one's: below 0. */
  readonly difference: number;
}

/** Objectives that are named. */
const mostObjectives = 3;

/** As far as two scores of the same text may differ, relative to the larger of 1 and the score. */
const rounding = 2e-5;

export function verdictOf(row: ScoredRow): RowVerdict {
  if ('error' in row) return { kind: 'failed', error: row.error };
  if ('responses' in row) return { kind: 'responses', truncated: row.responses.some(({ truncated }) => truncated) };
  if (!('margin' in row)) return { kind: 'responses', truncated: row.truncated };
  const { chosen, rejected, margin } = row;
  const other = new Map(rejected.objectives.map(({ name, contribution }) => [name, contribution]));
  const against = chosen.objectives
    .map(({ name, contribution }) => ({ name, difference: contribution - (other.get(name) ?? 0) }))
    .filter(({ difference }) => difference < 0)
    .sort((a, b) => a.difference - b.difference)
    .slice(0, mostObjectives);
  const truncated = chosen.truncated || rejected.truncated;
  return { kind: 'pair', chosen: chosen.score, rejected: rejected.score, margin, against, truncated };
}

/**
 * Whether the model prefers the rejected reply by more than `least`, and by more than rounding: the same text may differ by
 * that much between two batches.
 */
export function contradicts({ chosen, rejected, margin }: PairVerdict, least: number): boolean {
  const scale = Math.max(1, Math.abs(chosen), Math.abs(rejected));
  return margin < -Math.max(least, rounding * scale);
}
