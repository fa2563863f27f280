import { html, nothing, type TemplateResult } from 'lit';
import { describeBytes } from '../../src/core/describeQuantity';
import type { TensorStatistics, ValueHistogram } from '../../src/core/checkpoint/tensorStatistics';
import type { Progress } from '../../src/core/jobContext';
import '../shared/charts/histogram';
import { formatNumber } from '../shared/formatNumber';
import { formatPercent } from '../shared/formatPercent';
import { copyIcon, icon, warningIcon } from '../shared/icon';
import { renderWorkProgress } from '../shared/workProgress';
import { strings } from './strings';
import { formatCosine, formatDistance, formatShape } from './tensorColumns';
import type { TensorRow } from './tensorRows';

/** What is known of the values of a tensor. */
export type Measurement =
  | { readonly kind: 'running'; readonly progress: Progress | null }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'done'; readonly statistics: TensorStatistics };

export interface TensorDetails {
  readonly row: TensorRow;
  /** Name of the file that holds it. */
  readonly file: string;
  readonly measurement: Measurement | null;
  readonly copyName: () => void;
  readonly measure: () => void;
  readonly stop: () => void;
}

/** One tensor: where it lies, and what its values are like. */
export function renderTensorDetails(details: TensorDetails | null): TemplateResult {
  return html`<section class="details" aria-label=${strings.details}>
    ${details === null ? html`<p class="quiet">${strings.chooseTensor}</p>` : renderTensor(details)}
  </section>`;
}

function renderTensor({ row, file, measurement, copyName, measure, stop }: TensorDetails): TemplateResult {
  const { tensor, difference } = row;
  return html`<header>
      <h2 class="mono"><bdi>${tensor.name}</bdi></h2>
      <ald-button kind="icon" .label=${strings.copyName} @click=${copyName}>${icon(copyIcon)}</ald-button>
    </header>
    <p class="quiet">
      ${tensor.dtype} ${formatShape(tensor.shape)} ·
      <span title=${strings.bytes(tensor.bytes.toLocaleString('en'))}>${describeBytes(tensor.bytes)}</span> ·
      <bdi>${strings.location(tensor.offset.toLocaleString('en'), file)}</bdi>
    </p>
    ${
      difference === null
        ? nothing
        : html`<dl class="figures">
            ${renderFigure(strings.columns.relativeL2, strings.columnHints.relativeL2, difference.relativeL2, formatDistance)}
            ${renderFigure(strings.columns.cosine, strings.columnHints.cosine, difference.cosine, formatCosine)}
            ${renderFigure(strings.columns.changed, strings.columnHints.changed, difference.changedShare, formatPercent)}
          </dl>`
    }
    ${renderMeasurement(measurement, { measure, stop })}`;
}

function renderMeasurement(
  measurement: Measurement | null,
  { measure, stop }: Pick<TensorDetails, 'measure' | 'stop'>,
): TemplateResult {
  switch (measurement?.kind) {
    case 'running':
      return html`<div class="measuring">
        ${renderWorkProgress(strings.measuring, measurement.progress ?? { message: '' })}
        <ald-button kind="secondary" @click=${stop}>${strings.stop}</ald-button>
      </div>`;
    case 'failed':
      return html`<p class="flag" role="alert">${icon(warningIcon)}<span>${measurement.message}</span></p>`;
    case 'done':
      return renderStatistics(measurement.statistics);
    default:
      return html`<ald-button kind="secondary" @click=${measure}>${strings.measureAgain}</ald-button>`;
  }
}

function renderStatistics(statistics: TensorStatistics): TemplateResult {
  const { values, nan, infinite, zeros, histogram } = statistics;
  const count = (value: number): string => value.toLocaleString('en');
  const share = (value: number): string =>
    value === 0 || values === 0 ? count(value) : `${count(value)} · ${formatPercent(value / values)}`;
  const { figures, figureHints } = strings;
  return html`<dl class="figures">
      ${(['norm', 'mean', 'standardDeviation', 'min', 'max'] as const).map((key) =>
        renderFigure(figures[key], figureHints[key], statistics[key], formatNumber),
      )}
      ${renderFigure(figures.values, figureHints.values, values, count)}
      ${renderFigure(figures.zeros, figureHints.zeros, zeros, share)}
      ${renderFigure(figures.nan, figureHints.nan, nan, share, 0 < nan)}
      ${renderFigure(figures.infinite, figureHints.infinite, infinite, share, 0 < infinite)}
    </dl>
    ${histogram === null ? nothing : renderHistogram(histogram, statistics.mean)}`;
}

function renderFigure(
  name: string,
  hint: string,
  value: number | null,
  format: (value: number) => string,
  isBad = false,
): TemplateResult {
  const exact = value === null ? hint : strings.exactly(String(value), hint);
  return html`<div title=${exact}>
    <dt class="quiet">${name}</dt>
    <dd class="number ${isBad ? 'flag' : ''}">
      ${isBad ? icon(warningIcon) : nothing}${value === null ? '–' : format(value)}
    </dd>
  </div>`;
}

function renderHistogram({ low, high, counts, below, above }: ValueHistogram, mean: number | null): TemplateResult {
  const width = (high - low) / counts.length;
  const bins = counts.map((count, index) => ({
    from: low + index * width,
    to: index === counts.length - 1 ? high : low + (index + 1) * width,
    counts: [count],
  }));
  const note = 0 < below + above ? strings.histogramNote(below.toLocaleString('en'), above.toLocaleString('en')) : '';
  return html`<ald-histogram
    .heading=${strings.histogram}
    .note=${note}
    .bins=${bins}
    .series=${[{ name: '', mark: 'plain', mean }]}
    .texts=${strings.bins}
  ></ald-histogram>`;
}
