import { html, LitElement, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { HistogramBin } from '../../../src/core/dataset/histogram';
import { formatNumber } from '../formatNumber';
import { pageStyles } from '../pageStyles';
import { bar, hatchPattern, renderSeriesLegend, type BarMark } from './bar';
import { ChartFrame, chartFrameStyles } from './chartFrame';
import { indexAfter, marksInLine, sidewardArrows, type ExplainedBox } from './chartMarks';
import type { DataTable } from './dataTable';
import { histogramStyles } from './histogramStyles';

export interface HistogramSeries {
  /** Empty when there is only one and it needs no name. */
  readonly name: string;
  /** `bySign`: bars below zero are hatched, the others solid. */
  readonly mark: BarMark;
  /** Drawn as a line through the bars; null: none. */
  readonly mean: number | null;
}

/** Texts of the chart, given by the page. */
export interface HistogramTexts {
  readonly rangeColumn: string;
  readonly countColumn: string;
  readonly range: (from: string, to: string) => string;
  readonly value: (value: string) => string;
  readonly count: (count: number) => string;
  readonly share: (share: string) => string;
  /** Said of the bars that can be chosen. */
  readonly choose: string;
  readonly meanOf: (mean: string, name: string) => string;
}

/** What a chosen bar means; null: the choice was taken back. */
export type BinEvent = CustomEvent<{ readonly bin: HistogramBin | null }>;

/**
 * A histogram of one series, or of two: the first above the line, the second below it, over the same bars.
 *
 * One tab stop; left and right move between the bars, Home and End to the ends. With `selectable`, Enter, Space or a click
 * chooses a bar and emits `ald-bin`. A data table with the exact counts stands behind it, and is shown instead on request
 * unless `small`. Emits `ald-copy` with `{text}`.
 */
export class AldHistogram extends LitElement {
  static override properties = {
    heading: { type: String },
    note: { type: String },
    hint: { type: String },
    bins: { attribute: false },
    series: { attribute: false },
    texts: { attribute: false },
    small: { type: Boolean, reflect: true },
    selectable: { type: Boolean },
    selected: { attribute: false },
  };

  static override styles = [pageStyles, chartFrameStyles, histogramStyles];

  heading = '';
  /** Stands under the heading. */
  note = '';
  /** Explains the heading on hover. */
  hint = '';
  bins: readonly HistogramBin[] = [];
  /** One or two, as the counts of the bins. */
  series: readonly HistogramSeries[] = [];
  texts!: HistogramTexts;
  small = false;
  selectable = false;
  /** The chosen bar. */
  selected: HistogramBin | null = null;
  private readonly frame = new ChartFrame(this, () => this.marks.hideTooltip());
  private readonly marks = marksInLine(this, {
    count: () => this.bins.length,
    indexAfter: (key, active) => indexAfter(key, active, this.bins.length, sidewardArrows),
    choose: (index) => this.choose(this.bins[index]),
    boxOf: ({ index }) => this.boxOf(index),
  });

  protected override render(): TemplateResult {
    const { heading, hint, note, small } = this;
    return this.frame.render({
      ...{ heading, hint, note, small },
      legend: renderSeriesLegend(this.series),
      table: this.dataTable(),
      renderChart: () => this.renderChart(),
    });
  }

  private renderChart(): TemplateResult {
    const { bins, series } = this;
    const most = Math.max(1, ...bins.flatMap(({ counts }) => counts));
    return html`<div class="plot ${series.length === 2 ? 'mirrored' : ''}">
        <svg
          role="list"
          aria-label=${this.heading}
          preserveAspectRatio="none"
          @keydown=${this.marks.keydown}
          @focusin=${this.marks.focused}
          @focusout=${this.marks.hideTooltip}
        >
          ${hatchPattern()} ${bins.map((bin, index) => this.renderBin(bin, index, most))}
          ${series.map(({ mean }, index) => this.renderMean(mean, index))} ${this.renderZero()}
          <line class="base" x1="0" x2="100%" y1=${this.baseline()} y2=${this.baseline()}></line>
        </svg>
      </div>
      ${this.renderAxis()} ${this.renderTooltip()}`;
  }

  private renderAxis(): TemplateResult {
    const first = this.bins[0];
    const last = this.bins[this.bins.length - 1];
    if (first === undefined || last === undefined) return html``;
    const zero = this.position(0);
    const edge = this.small ? 18 : 8;
    const isZeroClear = edge < zero && zero < 100 - edge;
    return html`<svg class="axis" height="16" role="presentation" aria-hidden="true">
      ${
        first.from === last.to
          ? svg`<text class="middle" x="50%" y="12">${formatEnd(first.from)}</text>`
          : svg`<text x="0" y="12">${formatEnd(first.from)}</text>
              ${isZeroClear ? svg`<text class="middle" x="${zero}%" y="12">0</text>` : nothing}
              <text class="end" x="100%" y="12">${formatEnd(last.to)}</text>`
      }
    </svg>`;
  }

  private renderBin(bin: HistogramBin, index: number, most: number): SVGTemplateResult {
    const width = 100 / this.bins.length;
    const isSelected = this.selected !== null && isSame(this.selected, bin);
    return svg`<g
      class="mark ${isSelected ? 'selected' : ''} ${this.selected !== null && !isSelected ? 'dimmed' : ''}"
      role="listitem"
      tabindex=${index === this.marks.active.index ? 0 : -1}
      aria-label=${this.spoken(bin, isSelected)}
      data-index=${index}
      @click=${() => this.choose(bin)}
      @pointerenter=${this.marks.pointed}
      @pointerleave=${this.marks.hideTooltip}
    >
      <rect class="lane" x="${index * width}%" y="0" width="${width}%" height="100%"></rect>
      ${bin.counts.map((count, series) => this.renderBar({ bin, index, count, series, most, width }))}
    </g>`;
  }

  private renderBar({ bin, index, count, series, most, width }: BarParams): SVGTemplateResult | typeof nothing {
    if (count === 0) return nothing;
    const { mark } = this.series[series];
    const room = this.series.length === 2 ? 50 : 100;
    // What is there is seen, however many others there are.
    const height = Math.max(1.5, (room - 4) * (count / most));
    const y = series === 0 ? room - height : 50;
    const gap = this.bins.length === 1 ? 40 : 0.08 * width;
    return bar({
      x: `${index * width + gap}%`,
      width: `${width - 2 * gap}%`,
      y: `${y}%`,
      height: `${height}%`,
      mark,
      value: bin.from,
    });
  }

  private renderMean(mean: number | null, series: number): SVGTemplateResult | typeof nothing {
    if (mean === null || this.bins.length < 2) return nothing;
    const x = `${this.position(mean)}%`;
    const mirrored = this.series.length === 2;
    const [y1, y2] = !mirrored ? ['0', '100%'] : series === 0 ? ['0', '50%'] : ['50%', '100%'];
    return svg`<line class="mean" x1=${x} x2=${x} y1=${y1} y2=${y2}></line>`;
  }

  private renderZero(): SVGTemplateResult | typeof nothing {
    const zero = this.position(0);
    if (zero <= 0 || 100 <= zero) return nothing;
    return svg`<line class="zero" x1="${zero}%" x2="${zero}%" y1="0" y2="100%"></line>`;
  }

  private renderTooltip(): TemplateResult | typeof nothing {
    if (this.marks.shown === null) return nothing;
    const bin = this.bins[this.marks.shown.index];
    return html`<div class="tooltip" aria-hidden="true">
      <p><strong>${this.rangeOf(bin)}</strong></p>
      ${bin.counts.map((count, series) => {
        const { name } = this.series[series];
        const share = (100 * count) / Math.max(1, this.total(series));
        const text = `${this.texts.count(count)} · ${this.texts.share(share.toFixed(1))}`;
        return html`<p>${name === '' ? text : `${name}: ${text}`}</p>`;
      })}
      ${this.series.map(({ name, mean }) =>
        mean === null ? nothing : html`<p class="quiet">${this.texts.meanOf(formatNumber(mean), name)}</p>`,
      )}
      ${this.selectable ? html`<p class="quiet">${this.texts.choose}</p>` : nothing}
    </div>`;
  }

  /** A tooltip stands off the plot, in line with its bar. */
  private boxOf(index: number): ExplainedBox | null {
    const plot = this.renderRoot.querySelector('.plot');
    if (plot === null) return null;
    const { left, width, top, bottom } = plot.getBoundingClientRect();
    return { centre: left + (width * (index + 0.5)) / this.bins.length, top, bottom };
  }

  /** Percent of the width; the bars are equally wide. */
  private position(value: number): number {
    const from = this.bins[0]?.from ?? 0;
    const to = this.bins[this.bins.length - 1]?.to ?? 0;
    return to === from ? 50 : (100 * (value - from)) / (to - from);
  }

  private baseline(): string {
    return this.series.length === 2 ? '50%' : '100%';
  }

  private total(series: number): number {
    return this.bins.reduce((sum, { counts }) => sum + counts[series], 0);
  }

  private rangeOf({ from, to }: HistogramBin): string {
    return from === to ? this.texts.value(formatEnd(from)) : this.texts.range(formatEnd(from), formatEnd(to));
  }

  private spoken(bin: HistogramBin, isSelected: boolean): string {
    const counts = bin.counts.map((count, series) => {
      const { name } = this.series[series];
      return name === '' ? this.texts.count(count) : `${name} ${this.texts.count(count)}`;
    });
    return [this.rangeOf(bin), ...counts, ...(isSelected ? ['✓'] : [])].join(', ');
  }

  private choose(bin: HistogramBin): void {
    if (!this.selectable) return;
    const isSelected = this.selected !== null && isSame(this.selected, bin);
    const detail = { bin: isSelected ? null : bin };
    this.dispatchEvent(new CustomEvent('ald-bin', { detail, bubbles: true, composed: true }));
  }

  private dataTable(): DataTable {
    return {
      caption: this.heading,
      columns: [
        { name: this.texts.rangeColumn },
        ...this.series.map(({ name }) => ({ name: name === '' ? this.texts.countColumn : name, numeric: true })),
      ],
      rows: this.bins.map((bin) => [
        { text: this.rangeOf(bin), raw: `${bin.from} … ${bin.to}` },
        ...bin.counts.map((count) => ({ text: String(count) })),
      ]),
    };
  }
}

interface BarParams {
  readonly bin: HistogramBin;
  readonly index: number;
  readonly count: number;
  readonly series: number;
  readonly most: number;
  /** Of a bar, in percent. */
  readonly width: number;
}

function isSame(a: HistogramBin, b: HistogramBin): boolean {
  return a.from === b.from && a.to === b.to;
}

/** Ends of bars are round numbers: no more digits than they have. */
function formatEnd(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 0.0001 || 1e6 <= magnitude)) {
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e')
      .replaceAll('-', '−');
  }
  return String(Number(value.toPrecision(6))).replace('-', '−');
}

customElements.define('ald-histogram', AldHistogram);
