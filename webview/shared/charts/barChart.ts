import { html, LitElement, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { formatNumber } from '../formatNumber';
import { copyIcon, icon, tableIcon } from '../icon';
import '../kit';
import { pageStyles } from '../pageStyles';
import { barChartStyles } from './barChartStyles';
import { renderDataTable, tableAsText, type DataTable } from './dataTable';
import { scaleAround, type LinearScale } from './linearScale';

export interface BarSeries {
  /** Empty when there is only one and it needs no name. */
  readonly name: string;
  /** `bySign`: positive values are solid, negative ones hatched. `plain`: one quiet colour. */
  readonly mark: 'solid' | 'hatched' | 'bySign' | 'plain';
}

export interface BarValue {
  readonly value: number;
  /** What the number means, in words. */
  readonly words: string;
}

export interface BarRow {
  readonly name: string;
  /** What is measured, for the tooltip. */
  readonly description?: string | undefined;
  /** One for every series. */
  readonly values: readonly BarValue[];
}

/** Texts of the chart's own controls, given by the page. */
export interface BarChartTexts {
  readonly showTable: string;
  readonly copyTable: string;
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
    asTable: { state: true },
    active: { state: true },
    shown: { state: true },
  };

  static override styles = [pageStyles, barChartStyles];

  heading = '';
  note = '';
  series: readonly BarSeries[] = [];
  rows: readonly BarRow[] = [];
  /** Positive values carry a plus. */
  signed = false;
  texts: BarChartTexts = { showTable: '', copyTable: '', nameColumn: '', valueColumn: '' };
  private asTable = false;
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
    const table = this.dataTable();
    return html`<header>
        <h2>${this.heading}</h2>
        ${this.renderLegend()}
        <div class="actions">
          ${
            this.asTable
              ? html`<ald-button kind="icon" .label=${this.texts.copyTable} @click=${() => this.copy(table)}
                  >${icon(copyIcon)}</ald-button
                >`
              : nothing
          }
          <ald-button kind="icon" .label=${this.texts.showTable} .pressed=${this.asTable} @click=${this.toggleTable}
            >${icon(tableIcon)}</ald-button
          >
        </div>
      </header>
      ${this.note === '' ? nothing : html`<p class="note">${this.note}</p>`}
      ${
        this.asTable
          ? html`<div class="scroll" tabindex="0" role="region" aria-label=${this.heading}>
              ${renderDataTable(table)}
            </div>`
          : html`${this.renderChart()}
              <div class="hidden">${renderDataTable(table)}</div>`
      }`;
  }

  private renderLegend(): TemplateResult | typeof nothing {
    if (this.series.length < 2 || this.asTable) return nothing;
    return html`<div class="legend" aria-hidden="true">
      ${this.series.map(
        ({ name, mark }) =>
          html`<span
            ><svg width="14" height="10">${bar({ x: '1', width: '12', y: 1, height: 8, mark, value: 1 })}</svg
            >${name}</span
          >`,
      )}
    </div>`;
  }

  private renderChart(): TemplateResult {
    const scale = scaleAround(this.rows.flatMap(({ values }) => values.map(({ value }) => value)));
    return html`<svg width="0" height="0" class="hidden" aria-hidden="true">
        <defs>
          <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect class="hatch-ground" width="5" height="5"></rect>
            <line class="hatch-line" x1="1" y1="0" x2="1" y2="5"></line>
          </pattern>
        </defs>
      </svg>
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
    const spoken = [row.name, formatNumber(number, { signed: this.signed }), series.name].filter((part) => part !== '');
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
    </g>`;
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
    const left = plot.left - this.getBoundingClientRect().left;
    const widest = this.clientWidth - tooltip.offsetWidth;
    tooltip.style.left = `${Math.max(0, Math.min(left, widest))}px`;
    // Above the row where the window ends below it.
    const below = row.getBoundingClientRect().bottom + tooltip.offsetHeight + 8 < window.innerHeight;
    tooltip.style.top = `${below ? row.offsetTop + row.offsetHeight + 4 : row.offsetTop - tooltip.offsetHeight - 4}px`;
  }

  private focused(place: Place): void {
    this.active = place;
    this.shown = place;
  }

  private readonly hideTooltip = (): void => {
    this.shown = null;
  };

  private readonly toggleTable = (): void => {
    this.asTable = !this.asTable;
    this.shown = null;
  };

  private copy(table: DataTable): void {
    this.dispatchEvent(
      new CustomEvent('ald-copy', { detail: { text: tableAsText(table) }, bubbles: true, composed: true }),
    );
  }

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
        ...values.map(({ value, words }) => ({
          text: formatNumber(value, { signed: this.signed }),
          raw: String(value),
          hint: `${value}\n${words}`,
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

interface BarParams {
  readonly x: string;
  readonly width: string;
  readonly y: number;
  readonly height: number;
  readonly mark: BarSeries['mark'];
  readonly value: number;
}

function bar({ x, width, y, height, mark, value }: BarParams): SVGTemplateResult {
  const kind = mark === 'bySign' ? (value < 0 ? 'hatched' : 'solid') : mark;
  return svg`<rect class="bar ${kind}" fill=${kind === 'hatched' ? 'url(#hatch)' : nothing}
    x=${x} y=${y} width=${width} height=${height} rx="1"></rect>`;
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
