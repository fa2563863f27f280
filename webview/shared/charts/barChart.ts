import { html, LitElement, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { formatNumber } from '../formatNumber';
import { chevronDownIcon, chevronRightIcon, icon } from '../icon';
import { pageStyles } from '../pageStyles';
import { bar, hatchPattern, renderSeriesLegend, type BarMark } from './bar';
import { barChartStyles } from './barChartStyles';
import { ChartFrame, chartFrameStyles } from './chartFrame';
import { ChartMarks, nearestIndex, type ExplainedBox, type MarkPlace } from './chartMarks';
import type { DataTable } from './dataTable';
import { scaleAround, scaleFitting, type LinearScale } from './linearScale';

export interface BarSeries {
  /** Empty when there is only one and it needs no name. */
  readonly name: string;
  readonly mark: BarMark;
}

export interface BarValue {
  readonly value: number;
  /** What the number means, in words. */
  readonly words: string;
  /** Where the bar begins, if not at zero: the value is a step from there. */
  readonly from?: number;
  /** A place and no amount: marked without a bar. */
  readonly isPoint?: boolean;
  /** As printed, where the rounded numbers have to add up. */
  readonly text?: string;
  /** Where the value may lie, drawn as a line with ends across the bar. */
  readonly interval?: { readonly low: number; readonly high: number };
}

export interface BarRow {
  readonly name: string;
  /** What is measured, for the tooltip. */
  readonly description?: string | undefined;
  /** Stands out as the sum of others. */
  readonly isTotal?: boolean;
  /** In place of that of its series. */
  readonly mark?: BarMark;
  /** It stands for several rows, and shows or hides them when it is chosen (`ald-expand`). */
  readonly expanded?: boolean;
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

type Place = MarkPlace<'row' | 'series'>;

const axisHeight = 18;

/**
 * A diverging bar chart: one row a name, one bar a series, zero in line. Rows are drawn in the order given.
 *
 * One tab stop; up and down move between rows, left and right between series, Home and End to the ends. A data table
 * with the exact values stands behind it, for screen readers, and is shown instead of the bars on request.
 * Enter, Space or a click on a row that stands for others emits `ald-expand`. Emits `ald-copy` with `{text}` (tab-separated, exact values).
 */
export class AldBarChart extends LitElement {
  static override properties = {
    heading: { type: String },
    note: { type: String },
    series: { attribute: false },
    rows: { attribute: false },
    signed: { type: Boolean },
    fitted: { type: Boolean },
    texts: { attribute: false },
  };

  static override styles = [pageStyles, chartFrameStyles, barChartStyles];

  heading = '';
  note = '';
  series: readonly BarSeries[] = [];
  rows: readonly BarRow[] = [];
  /** Positive values carry a plus. */
  signed = false;
  /** The scale is that of the values, also where zero is far off. */
  fitted = false;
  texts: BarChartTexts = { nameColumn: '', valueColumn: '' };
  private readonly frame = new ChartFrame(this, () => this.marks.hideTooltip());
  private readonly marks = new ChartMarks(this, {
    names: ['row', 'series'],
    nearest: ({ row, series }) => ({
      row: nearestIndex(row, this.rows.length),
      series: nearestIndex(series, this.series.length),
    }),
    has: ({ row, series }) => this.rows[row]?.values[series] !== undefined,
    placeAfter: (key, active) => this.placeAfter(key, active),
    choose: ({ row }) => this.choose(this.rows[row]),
    boxOf: (place) => this.boxOf(place),
  });

  protected override willUpdate(): void {
    this.style.setProperty('--ald-lines', linesOf(this.scale()));
  }

  protected override render(): TemplateResult {
    const { heading, note } = this;
    return this.frame.render({
      ...{ heading, note },
      legend: renderSeriesLegend(this.series),
      // What the page puts there stands before the control of the table.
      actions: html`<slot name="actions"></slot>`,
      table: this.dataTable(),
      renderChart: () => this.renderChart(),
    });
  }

  private renderChart(): TemplateResult {
    const scale = this.scale();
    return html`<svg width="0" height="0" class="hidden" aria-hidden="true">${hatchPattern()}</svg>
      <div
        class="rows ${this.series.length === 1 ? '' : 'double'}"
        role="list"
        aria-label=${this.heading}
        @keydown=${this.marks.keydown}
        @focusin=${this.marks.focused}
        @focusout=${this.marks.hideTooltip}
        @pointerover=${this.marks.pointed}
        @pointerleave=${this.marks.hideTooltip}
      >
        ${this.rows.map((row, index) => this.renderRow(row, index, scale))} ${renderAxis(scale)}
      </div>
      ${this.renderTooltip()}`;
  }

  private scale(): LinearScale {
    const values = this.rows.flatMap((row) => row.values.flatMap(placesOf));
    return this.fitted ? scaleFitting(values) : scaleAround(values);
  }

  private renderRow(row: BarRow, index: number, scale: LinearScale): TemplateResult {
    const single = this.series.length === 1;
    const lane = single ? 22 : 15;
    const gap = single ? 0 : 3;
    const height = lane * this.series.length + 2 * gap;
    const isGroup = row.expanded !== undefined;
    return html`<div
      class="row ${row.isTotal ? 'total' : ''} ${isGroup ? 'group' : ''}"
      @click=${isGroup ? () => this.expand(row) : nothing}
    >
      <div class="name" aria-hidden="true">
        ${isGroup ? icon(row.expanded ? chevronDownIcon : chevronRightIcon) : nothing}<bdi>${row.name}</bdi>
      </div>
      <svg class="plot" height=${height} role="presentation">
        ${row.values.map((value, series) => this.renderMark({ row, value, place: { row: index, series }, lane, gap, scale }))}
      </svg>
      <div class="values" aria-hidden="true">
        ${row.values.map(({ value, text }) => html`<span>${text ?? formatNumber(value, { signed: this.signed })}</span>`)}
      </div>
    </div>`;
  }

  private renderMark({ row, value, place, lane, gap, scale }: MarkParams): SVGTemplateResult {
    const { value: number } = value;
    const series = this.series[place.series];
    const { from = 0, isPoint = false } = value;
    const start = isPoint ? scale.position(number) : scale.position(from);
    const end = Number.isFinite(number) && !isPoint ? scale.position(from + number) : start;
    const y = gap + place.series * lane;
    const inset = this.series.length === 1 ? 5 : 2;
    const { active } = this.marks;
    const isActive = place.row === active.row && place.series === active.series;
    const spoken = [row.name, this.textOf(value), series.name].filter((part) => part !== '');
    return svg`<g
      class="mark"
      role="listitem"
      tabindex=${isActive ? 0 : -1}
      aria-label=${spoken.join(', ')}
      data-row=${place.row}
      data-series=${place.series}
      aria-expanded=${row.expanded ?? nothing}
    >
      <rect class="lane" x="0" y=${y} width="100%" height=${lane} rx="2"></rect>
      ${end === start ? nothing : bar({ x: `${Math.min(start, end)}%`, width: `${Math.abs(end - start)}%`, y: y + inset, height: lane - 2 * inset, mark: row.mark ?? (row.isTotal ? 'plain' : series.mark), value: number })}
      ${isPoint ? svg`<line class="point" x1="${start}%" x2="${start}%" y1=${y + 3} y2=${y + lane - 3}></line>` : nothing}
      ${value.from === undefined ? nothing : connector({ start, end, y, lane, inset })}
      ${value.interval === undefined ? nothing : whisker(value.interval, y + lane / 2, scale)}
    </g>`;
  }

  /** As spoken and in the table; an interval stands behind its value. */
  private textOf({ value, interval, text }: BarValue): string {
    if (text !== undefined) return text;
    const format = (number: number): string => formatNumber(number, { signed: this.signed });
    return interval === undefined
      ? format(value)
      : `${format(value)} (${format(interval.low)}, ${format(interval.high)})`;
  }

  private renderTooltip(): TemplateResult | typeof nothing {
    const { shown } = this.marks;
    if (shown === null) return nothing;
    const row = this.rows[shown.row];
    const { value, words } = row.values[shown.series];
    const name = this.series[shown.series].name;
    return html`<div class="tooltip" aria-hidden="true">
      <p>
        <strong>${row.name}</strong>${name === '' ? nothing : html` · ${name}`}
        <span class="raw">${String(value)}</span>
      </p>
      <p>${words}</p>
      ${row.description === undefined ? nothing : html`<p class="quiet">${row.description}</p>`}
    </div>`;
  }

  /** A tooltip stands off the whole row, in the middle of its bars. */
  private boxOf(place: Place): ExplainedBox | null {
    const row = this.marks.markAt(place)?.closest('.row') ?? null;
    if (row === null) return null;
    const plot = row.querySelector('svg.plot')!.getBoundingClientRect();
    const { top, bottom } = row.getBoundingClientRect();
    return { centre: plot.left + plot.width / 2, top, bottom };
  }

  private choose(row: BarRow | undefined): boolean {
    if (row?.expanded === undefined) return false;
    this.expand(row);
    return true;
  }

  private expand({ name }: BarRow): void {
    this.dispatchEvent(new CustomEvent('ald-expand', { detail: { name }, bubbles: true, composed: true }));
  }

  private placeAfter(key: string, { row, series }: Place): Place | null {
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

/** Everything that has to be on the scale. */
function placesOf({ value, from = 0, interval }: BarValue): readonly number[] {
  return [
    from + value,
    ...(from === 0 ? [] : [from]),
    ...(interval === undefined ? [] : [interval.low, interval.high]),
  ];
}

/** Leads the eye from the end of the bar above to this one, and on. */
function connector({
  start,
  end,
  y,
  lane,
  inset,
}: Record<'start' | 'end' | 'y' | 'lane' | 'inset', number>): SVGTemplateResult {
  return svg`<line class="connector" x1="${start}%" x2="${start}%" y1=${y} y2=${y + inset}></line>
    <line class="connector" x1="${end}%" x2="${end}%" y1=${y + lane - inset} y2=${y + lane}></line>`;
}

/** A line from end to end of the interval, with a stop at each. */
function whisker({ low, high }: NonNullable<BarValue['interval']>, y: number, scale: LinearScale): SVGTemplateResult {
  const [from, to] = [scale.position(low), scale.position(high)].map((place) => `${place}%`);
  return svg`<g class="whisker">
    <line x1=${from} x2=${to} y1=${y} y2=${y}></line>
    ${[from, to].map((end) => svg`<line x1=${end} x2=${end} y1=${y - 3} y2=${y + 3}></line>`)}
  </g>`;
}

/** The lines of zero and of the ticks, as the background of every plot: one style in place of nodes in each row. */
function linesOf({ position, ticks }: LinearScale): string {
  const line = (value: number, colour: string): string =>
    `linear-gradient(${colour}, ${colour}) ${position(value)}% 0 / 1px 100% no-repeat`;
  const zero = 0 <= position(0) && position(0) <= 100 ? [line(0, 'var(--ald-zero)')] : [];
  return [...zero, ...ticks.map((tick) => line(tick, 'var(--ald-grid)'))].join(', ');
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
