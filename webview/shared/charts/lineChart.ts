import { html, LitElement, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { pageStyles } from '../pageStyles';
import { ChartFrame, chartFrameStyles, placeTooltip } from './chartFrame';
import type { DataTable } from './dataTable';
import { lineChartStyles } from './lineChartStyles';
import { scaleBetween, scaleFitting, type LinearScale } from './linearScale';

/** `solid`, `dashed`: colours of their own, told apart by more than colour. `reference`: what a line is to be held against. */
export type LineMark = 'solid' | 'dashed' | 'reference';

export interface LineSeries {
  readonly name: string;
  readonly mark: LineMark;
  /** One for each place of `at`; null: nothing is known there, and the line goes on to the next. */
  readonly values: readonly (number | null)[];
  /** Where the value may lie, drawn as a line across the point. */
  readonly intervals?: readonly ({ readonly low: number; readonly high: number } | null)[];
}

export interface LineChartTexts {
  readonly xAxis: string;
  /** The place as spoken, in tooltips and in the table. */
  readonly place: (x: number) => string;
  readonly value: (value: number) => string;
  /** Of the place that is marked; empty: none is. */
  readonly marker: string;
}

/** Places that can be walked along: more are passed over in even steps. */
const mostMarks = 200;
/** Up to so many, each point is drawn. */
const mostDots = 60;

/**
 * Values along an axis, joined by lines. One tab stop; left and right move along the axis, Home and End to its ends. A data
 * table with the exact values stands behind it. Emits `ald-copy` with `{text}`.
 */
export class AldLineChart extends LitElement {
  static override properties = {
    heading: { type: String },
    note: { type: String },
    at: { attribute: false },
    series: { attribute: false },
    marked: { attribute: false },
    range: { attribute: false },
    counted: { type: Boolean },
    texts: { attribute: false },
    active: { state: true },
    shown: { state: true },
  };

  static override styles = [pageStyles, chartFrameStyles, lineChartStyles];

  heading = '';
  note = '';
  /** Ascending. */
  at: readonly number[] = [];
  series: readonly LineSeries[] = [];
  /** A place with a line through it. */
  marked: number | null = null;
  /** Of both axes, where they are not those of the values. */
  range: { readonly low: number; readonly high: number } | null = null;
  /** There is nothing between whole places. */
  counted = false;
  texts!: LineChartTexts;
  private readonly frame = new ChartFrame(this, () => (this.shown = null));
  /** The place that holds the tab stop: its index in `at`. */
  private active = 0;
  private shown: number | null = null;

  protected override willUpdate(): void {
    this.active = Math.max(0, Math.min(this.active, this.at.length - 1));
    if (this.shown !== null && this.at.length <= this.shown) this.shown = null;
  }

  protected override render(): TemplateResult {
    const { heading, note } = this;
    return this.frame.render({
      ...{ heading, note },
      legend: this.renderLegend(),
      table: this.dataTable(),
      renderChart: () => this.renderChart(),
    });
  }

  private renderLegend(): TemplateResult | typeof nothing {
    if (this.series.length < 2) return nothing;
    return html`<div class="legend" aria-hidden="true">
      ${this.series.map(
        ({ name, mark }) =>
          html`<span
            ><svg width="22" height="10"><line class=${mark} x1="1" x2="21" y1="5" y2="5"></line></svg>${name}</span
          >`,
      )}
    </div>`;
  }

  private renderChart(): TemplateResult {
    const x = this.range === null ? scaleOver(this.at) : scaleBetween(this.range.low, this.range.high);
    const y = this.range === null ? scaleFitting(this.allValues()) : scaleBetween(this.range.low, this.range.high);
    return html`<svg
        class="plot"
        role="list"
        aria-label=${this.heading}
        @keydown=${this.keydown}
        @focusout=${this.hideTooltip}
        @pointerleave=${this.hideTooltip}
      >
        ${renderGrid(this.counted ? wholeTicks(x) : x, y)} ${this.renderMarker(x)}
        <svg class="lines" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          ${this.series.map((series) => this.renderLine(series, x, y))}
        </svg>
        ${this.series.map((series) => this.renderPoints(series, x, y))}
        ${this.markIndices().map((index) => this.renderMark(index, x))}
      </svg>
      <div class="xAxis quiet" aria-hidden="true">${this.texts.xAxis} →</div>
      ${this.renderTooltip()}`;
  }

  private renderMarker(x: LinearScale): SVGTemplateResult | typeof nothing {
    if (this.marked === null) return nothing;
    const place = `${x.position(this.marked)}%`;
    return svg`<line class="marker" x1=${place} x2=${place} y1="0" y2="100%" aria-hidden="true"></line>`;
  }

  private renderLine({ mark, values }: LineSeries, x: LinearScale, y: LinearScale): SVGTemplateResult {
    const points = values.flatMap((value, index) =>
      value === null || !Number.isFinite(value) ? [] : [`${x.position(this.at[index])},${100 - y.position(value)}`],
    );
    return svg`<polyline class=${mark} points=${points.join(' ')}></polyline>`;
  }

  private renderPoints(series: LineSeries, x: LinearScale, y: LinearScale): SVGTemplateResult | typeof nothing {
    const { mark, values, intervals } = series;
    if (mark === 'reference' || mostDots < this.at.length) return nothing;
    return svg`<g aria-hidden="true">${values.map((value, index) => {
      if (value === null || !Number.isFinite(value)) return nothing;
      const cx = `${x.position(this.at[index])}%`;
      const interval = intervals?.[index] ?? null;
      return svg`${
        interval === null
          ? nothing
          : svg`<line class="whisker" x1=${cx} x2=${cx} y1="${100 - y.position(interval.low)}%"
            y2="${100 - y.position(interval.high)}%"></line>`
      }<circle class="dot ${mark}" cx=${cx} cy="${100 - y.position(value)}%" r="2.5"></circle>`;
    })}</g>`;
  }

  private renderMark(index: number, x: LinearScale): SVGTemplateResult {
    const width = 100 / Math.max(1, Math.min(mostMarks, this.at.length));
    return svg`<g
      class="mark ${index === this.shown ? 'shown' : ''}"
      role="listitem"
      tabindex=${index === this.active ? 0 : -1}
      aria-label=${this.spoken(index)}
      data-point=${index}
      @focus=${() => {
        this.active = index;
        this.shown = index;
      }}
      @pointerenter=${() => (this.shown = index)}
    >
      <rect class="lane" x="${x.position(this.at[index]) - width / 2}%" width="${width}%" y="0" height="100%"></rect>
    </g>`;
  }

  private renderTooltip(): TemplateResult | typeof nothing {
    if (this.shown === null) return nothing;
    const place = this.at[this.shown];
    const index = this.shown;
    return html`<div class="tooltip" aria-hidden="true">
      <p>
        <strong>${this.texts.place(place)}</strong>${place === this.marked ? html` · ${this.texts.marker}` : nothing}
      </p>
      ${this.series.map(({ name, values }) => {
        const value = values[index] ?? null;
        return value === null ? nothing : html`<p>${name} <span class="raw">${String(value)}</span></p>`;
      })}
    </div>`;
  }

  protected override updated(): void {
    const tooltip = this.renderRoot.querySelector<HTMLElement>('.tooltip');
    if (tooltip === null || this.shown === null) return;
    const mark = this.renderRoot.querySelector(`[data-point="${this.shown}"] .lane`);
    if (mark === null) return;
    const { left, width, top, bottom } = mark.getBoundingClientRect();
    placeTooltip(tooltip, { host: this, centre: left + width / 2, top, bottom });
  }

  private allValues(): readonly number[] {
    return this.series.flatMap(({ values, intervals }) => [
      ...values.filter((value) => value !== null),
      ...(intervals ?? []).flatMap((interval) => (interval === null ? [] : [interval.low, interval.high])),
    ]);
  }

  /** In even steps, the last one always. */
  private markIndices(): readonly number[] {
    const step = Math.max(1, Math.ceil(this.at.length / mostMarks));
    const last = this.at.length - 1;
    return this.at.map((_, index) => index).filter((index) => index % step === 0 || index === last);
  }

  private spoken(index: number): string {
    const { texts } = this;
    const place = this.at[index];
    return [
      texts.place(place),
      ...this.series.flatMap(({ name, values }) => {
        const value = values[index] ?? null;
        return value === null ? [] : [`${name} ${texts.value(value)}`];
      }),
      ...(place === this.marked ? [texts.marker] : []),
    ].join(', ');
  }

  private readonly hideTooltip = (): void => {
    this.shown = null;
  };

  private async keydown(event: KeyboardEvent): Promise<void> {
    if (event.key === 'Escape') return this.hideTooltip();
    const places = this.markIndices();
    const at = places.findIndex((index) => this.active <= index);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = { Home: 0, End: places.length - 1 }[event.key] ?? (step === undefined ? undefined : at + step);
    if (next === undefined) return;
    event.preventDefault();
    this.active = places[Math.max(0, Math.min(places.length - 1, next))] ?? 0;
    await this.updateComplete;
    this.renderRoot.querySelector<SVGGElement>(`[data-point="${this.active}"]`)?.focus();
  }

  private dataTable(): DataTable {
    const { texts } = this;
    return {
      caption: this.heading,
      columns: [{ name: texts.xAxis }, ...this.series.map(({ name }) => ({ name, numeric: true }))],
      rows: this.at.map((place, index) => [
        { text: texts.place(place), raw: String(place) },
        ...this.series.map(({ values }) => {
          const value = values[index] ?? null;
          return value === null ? { text: '' } : { text: texts.value(value), raw: String(value), hint: String(value) };
        }),
      ]),
    };
  }
}

function wholeTicks(scale: LinearScale): LinearScale {
  return { ...scale, ticks: scale.ticks.filter(Number.isInteger), label: String };
}

/** Without a width of its own it has one around its only value. */
function scaleOver(places: readonly number[]): LinearScale {
  const [low, high] = [places[0] ?? 0, places.at(-1) ?? 0];
  return low < high ? scaleBetween(low, high) : scaleBetween(low, low + 1);
}

function renderGrid(x: LinearScale, y: LinearScale): SVGTemplateResult {
  return svg`<g aria-hidden="true" class="axis">
    ${x.ticks.map(
      (tick) => svg`<line class="tick" x1="${x.position(tick)}%" x2="${x.position(tick)}%" y1="0" y2="100%"></line>
        <text class="x" x="${x.position(tick)}%" y="100%" dy="15">${x.label(tick)}</text>`,
    )}
    ${y.ticks.map(
      (
        tick,
      ) => svg`<line class="tick" x1="0" x2="100%" y1="${100 - y.position(tick)}%" y2="${100 - y.position(tick)}%"></line>
        <text class="y" x="0" dx="-6" y="${100 - y.position(tick)}%" dy="4">${y.label(tick)}</text>`,
    )}
  </g>`;
}

customElements.define('ald-line-chart', AldLineChart);
