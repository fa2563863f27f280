import type { Interval } from '../evaluation/headEvaluation';
import type { HeldOutFigure, PairAccuracy } from '../trainingReport';

/** "0.917 ± 0.012" of folds, "0.917 (0.901–0.932)" of one split, "–" where it cannot be told. */
export function describeHeldOut(figure: HeldOutFigure | null): string {
  if (figure === null) return '–';
  const { value, deviation, interval } = figure;
  if (deviation !== null) return `${value.toFixed(3)} ± ${deviation.toFixed(3)}`;
  return interval === null ? value.toFixed(3) : withInterval(value, interval);
}

export function withInterval(value: number, { low, high }: Interval): string {
  return `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}

/** "81.2 % (78.9–83.4 %)" */
export function describeAccuracy({ accuracy, interval }: Omit<PairAccuracy, 'n'>): string {
  return `${(100 * accuracy).toFixed(1)} % (${(100 * interval.low).toFixed(1)}–${(100 * interval.high).toFixed(1)} %)`;
}

export function describeShare(share: number | null): string {
  return share === null ? '–' : `${(100 * share).toFixed(1)} %`;
}

/** "0.01", "30,000": a strength as people write it. */
export function describePenalty(penalty: number | null): string {
  return penalty === null ? '–' : penalty.toLocaleString('en-GB', { maximumSignificantDigits: 4 });
}

/** "1,528" */
export function describeNumber(value: number): string {
  return value.toLocaleString('en-GB');
}
