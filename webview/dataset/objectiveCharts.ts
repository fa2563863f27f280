import { html, nothing, type TemplateResult } from 'lit';
import type { DatasetOverview, Distribution, ObjectiveDistribution } from '../../src/core/dataset/datasetOverview';
import type { HistogramBin } from '../../src/core/dataset/histogram';
import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import '../shared/charts/histogram';
import type { HistogramSeries } from '../shared/charts/histogram';
import { formatCount } from '../shared/formatCount';
import { formatNumber } from '../shared/formatNumber';
import { formatPercent } from '../shared/formatPercent';
import { strings } from './strings';

/** The distribution of every objective, small and side by side. */
export function renderObjectives(
  { objectives, pairs }: DatasetOverview,
  model: RewardModelDescription | null,
): TemplateResult | typeof nothing {
  if (objectives.length === 0) return nothing;
  const descriptions = new Map((model?.objectives ?? []).map(({ name, description }) => [name, description]));
  return html`<section class="part" aria-labelledby="objectives">
    <h2 id="objectives">${strings.objectives}</h2>
    <p class="quiet note">${pairs === null ? strings.objectivesNote : strings.objectivesNotePairs}</p>
    <div class="multiples">
      ${objectives.map((objective) => renderObjective(objective, descriptions.get(objective.name)))}
    </div>
  </section>`;
}

function renderObjective(objective: ObjectiveDistribution, description: string | undefined): TemplateResult {
  const shown = shownSeries(objective);
  return html`<div>
    <ald-histogram
      small
      .heading=${objective.name}
      .hint=${description ?? objective.name}
      .bins=${shown.bins}
      .series=${shown.series}
      .texts=${strings.histogram}
    ></ald-histogram>
    <p class="quiet figures number">${renderFigures(objective)}</p>
  </div>`;
}

/** With pairs, chosen against rejected; else the responses. */
export function shownSeries({ bins, series }: Distribution): {
  readonly bins: readonly HistogramBin[];
  readonly series: readonly HistogramSeries[];
} {
  const chosen = series.findIndex(({ role }) => role === 'chosen');
  const rejected = series.findIndex(({ role }) => role === 'rejected');
  const isPaired = 0 <= chosen && 0 <= rejected;
  const used = isPaired ? [chosen, rejected] : [0];
  const marks: readonly HistogramSeries['mark'][] = isPaired ? ['solid', 'hatched'] : ['plain'];
  const names = isPaired ? [strings.chosen, strings.rejected] : [''];
  return {
    bins: bins.map(({ from, to, counts }) => ({ from, to, counts: used.map((index) => counts[index] ?? 0) })),
    series: used.map((index, place) => ({
      name: names[place],
      mark: marks[place],
      mean: series[index]?.statistics.mean ?? null,
    })),
  };
}

function renderFigures({ name, pairs, series }: ObjectiveDistribution): TemplateResult {
  if (pairs !== null) {
    const { n, wins, accuracy } = pairs;
    return html`<span title=${strings.agreementHint(name, formatCount(wins), formatCount(n))}
      >${strings.agreement(formatPercent(accuracy))}</span
    >`;
  }
  const statistics = series[0]?.statistics;
  if (statistics === undefined) return html``;
  const { mean, deviation, min, max } = statistics;
  return html`<span title=${strings.meanHint(String(mean), String(deviation), String(min), String(max))}
    >${strings.mean(formatNumber(mean))}</span
  >`;
}
