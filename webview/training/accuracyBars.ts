import { html, type TemplateResult } from 'lit';
import type { Interval } from '../../src/core/training/evaluation/headEvaluation';
import '../shared/charts/barChart';
import type { BarRow } from '../shared/charts/barChart';
import { formatPercent } from '../shared/formatPercent';
import { strings } from './strings';

export interface RatedBy {
  readonly name: string;
  readonly description?: string;
  readonly accuracy: number;
  readonly interval: Interval | null;
  /** Pairs; null: the same as those before. */
  readonly n: number | null;
  /** What the others are there for. */
  readonly isHead?: boolean;
}

/** Shares of pairs in order, of the head and of what it has to beat. */
export function renderAccuracyBars(heading: string, note: string, raters: readonly RatedBy[]): TemplateResult {
  const rows = raters.map(({ name, description, accuracy, interval, n, isHead = false }): BarRow => ({
    ...(isHead ? {} : { mark: 'plain' as const }),
    name,
    ...(description === undefined ? {} : { description }),
    values: [
      {
        value: accuracy,
        text: formatPercent(accuracy),
        words: [
          ...(n === null ? [] : [strings.accuracyHint(formatPercent(accuracy), String(n))]),
          ...(interval === null
            ? []
            : [`95 %: ${strings.interval(formatPercent(interval.low), formatPercent(interval.high))}`]),
        ].join('\n'),
        ...(interval === null ? {} : { interval }),
      },
    ],
  }));
  return html`<ald-bar-chart
    .heading=${heading}
    .note=${note}
    .series=${[{ name: '', mark: 'solid' }]}
    .rows=${rows}
    .texts=${{ nameColumn: strings.rater, valueColumn: strings.accuracy }}
  ></ald-bar-chart>`;
}
