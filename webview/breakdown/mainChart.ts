import type { ExplainedRow } from '../../src/core/reward/explainedRow';
import type { BarRow, BarSeries } from '../shared/charts/barChart';
import type { PageSettings } from './breakdownPage';
import { contributionRows, describer, seriesOf, type Shown } from './comparison';
import { strings } from './strings';
import { waterfallRows, waterfallSeries } from './waterfall';

export interface MainChartParams {
  readonly row: ExplainedRow;
  readonly shown: Shown;
  readonly settings: PageSettings;
  /** The small parts of the waterfall are shown. */
  readonly expanded: boolean;
}

export interface MainChart {
  readonly note: string;
  readonly series: readonly BarSeries[];
  readonly rows: readonly BarRow[];
  readonly fitted: boolean;
}

/** A waterfall leads to one score, or from one to another. */
export function canFall(shown: Shown): boolean {
  return shown.length < 3 && 1 < shown[0].text.objectives.length;
}

/** What each objective adds, as bars or as a waterfall; on the page and in a picture of it. */
export function mainChart({ row, shown, settings, expanded }: MainChartParams): MainChart {
  const describe = describer(row);
  if (settings.chart === 'bars' || !canFall(shown)) {
    const rows = contributionRows(shown, describe);
    return { note: strings.contributionsNote, series: seriesOf(shown), rows, fitted: false };
  }
  const [first, second] = shown;
  const path = second === undefined ? strings.waterfallNote : strings.waterfallPairNote(second.name, first.name);
  return {
    note: `${path} ${strings.waterfallHint}`,
    series: waterfallSeries,
    rows: waterfallRows({ shown, describe, expanded }),
    fitted: second !== undefined,
  };
}
