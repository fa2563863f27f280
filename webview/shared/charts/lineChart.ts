import { html, LitElement, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { pageStyles } from '../pageStyles';
import { ChartFrame, chartFrameStyles } from './chartFrame';
import { indexAfter, marksInLine } from './chartMarks';
import type { DataTable } from './dataTable';
import { lineChartStyles } from './lineChartStyles';
import { scaleBetween, scaleFitting, type LinearScale } from './linearScale';
import { planeAxesStyles, renderPlaneAxes } from './planeAxes';

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
  };

  static override styles = [pageStyles, chartFrameStyles, planeAxesStyles, lineChartStyles];

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
  private readonly frame = new ChartFrame(this, () => this.marks.hideTooltip());
  /** Of the places: the index in `at`. */
  private readonly marks = marksInLine(this, {
    count: () => this.at.length,
    indexAfter: (key, active) => {
      const places = this.markIndices();
      const from = places.findIndex((index) => active <= index);
      const next = indexAfter(key, from, places.length);
      return next === null ? null : (places[next] ?? 0);
    },
  });

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
        @keydown=${this.marks.keydown}
        @focusin=${this.marks.focused}
        @focusout=${this.marks.hideTooltip}
        @pointerleave=${this.marks.hideTooltip}
      >
        ${renderPlaneAxes(this.counted ? wholeTicks(x) : x, y)} ${this.renderMarker(x)}
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
      class="mark ${index === this.marks.shown?.index ? 'shown' : ''}"
      role="listitem"
      tabindex=${index === this.marks.active.index ? 0 : -1}
      aria-label=${this.spoken(index)}
      data-index=${index}
      @pointerenter=${this.marks.pointed}
    >
      <rect class="lane" x="${x.position(this.at[index]) - width / 2}%" width="${width}%" y="0" height="100%"></rect>
    </g>`;
  }

  private renderTooltip(): TemplateResult | typeof nothing {
    if (this.marks.shown === null) return nothing;
    const { index } = this.marks.shown;
    const place = this.at[index];
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

customElements.define('ald-line-chart', AldLineChart);
