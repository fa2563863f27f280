import { html, LitElement, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { pageStyles } from '../pageStyles';
import { hatchPattern } from './bar';
import { ChartFrame, chartFrameStyles } from './chartFrame';
import { ChartMarks, nearestIndex, type MarkPlace } from './chartMarks';
import type { DataTable } from './dataTable';
import { heatMapStyles } from './heatMapStyles';

/** A number; several, as mean, least and most; or nothing. */
export type HeatCell = number | readonly [mean: number, least: number, most: number] | null;

export interface HeatRow {
  readonly name: string;
  /** One for each column, or one that stands for all of them. */
  readonly cells: readonly HeatCell[];
}

/** Rows that belong together, under a name of their own; an empty one is not shown. */
export interface HeatStrip {
  readonly name: string;
  /** Explains the name on hover. */
  readonly hint?: string;
  readonly rows: readonly HeatRow[];
}

/** From 0, nothing, to 1, the full colour; below 0 the other colour. */
export type Shade = (value: number) => number;

/** Texts of the chart, given by the page. */
export interface HeatMapTexts {
  readonly stripColumn: string;
  readonly rowColumn: string;
  readonly placeColumn: string;
  readonly valueColumn: string;
  /** Of the columns `first` to `last` of a row. */
  readonly place: (first: number, last: number) => string;
  /** Of a row that has one cell. */
  readonly whole: string;
  readonly value: (value: number) => string;
  readonly range: (least: string, most: string) => string;
  readonly none: string;
  /** What a cell's number means, in words. */
  readonly words: (strip: HeatStrip, row: HeatRow, cell: HeatCell) => string;
  /** Ends of the scale of colours. */
  readonly low: string;
  readonly high: string;
}

/** The column of a cell that was chosen; null: of a row that has one cell. */
export type CellEvent = CustomEvent<{ readonly column: number | null }>;

type Place = MarkPlace<'strip' | 'row' | 'column'>;

const rowHeight = 16;
/** Of a row with one cell. */
const wholeHeight = 10;
const axisHeight = 16;

/**
 * A heat map: strips of rows over the same columns. The colour of a cell is its number.
 *
 * One tab stop; arrow keys move between cells, Home and End to the ends of a row. A data table with the exact numbers, runs
 * of equal ones in one row, stands behind it and is shown instead on request. Enter, Space or a click on a cell emits
 * `ald-cell`. Emits `ald-copy` with `{text}`.
 */
export class AldHeatMap extends LitElement {
  static override properties = {
    heading: { type: String },
    hint: { type: String },
    note: { type: String },
    strips: { attribute: false },
    columns: { type: Number },
    shade: { attribute: false },
    dividers: { attribute: false },
    marked: { attribute: false },
    texts: { attribute: false },
  };

  static override styles = [pageStyles, chartFrameStyles, heatMapStyles];

  heading = '';
  /** Explains the heading on hover. */
  hint = '';
  /** Stands under the heading. */
  note = '';
  strips: readonly HeatStrip[] = [];
  columns = 0;
  shade: Shade = (value) => value;
  /** Columns before which a line is drawn. */
  dividers: readonly number[] = [];
  /** Columns that stand out, the last one included. */
  marked: { readonly first: number; readonly last: number } | null = null;
  texts!: HeatMapTexts;
  private readonly frame = new ChartFrame(this, () => this.marks.hideTooltip());
  private readonly marks = new ChartMarks(this, {
    names: ['strip', 'row', 'column'],
    nearest: (place) => this.nearest(place),
    has: (place) => this.rowAt(place) !== undefined,
    placeAfter: (key, active) => this.placeAfter(key, active),
    choose: (place) => {
      this.choose(place);
      return true;
    },
    // A row may have a single cell for all columns.
    drawnAt: (place) => ({ ...place, column: nearestIndex(place.column, this.rowAt(place)?.cells.length ?? 1) }),
  });

  protected override render(): TemplateResult {
    const { heading, hint, note } = this;
    return this.frame.render({
      ...{ heading, hint, note },
      legend: this.renderLegend(),
      actions: html`<slot name="actions"></slot>`,
      table: this.dataTable(),
      renderChart: () => this.renderChart(),
    });
  }

  private renderLegend(): TemplateResult {
    return html`<div class="legend" aria-hidden="true">
      <span
        >${this.texts.low}<svg width="70" height="10">
          ${[0, 0.25, 0.5, 0.75, 1].map(
            (shade, index) =>
              svg`<rect class="cell" x=${14 * index} width="14" height="10" fill-opacity=${shade}></rect>`,
          )}</svg
        >${this.texts.high}</span
      >
    </div>`;
  }

  private renderChart(): TemplateResult {
    return html`<svg width="0" height="0" class="hidden" aria-hidden="true">${hatchPattern()}</svg>
      <div
        class="map"
        role="list"
        aria-label=${this.heading}
        @keydown=${this.marks.keydown}
        @focusin=${this.marks.focused}
        @focusout=${this.marks.hideTooltip}
        @pointerover=${this.marks.pointed}
        @pointerleave=${this.marks.hideTooltip}
        @click=${this.clicked}
      >
        ${this.strips.map((strip, index) => this.renderStrip(strip, index))} ${this.renderAxis()}
      </div>
      ${this.renderTooltip()}`;
  }

  private renderStrip(strip: HeatStrip, index: number): TemplateResult {
    return html`${
      strip.name === ''
        ? nothing
        : html`<div class="strip" aria-hidden="true" title=${strip.hint ?? nothing}><bdi>${strip.name}</bdi></div>`
    }
    ${strip.rows.map(
      (row, rowIndex) =>
        html`<div class="row" role="presentation">
          <div class="name" aria-hidden="true">${row.name}</div>
          ${this.renderCells({ strip, row, place: { strip: index, row: rowIndex, column: 0 } })}
        </div>`,
    )}`;
  }

  private renderCells({ strip, row, place }: RowParams): TemplateResult {
    const { cells } = row;
    const isWhole = cells.length === 1 && this.columns !== 1;
    const height = isWhole ? wholeHeight : rowHeight;
    const width = 100 / cells.length;
    const { active } = this.marks;
    const isActiveRow = place.strip === active.strip && place.row === active.row;
    const activeColumn = Math.min(active.column, cells.length - 1);
    return html`<svg class="plot" height=${height} role="presentation">
      ${cells.map((cell, column) => {
        const isActive = isActiveRow && column === activeColumn;
        const x = `${column * width}%`;
        const shade = cell === null ? 0 : this.shade(middleOf(cell));
        return svg`<g
          class="mark"
          role="listitem"
          tabindex=${isActive ? 0 : -1}
          aria-label=${this.spoken(strip, row, column)}
          data-strip=${place.strip}
          data-row=${place.row}
          data-column=${column}
        >
          ${cell === null ? nothing : svg`<rect class=${shade < 0 ? 'below' : 'cell'} fill=${shade < 0 ? 'url(#hatch)' : nothing} x=${x} y="0" width="${width}%" height=${height} fill-opacity=${Math.min(1, Math.abs(shade)).toFixed(3)}></rect>`}
          <rect class="lane" x=${x} y="0" width="${width}%" height=${height}></rect>
        </g>`;
      })}
      ${isWhole ? nothing : this.renderLines(height)}
    </svg>`;
  }

  private renderLines(height: number): SVGTemplateResult {
    const { marked } = this;
    const place = (column: number): string => `${(100 * column) / this.columns}%`;
    return svg`${this.dividers.map(
      (column) => svg`<line class="divider" x1=${place(column)} x2=${place(column)} y1="0" y2=${height}></line>`,
    )}${
      marked === null
        ? nothing
        : svg`<rect class="marked" x=${place(marked.first)} y="0" width=${place(marked.last + 1 - marked.first)} height=${height}></rect>`
    }`;
  }

  private renderAxis(): TemplateResult {
    return html`<div class="row axis" aria-hidden="true">
      <div class="name">${this.texts.placeColumn}</div>
      <svg class="plot" height=${axisHeight} role="presentation">
        ${ticksOf(this.columns).map(
          (column) => svg`<text x="${(100 * (column + 0.5)) / this.columns}%" y="12">${column}</text>`,
        )}
      </svg>
    </div>`;
  }

  private renderTooltip(): TemplateResult | typeof nothing {
    const { shown } = this.marks;
    const strip = shown === null ? undefined : this.strips[shown.strip];
    const row = shown === null ? undefined : this.rowAt(shown);
    if (shown === null || strip === undefined || row === undefined) return nothing;
    const cell = row.cells[Math.min(shown.column, row.cells.length - 1)];
    return html`<div class="tooltip" aria-hidden="true">
      <p>
        <strong>${row.name}</strong>, ${this.placeOf(row, shown.column, shown.column)}
        <span class="raw">${this.textOf(cell)}</span>
      </p>
      ${strip.name === '' ? nothing : html`<p>${strip.name}</p>`}
      <p class="quiet">${this.texts.words(strip, row, cell)}</p>
    </div>`;
  }

  private spoken(strip: HeatStrip, row: HeatRow, column: number): string {
    const cell = row.cells[column];
    const parts = [this.placeOf(row, column, column), row.name, this.textOf(cell), strip.name];
    return parts.filter((part) => part !== '').join(', ');
  }

  private placeOf(row: HeatRow, first: number, last: number): string {
    return row.cells.length === 1 && this.columns !== 1 ? this.texts.whole : this.texts.place(first, last);
  }

  private textOf(cell: HeatCell): string {
    if (cell === null) return this.texts.none;
    if (typeof cell === 'number') return this.texts.value(cell);
    return `${this.texts.value(cell[0])} (${this.texts.range(this.texts.value(cell[1]), this.texts.value(cell[2]))})`;
  }

  private readonly clicked = ({ target }: MouseEvent): void => {
    const place = this.marks.placeOf(target);
    if (place !== null) this.choose(place);
  };

  private choose(place: Place): void {
    const column = this.rowAt(place)?.cells.length === 1 ? null : place.column;
    this.dispatchEvent(new CustomEvent('ald-cell', { detail: { column }, bubbles: true, composed: true }));
  }

  private nearest(place: Place): Place {
    const strip = nearestIndex(place.strip, this.strips.length);
    const row = nearestIndex(place.row, this.strips[strip]?.rows.length ?? 0);
    return { strip, row, column: nearestIndex(place.column, this.columns) };
  }

  private placeAfter(key: string, active: Place): Place | null {
    const { strip, row, column } = active;
    const last = (this.rowAt(active)?.cells.length ?? 1) - 1;
    switch (key) {
      case 'ArrowRight':
        return { strip, row, column: Math.min(last, column + 1) };
      case 'ArrowLeft':
        return { strip, row, column: Math.max(0, column - 1) };
      case 'Home':
        return { strip, row, column: 0 };
      case 'End':
        return { strip, row, column: last };
      case 'ArrowDown':
        if (this.rowAt({ strip, row: row + 1, column }) !== undefined) return { strip, row: row + 1, column };
        return this.rowAt({ strip: strip + 1, row: 0, column }) === undefined
          ? null
          : { strip: strip + 1, row: 0, column };
      case 'ArrowUp': {
        if (0 < row) return { strip, row: row - 1, column };
        const above = this.strips[strip - 1];
        return above === undefined ? null : { strip: strip - 1, row: above.rows.length - 1, column };
      }
      default:
        return null;
    }
  }

  private rowAt({ strip, row }: Place): HeatRow | undefined {
    return this.strips[strip]?.rows[row];
  }

  private dataTable(): DataTable {
    const hasNames = this.strips.some(({ name }) => name !== '');
    const { stripColumn, rowColumn, placeColumn, valueColumn } = this.texts;
    return {
      caption: this.heading,
      columns: [
        ...(hasNames ? [{ name: stripColumn }] : []),
        { name: rowColumn },
        { name: placeColumn },
        { name: valueColumn, numeric: true },
      ],
      rows: this.strips.flatMap((strip) =>
        strip.rows.flatMap((row) =>
          runsOf(row.cells).map(({ first, last, cell }) => [
            ...(hasNames ? [{ text: strip.name }] : []),
            { text: row.name },
            { text: this.placeOf(row, first, last) },
            { text: this.textOf(cell), raw: rawOf(cell), hint: rawOf(cell) },
          ]),
        ),
      ),
    };
  }
}

interface RowParams {
  readonly strip: HeatStrip;
  readonly row: HeatRow;
  readonly place: Place;
}

function middleOf(cell: Exclude<HeatCell, null>): number {
  return typeof cell === 'number' ? cell : cell[0];
}

function rawOf(cell: HeatCell): string {
  return cell === null ? '' : typeof cell === 'number' ? String(cell) : cell.join(' ');
}

/** Neighbours with the same number. */
function runsOf(
  cells: readonly HeatCell[],
): readonly { readonly first: number; readonly last: number; readonly cell: HeatCell }[] {
  const runs: { first: number; last: number; cell: HeatCell }[] = [];
  cells.forEach((cell, column) => {
    const run = runs[runs.length - 1];
    if (run !== undefined && rawOf(run.cell) === rawOf(cell)) run.last = column;
    else runs.push({ first: column, last: column, cell });
  });
  return runs;
}

/** Few, evenly spaced, with the first and the last. */
function ticksOf(columns: number): readonly number[] {
  if (columns <= 8) return Array.from({ length: columns }, (_, column) => column);
  const step = [2, 4, 5, 8, 10, 16, 20, 25, 50, 100].find((wide) => columns / wide <= 6) ?? Math.ceil(columns / 6);
  const last = columns - 1;
  const ticks = Array.from({ length: Math.ceil(columns / step) }, (_, index) => index * step);
  return [...ticks.filter((tick) => tick + step / 2 < last), last];
}

customElements.define('ald-heat-map', AldHeatMap);
