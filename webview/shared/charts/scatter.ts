import { html, LitElement, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { pageStyles } from '../pageStyles';
import { ChartFrame, chartFrameStyles } from './chartFrame';
import { indexAfter, marksInLine } from './chartMarks';
import type { DataTable } from './dataTable';
import { scaleFitting, type LinearScale } from './linearScale';
import { planeAxesStyles, renderPlaneAxes } from './planeAxes';
import { scatterStyles } from './scatterStyles';

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  /** What it stands for, as spoken and in the table. */
  readonly name: string;
  /** One of the best: filled, and joined with the others of its kind. */
  readonly isOnFront: boolean;
  /** Marked by a ring. */
  readonly isCurrent: boolean;
}

/** Texts of the chart, given by the page. */
export interface ScatterTexts {
  readonly nameColumn: string;
  readonly xAxis: string;
  readonly yAxis: string;
  readonly front: string;
  readonly other: string;
  readonly current: string;
  /** Said of the points, which can be chosen. */
  readonly choose: string;
  readonly value: (value: number) => string;
}

/** The point that was chosen: its place in `points`. */
export type PointEvent = CustomEvent<{ readonly index: number }>;

/**
 * Points on a plane, the best of them joined by steps. One tab stop; arrow keys move along the x axis, Home and End to its
 * ends; Enter, Space or a click emits `ald-point`. A data table stands behind it. Emits `ald-copy` with `{text}`.
 */
export class AldScatter extends LitElement {
  static override properties = {
    heading: { type: String },
    note: { type: String },
    points: { attribute: false },
    texts: { attribute: false },
  };

  static override styles = [pageStyles, chartFrameStyles, planeAxesStyles, scatterStyles];

  heading = '';
  note = '';
  points: readonly ScatterPoint[] = [];
  texts!: ScatterTexts;
  private readonly frame = new ChartFrame(this, () => this.marks.hideTooltip());
  /** Of the points: the place in `points`. */
  private readonly marks = marksInLine(this, {
    count: () => this.points.length,
    indexAfter: (key, active) => {
      const order = this.points.map((_, index) => index).sort((a, b) => this.points[a].x - this.points[b].x);
      const next = indexAfter(key, order.indexOf(active), order.length);
      return next === null ? null : (order[next] ?? null);
    },
    choose: (index) => this.choose(index),
  });

  protected override render(): TemplateResult {
    const { heading, note } = this;
    return this.frame.render({
      ...{ heading, note },
      legend: this.renderLegend(),
      actions: html`<slot name="actions"></slot>`,
      table: this.dataTable(),
      renderChart: () => this.renderChart(),
    });
  }

  private renderLegend(): TemplateResult {
    const { front, other, current } = this.texts;
    const key = (kind: string): SVGTemplateResult => svg`<circle class=${kind} cx="7" cy="6" r="4"></circle>`;
    return html`<div class="legend" aria-hidden="true">
      <span><svg width="14" height="12">${key('point front')}</svg>${front}</span>
      <span><svg width="14" height="12">${key('point')}</svg>${other}</span>
      <span
        ><svg width="14" height="12">
          <circle class="ring" cx="7" cy="6" r="5"></circle></svg
        >${current}</span
      >
    </div>`;
  }

  private renderChart(): TemplateResult {
    const x = scaleFitting(this.points.map((point) => point.x));
    const y = scaleFitting(this.points.map((point) => point.y));
    return html`<div class="yAxis quiet" aria-hidden="true">↑ ${this.texts.yAxis}</div>
      <svg
        class="plot"
        role="list"
        aria-label=${this.heading}
        @keydown=${this.marks.keydown}
        @focusin=${this.marks.focused}
        @focusout=${this.marks.hideTooltip}
      >
        ${renderPlaneAxes(x, y)} ${this.renderFront(x, y)}
        ${this.points.map((point, index) => this.renderPoint(point, index, x, y))}
      </svg>
      <div class="xAxis quiet" aria-hidden="true">${this.texts.xAxis} →</div>
      ${this.renderTooltip()}`;
  }

  /** Steps between the best points: what lies behind them is no better in anything. */
  private renderFront(x: LinearScale, y: LinearScale): readonly SVGTemplateResult[] {
    const front = this.points.filter(({ isOnFront }) => isOnFront).sort((a, b) => a.x - b.x);
    return front.slice(1).map((point, index) => {
      const [from, to] = [front[index], point];
      return svg`<line class="front-line" x1="${x.position(from.x)}%" y1="${100 - y.position(from.y)}%"
        x2="${x.position(to.x)}%" y2="${100 - y.position(from.y)}%"></line>
      <line class="front-line" x1="${x.position(to.x)}%" y1="${100 - y.position(from.y)}%"
        x2="${x.position(to.x)}%" y2="${100 - y.position(to.y)}%"></line>`;
    });
  }

  private renderPoint(point: ScatterPoint, index: number, x: LinearScale, y: LinearScale): SVGTemplateResult {
    const [cx, cy] = [`${x.position(point.x)}%`, `${100 - y.position(point.y)}%`];
    return svg`<g
      class="mark"
      role="listitem"
      tabindex=${index === this.marks.active.index ? 0 : -1}
      aria-label=${this.spoken(point)}
      data-index=${index}
      @click=${() => this.choose(index)}
      @pointerenter=${this.marks.pointed}
      @pointerleave=${this.marks.hideTooltip}
    >
      <circle class="lane" cx=${cx} cy=${cy} r="10"></circle>
      ${point.isCurrent ? svg`<circle class="ring" cx=${cx} cy=${cy} r="8"></circle>` : nothing}
      <circle class="point ${point.isOnFront ? 'front' : ''}" cx=${cx} cy=${cy} r="4.5"></circle>
    </g>`;
  }

  private renderTooltip(): TemplateResult | typeof nothing {
    if (this.marks.shown === null) return nothing;
    const { name, x, y, isOnFront, isCurrent } = this.points[this.marks.shown.index];
    const { texts } = this;
    const kinds = [isOnFront ? texts.front : texts.other, ...(isCurrent ? [texts.current] : [])];
    return html`<div class="tooltip" aria-hidden="true">
      <p><strong>${name}</strong></p>
      <p>${texts.yAxis} <span class="raw">${String(y)}</span></p>
      <p>${texts.xAxis} <span class="raw">${String(x)}</span></p>
      <p class="quiet">${kinds.join(' · ')}. ${texts.choose}</p>
    </div>`;
  }

  private spoken({ name, x, y, isOnFront, isCurrent }: ScatterPoint): string {
    const { texts } = this;
    return [
      name,
      `${texts.yAxis} ${texts.value(y)}`,
      `${texts.xAxis} ${texts.value(x)}`,
      ...(isOnFront ? [texts.front] : []),
      ...(isCurrent ? [texts.current] : []),
    ].join(', ');
  }

  private choose(index: number): void {
    this.dispatchEvent(new CustomEvent('ald-point', { detail: { index }, bubbles: true, composed: true }));
  }

  private dataTable(): DataTable {
    const { texts } = this;
    return {
      caption: this.heading,
      columns: [
        { name: texts.nameColumn },
        { name: texts.yAxis, numeric: true },
        { name: texts.xAxis, numeric: true },
        { name: texts.front },
      ],
      rows: this.points.map(({ name, x, y, isOnFront }) => [
        { text: name },
        { text: texts.value(y), raw: String(y), hint: String(y) },
        { text: texts.value(x), raw: String(x), hint: String(x) },
        { text: isOnFront ? '✓' : '' },
      ]),
    };
  }
}

customElements.define('ald-scatter', AldScatter);
