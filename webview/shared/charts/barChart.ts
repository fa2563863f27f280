import { html, LitElement, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { formatNumber } from '../formatNumber';
import { pageStyles } from '../pageStyles';
import { bar, hatchPattern, renderKey, type BarMark } from './bar';
import { barChartStyles } from './barChartStyles';
import { ChartFrame, chartFrameStyles, placeTooltip } from './chartFrame';
import type { DataTable } from './dataTable';
import { scaleAround, type LinearScale } from './linearScale';

export interface BarSeries {
  /** Empty when there is only one and it needs no name. */
  readonly name: string;
  readonly mark: BarMark;
}

export interface BarValue {
  readonly value: number;
  /** What the number means, in words. */
  readonly words: string;
  /** Where the value may lie, drawn as a line with ends across the bar. */
  readonly interval?: { readonly low: number; readonly high: number };
}

export interface BarRow {
  readonly name: string;
  /** What is measured, for the tooltip. */
  readonly description?: string | undefined;
  /** One for every series. */
  readonly values: readonly BarValue[];
}

/** Headers of the table behind the chart, given by the page. */
export interface BarChartTexts {
  /** Header of the column of row names. */
  readonly nameColumn: string;
  /** Header of the value column where a series has no name. */
  readonly valueColumn: string;
}

interface Place {
  readonly row: number;
  readonly series: number;
}

const axisHeight = 18;

/**
 * A diverging bar chart: one row a name, one bar a series, zero in line. Rows are drawn in the order given.
 *
 * One tab stop; up and down move between rows, left and right between series, Home and End to the ends. A data table
 * with the exact values stands behind it, for screen readers, and is shown instead of the bars on request.
 * Emits `ald-copy` with `{text}` (tab-separated, exact values).
 */
export class AldBarChart extends LitElement {
  static override properties = {
    heading: { type: String },
    note: { type: String },
    series: { attribute: false },
    rows: { attribute: false },
    signed: { type: Boolean },
    texts: { attribute: false },
    active: { state: true },
    shown: { state: true },
  };

  static override styles = [pageStyles, chartFrameStyles, barChartStyles];

  heading = '';
  note = '';
  series: readonly BarSeries[] = [];
  rows: readonly BarRow[] = [];
  /** Positive values carry a plus. */
  signed = false;
  texts: BarChartTexts = { nameColumn: '', valueColumn: '' };
  private readonly frame = new ChartFrame(this, () => (this.shown = null));
  /** The mark that holds the tab stop. */
  private active: Place = { row: 0, series: 0 };
  /** The mark whose tooltip is up. */
  private shown: Place | null = null;

  protected override willUpdate(): void {
    const row = Math.max(0, Math.min(this.active.row, this.rows.length - 1));
    const series = Math.max(0, Math.min(this.active.series, this.series.length - 1));
    if (row !== this.active.row || series !== this.active.series) this.active = { row, series };
    if (this.shown !== null && this.rows[this.shown.row]?.values[this.shown.series] === undefined) this.shown = null;
  }

  protected override render(): TemplateResult {
    const { heading, note } = this;
    return this.frame.render({
      ...{ heading, note },
      legend: this.renderLegend(),
      // What the page puts there stands before the control of the table.
      actions: html`<slot name="actions"></slot>`,
      table: this.dataTable(),
      renderChart: () => this.renderChart(),
    });
  }

  private renderLegend(): TemplateResult | typeof nothing {
    if (this.series.length < 2) return nothing;
    return html`<div class="legend" aria-hidden="true">
      ${this.series.map(({ name, mark }) => html`<span>${renderKey(mark)}${name}</span>`)}
    </div>`;
  }

  private renderChart(): TemplateResult {
    const scale = scaleAround(
      this.rows.flatMap(({ values }) =>
        values.flatMap(({ value, interval }) =>
          interval === undefined ? value : [value, interval.low, interval.high],
        ),
      ),
    );
    return html`<svg width="0" height="0" class="hidden" aria-hidden="true">${hatchPattern()}</svg>
      <div
        class="rows ${this.series.length === 1 ? '' : 'double'}"
        role="list"
        aria-label=${this.heading}
        @keydown=${this.keydown}
        @focusout=${this.hideTooltip}
      >
        ${this.rows.map((row, index) => this.renderRow(row, index, scale))} ${renderAxis(scale)}
      </div>
      ${this.renderTooltip()}`;
  }

  private renderRow(row: BarRow, index: number, scale: LinearScale): TemplateResult {
    const single = this.series.length === 1;
    const lane = single ? 22 : 15;
    const gap = single ? 0 : 3;
    const height = lane * this.series.length + 2 * gap;
    const zero = scale.position(0);
    return html`<div class="row">
      <div class="name" aria-hidden="true"><bdi>${row.name}</bdi></div>
      <svg class="plot" height=${height} role="presentation">
        ${scale.ticks.map((tick) => verticalLine(scale.position(tick), height, 'tick'))}
        ${row.values.map((value, series) => this.renderMark({ row, value, place: { row: index, series }, lane, gap, scale }))}
        ${verticalLine(zero, height, 'zero')}
      </svg>
      <div class="values" aria-hidden="true">
        ${row.values.map(({ value }) => html`<span>${formatNumber(value, { signed: this.signed })}</span>`)}
      </div>
    </div>`;
  }

  private renderMark({ row, value, place, lane, gap, scale }: MarkParams): SVGTemplateResult {
    const { value: number } = value;
    const series = this.series[place.series];
    const zero = scale.position(0);
    const end = Number.isFinite(number) ? scale.position(number) : zero;
    const y = gap + place.series * lane;
    const inset = this.series.length === 1 ? 5 : 2;
    const active = place.row === this.active.row && place.series === this.active.series;
    const spoken = [row.name, this.textOf(value), series.name].filter((part) => part !== '');
    return svg`<g
      class="mark"
      role="listitem"
      tabindex=${active ? 0 : -1}
      aria-label=${spoken.join(', ')}
      data-row=${place.row}
      data-series=${place.series}
      @focus=${() => this.focused(place)}
      @pointerenter=${() => (this.shown = place)}
      @pointerleave=${this.hideTooltip}
    >
      <rect class="lane" x="0" y=${y} width="100%" height=${lane} rx="2"></rect>
      ${end === zero ? nothing : bar({ x: `${Math.min(zero, end)}%`, width: `${Math.abs(end - zero)}%`, y: y + inset, height: lane - 2 * inset, mark: series.mark, value: number })}
      ${value.interval === undefined ? nothing : whisker(value.interval, y + lane / 2, scale)}
    </g>`;
  }

  /** As spoken and in the table; an interval stands behind its value. */
  private textOf({ value, interval }: BarValue): string {
    const format = (number: number): string => formatNumber(number, { signed: this.signed });
    return interval === undefined
      ? format(value)
      : `${format(value)} (${format(interval.low)} … ${format(interval.high)})`;
  }

  private renderTooltip(): TemplateResult | typeof nothing {
    if (this.shown === null) return nothing;
    const row = this.rows[this.shown.row];
    const { value, words } = row.values[this.shown.series];
    const name = this.series[this.shown.series].name;
    return html`<div class="tooltip" aria-hidden="true">
      <p>
        <strong>${row.name}</strong>${name === '' ? nothing : html` · ${name}`}
        <span class="raw">${String(value)}</span>
      </p>
      <p>${words}</p>
      ${row.description === undefined ? nothing : html`<p class="quiet">${row.description}</p>`}
    </div>`;
  }

  protected override updated(): void {
    const tooltip = this.renderRoot.querySelector<HTMLElement>('.tooltip');
    if (tooltip === null || this.shown === null) return;
    const row = this.markAt(this.shown)?.closest('.row');
    if (!(row instanceof HTMLElement)) return;
    const plot = row.querySelector('svg.plot')!.getBoundingClientRect();
    const { top, bottom } = row.getBoundingClientRect();
    placeTooltip(tooltip, { host: this, centre: plot.left + plot.width / 2, top, bottom });
  }

  private focused(place: Place): void {
    this.active = place;
    this.shown = place;
  }

  private readonly hideTooltip = (): void => {
    this.shown = null;
  };

  private async keydown(event: KeyboardEvent): Promise<void> {
    if (event.key === 'Escape') return this.hideTooltip();
    const next = this.placeAfter(event.key);
    if (next === null) return;
    event.preventDefault();
    this.active = next;
    await this.updateComplete;
    this.markAt(next)?.focus();
  }

  private placeAfter(key: string): Place | null {
    const { row, series } = this.active;
    const lastRow = this.rows.length - 1;
    const lastSeries = this.series.length - 1;
    switch (key) {
      case 'ArrowDown':
        return { row: Math.min(lastRow, row + 1), series };
      case 'ArrowUp':
        return { row: Math.max(0, row - 1), series };
      case 'ArrowRight':
        return { row, series: Math.min(lastSeries, series + 1) };
      case 'ArrowLeft':
        return { row, series: Math.max(0, series - 1) };
      case 'Home':
        return { row: 0, series: 0 };
      case 'End':
        return { row: lastRow, series: lastSeries };
      default:
        return null;
    }
  }

  private markAt({ row, series }: Place): SVGGElement | null {
    return this.renderRoot.querySelector(`[data-row="${row}"][data-series="${series}"]`);
  }

  private dataTable(): DataTable {
    return {
      caption: this.heading,
      columns: [
        { name: this.texts.nameColumn },
        ...this.series.map(({ name }) => ({ name: name === '' ? this.texts.valueColumn : name, numeric: true })),
      ],
      rows: this.rows.map(({ name, description, values }) => [
        { text: name, ...(description === undefined ? {} : { hint: description }) },
        ...values.map((shown) => ({
          text: this.textOf(shown),
          raw: String(shown.value),
          hint: `${shown.value}\n${shown.words}`,
        })),
      ]),
    };
  }
}

interface MarkParams {
  readonly row: BarRow;
  readonly value: BarValue;
  readonly place: Place;
  readonly lane: number;
  readonly gap: number;
  readonly scale: LinearScale;
}

/** A line from end to end of the interval, with a stop at each. */
function whisker({ low, high }: NonNullable<BarValue['interval']>, y: number, scale: LinearScale): SVGTemplateResult {
  const [from, to] = [scale.position(low), scale.position(high)].map((place) => `${place}%`);
  return svg`<g class="whisker">
    <line x1=${from} x2=${to} y1=${y} y2=${y}></line>
    ${[from, to].map((end) => svg`<line x1=${end} x2=${end} y1=${y - 3} y2=${y + 3}></line>`)}
  </g>`;
}

function verticalLine(position: number, height: number, kind: string): SVGTemplateResult {
  return svg`<line class=${kind} x1="${position}%" x2="${position}%" y1="0" y2=${height}></line>`;
}

function renderAxis({ position, ticks, label }: LinearScale): TemplateResult {
  return html`<div class="row axis" aria-hidden="true">
    <div class="name"></div>
    <svg class="plot" height=${axisHeight} role="presentation">
      ${ticks.map((tick) => svg`<text x="${position(tick)}%" y="13">${label(tick)}</text>`)}
    </svg>
    <div></div>
  </div>`;
}

customElements.define('ald-bar-chart', AldBarChart);
