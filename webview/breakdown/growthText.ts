import { css, html, LitElement, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { GrowthSegment, ScoreGrowth } from '../../src/core/reward/scoreGrowth';
import { ChartFrame, chartFrameStyles } from '../shared/charts/chartFrame';
import { marksInLine } from '../shared/charts/chartMarks';
import type { DataTable } from '../shared/charts/dataTable';
import { scaleFitting, type LinearScale } from '../shared/charts/linearScale';
import { formatNumber } from '../shared/formatNumber';
import { pageStyles } from '../shared/pageStyles';
import { strings } from './strings';

/** Pixels of the line chart. */
const chartHeight = 110;
/** How strongly the largest change is tinted, percent. */
const strongest = 28;
const mostNamed = 3;

/**
 * The sentences of one response with what each changed, and the score over its tokens as a line.
 *
 * One tab stop: the arrows, Home and End move between the sentences; what is focused or pointed at is told beside it and
 * marked in the line. Raised and lowered scores differ in colour, in the line under them and in the sign of their number.
 */
export class AldGrowth extends LitElement {
  static override properties = {
    heading: { type: String },
    text: { type: String },
    growth: { attribute: false },
    domain: { attribute: false },
  };

  static override styles = [
    pageStyles,
    chartFrameStyles,
    css`
      .plot {
        display: grid;
        grid-template-columns: max-content minmax(0, 1fr);
        column-gap: 8px;
        margin-block: 4px 12px;
      }
      .scale {
        position: relative;
        min-width: 4ch;
        color: var(--vscode-descriptionForeground);
        font-size: 0.85em;
        font-variant-numeric: tabular-nums;
      }
      .scale span {
        display: block;
        text-align: end;
      }
      .scale span:not(:first-child) {
        position: absolute;
        inset-inline-end: 0;
        transform: translateY(-50%);
      }
      .scale .widest {
        visibility: hidden;
        height: 0;
      }
      .plot svg {
        display: block;
        width: 100%;
        overflow: visible;
      }
      .line {
        fill: none;
        stroke: var(--ald-solid);
        stroke-width: 1.5px;
        stroke-linejoin: round;
        vector-effect: non-scaling-stroke;
      }
      .tick,
      .edge {
        vector-effect: non-scaling-stroke;
      }
      .edge {
        stroke: var(--ald-grid);
        stroke-dasharray: 2 3;
      }
      .band {
        fill: transparent;
      }
      .band.shown {
        fill: color-mix(in srgb, var(--vscode-foreground) 12%, transparent);
      }
      .sentences {
        margin: 0;
        padding: 8px 12px;
        max-height: 26em;
        overflow: auto;
        overflow-wrap: anywhere;
        line-height: 1.9;
        unicode-bidi: plaintext;
        background: var(--vscode-textCodeBlock-background);
        border: 1px solid var(--vscode-contrastBorder, transparent);
        border-radius: 3px;
      }
      .sentence,
      .space {
        white-space: pre-wrap;
      }
      .sentence {
        border-radius: 2px;
        border-block-end: 2px solid transparent;
        padding-block-end: 1px;
        cursor: default;
      }
      .sentence.raises {
        background: color-mix(in srgb, var(--ald-solid) var(--strength), transparent);
        border-block-end-color: var(--ald-solid);
      }
      .sentence.lowers {
        background: color-mix(in srgb, var(--ald-hatched) var(--strength), transparent);
        border-block-end: 2px dashed var(--ald-hatched);
      }
      .sentence.first {
        border-block-end: 2px dotted var(--vscode-descriptionForeground);
      }
      .sentence:hover,
      .sentence:focus-visible {
        outline: 1px solid var(--vscode-focusBorder);
        outline-offset: 0;
      }
      .delta {
        font-size: 0.85em;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
        margin-inline: 3px 5px;
        user-select: none;
      }
      .end {
        padding: 0 4px;
        border: 1px solid color-mix(in srgb, currentColor 45%, transparent);
        border-radius: 3px;
        font-size: 0.9em;
      }
    `,
  ];

  heading = '';
  /** The templated text, in which the offsets of `growth` lie. */
  text = '';
  growth: ScoreGrowth = { points: [], segments: [], closing: null };
  /** Scores that the line chart shows, where several are to be compared. */
  domain: readonly number[] = [];
  private readonly frame = new ChartFrame(this, () => this.marks.hideTooltip());
  /** Of the steps. */
  private readonly marks = marksInLine(this, { count: () => this.steps().length });

  protected override render(): TemplateResult {
    return this.frame.render({
      heading: this.heading,
      table: this.dataTable(),
      renderChart: () => html`${this.renderLine()} ${this.renderSentences()} ${this.renderTooltip()}`,
    });
  }

  /** The sentences, and the end of the turn where it counts. */
  private steps(): readonly GrowthSegment[] {
    const { segments, closing } = this.growth;
    return closing === null ? segments : [...segments, closing];
  }

  private renderLine(): TemplateResult {
    const { points } = this.growth;
    const scores = points.map(({ score }) => score);
    const scale = scaleFitting([...scores, ...this.domain]);
    const x = (index: number): number => (points.length < 2 ? 50 : (100 * index) / (points.length - 1));
    const y = (score: number): number => chartHeight - (chartHeight * scale.position(score)) / 100;
    const path = points.map(
      ({ score }, index) => `${index === 0 ? 'M' : 'L'}${x(index).toFixed(3)} ${y(score).toFixed(2)}`,
    );
    const label = strings.growthChart(
      ...([scores[0], scores.at(-1), Math.min(...scores), Math.max(...scores)].map((score) =>
        formatNumber(score ?? NaN),
      ) as [string, string, string, string]),
    );
    return html`<div class="plot">
      ${renderScale(scale)}
      <svg
        height=${chartHeight}
        viewBox="0 0 100 ${chartHeight}"
        preserveAspectRatio="none"
        role="img"
        aria-label=${label}
      >
        ${this.edges(x).map(({ from, to }, index) => this.band(from, to, index))}
        ${scale.ticks.map((tick) => svg`<line class="tick" x1="0" x2="100" y1=${y(tick)} y2=${y(tick)}></line>`)}
        ${this.edges(x)
          .slice(0, -1)
          .map(({ to }) => svg`<line class="edge" x1=${to} x2=${to} y1="0" y2=${chartHeight}></line>`)}
        <path class="line" d=${path.join('')}></path>
      </svg>
    </div>`;
  }

  /** Where each step lies along the line. */
  private edges(x: (index: number) => number): readonly { readonly from: number; readonly to: number }[] {
    const { points, closing } = this.growth;
    let from = 0;
    return this.steps().map((step) => {
      const last = step === closing ? points.length - 1 : lastWithin(points, step.end, closing === null ? 0 : 1);
      const place = { from, to: x(last) };
      from = place.to;
      return place;
    });
  }

  private band(from: number, to: number, index: number): SVGTemplateResult {
    return svg`<rect class="band ${index === this.marks.shown?.index ? 'shown' : ''}" x=${from} width=${Math.max(0, to - from)}
      y="0" height=${chartHeight} @pointerenter=${() => this.marks.show({ index })} @pointerleave=${this.marks.hideTooltip}></rect>`;
  }

  private renderSentences(): TemplateResult {
    const steps = this.steps();
    const most = Math.max(...steps.map(changeOf).map(Math.abs), Number.MIN_VALUE);
    return html`<div
      class="sentences"
      role="list"
      aria-label=${this.heading}
      @keydown=${this.marks.keydown}
      @focusin=${this.marks.focused}
      @focusout=${this.marks.hideTooltip}
    >
      ${steps.map((step, index) => this.renderSentence(step, index, most))}
    </div>`;
  }

  private renderSentence(step: GrowthSegment, index: number, most: number): TemplateResult {
    const isFirst = step.before === null;
    const change = changeOf(step);
    const kind = isFirst ? 'first' : 0 < change ? 'raises' : change < 0 ? 'lowers' : 'same';
    const strength = `--strength: ${Math.round((strongest * Math.abs(change)) / most)}%`;
    const isEnd = step === this.growth.closing;
    const content = isEnd ? html`<span class="end">${strings.endOfTurn}</span>` : this.text.slice(step.start, step.end);
    const [words, space] = isEnd ? [content, ''] : splitSpace(content as string);
    return html`<span
        class="mark sentence ${kind}"
        role="listitem"
        tabindex=${index === this.marks.active.index ? 0 : -1}
        data-index=${index}
        aria-label=${this.spoken(step, index)}
        .style=${strength}
        @pointerenter=${this.marks.pointed}
        @pointerleave=${this.marks.hideTooltip}
        >${words}</span
      ><span class="delta quiet" aria-hidden="true"
        >${isFirst ? formatNumber(step.after) : formatNumber(change, { signed: true })}</span
      ><span class="space">${space}</span>`;
  }

  private renderTooltip(): TemplateResult | typeof nothing {
    const { shown } = this.marks;
    const step = shown === null ? undefined : this.steps()[shown.index];
    if (step === undefined || shown === null) return nothing;
    return html`<div class="tooltip" aria-hidden="true">
      <p>
        <strong>${this.nameOf(step, shown.index)}</strong>
        ${step.before === null ? nothing : html`<span class="raw">${formatNumber(changeOf(step), { signed: true })}</span>`}
      </p>
      <p>${courseOf(step)}</p>
      ${step.contributions.length < 2 ? nothing : html`<p class="quiet">${strings.mostChanged(changesOf(step))}</p>`}
    </div>`;
  }

  private nameOf(step: GrowthSegment, index: number): string {
    const { segments, closing } = this.growth;
    return step === closing ? strings.endOfTurn : strings.sentence(index + 1, segments.length);
  }

  private spoken(step: GrowthSegment, index: number): string {
    const words = step === this.growth.closing ? [] : [this.text.slice(step.start, step.end).trim()];
    const change = step.before === null ? [] : [formatNumber(changeOf(step), { signed: true })];
    return [this.nameOf(step, index), ...change, courseOf(step), ...words].join(', ');
  }

  private dataTable(): DataTable {
    return {
      caption: this.heading,
      columns: [
        { name: strings.sentenceColumn },
        { name: strings.changeColumn, numeric: true },
        { name: strings.afterColumn, numeric: true },
      ],
      rows: this.steps().map((step) => {
        const text = step === this.growth.closing ? strings.endOfTurn : this.text.slice(step.start, step.end).trim();
        return [
          { text },
          step.before === null
            ? { text: '' }
            : { text: formatNumber(changeOf(step), { signed: true }), raw: String(changeOf(step)) },
          { text: formatNumber(step.after), raw: String(step.after) },
        ];
      }),
    };
  }
}

function renderScale({ ticks, label, position }: LinearScale): TemplateResult {
  const labels = ticks.map(label);
  const widest = labels.reduce((longest, text) => (longest.length < text.length ? text : longest), '');
  return html`<div class="scale" aria-hidden="true">
    <span class="widest">${widest}</span>
    ${labels.map((text, index) => html`<span .style=${`top: ${chartHeight - (chartHeight * position(ticks[index])) / 100}px`}>${text}</span>`)}
  </div>`;
}

/** What is before the first sentence is nothing, and no change. */
function changeOf({ before, after }: GrowthSegment): number {
  return before === null ? 0 : after - before;
}

function courseOf({ before, after }: GrowthSegment): string {
  return before === null
    ? strings.startsAt(formatNumber(after))
    : strings.fromTo(formatNumber(before), formatNumber(after));
}

function changesOf({ contributions }: GrowthSegment): string {
  return [...contributions]
    .sort((a, b) => Math.abs(b.change) - Math.abs(a.change))
    .slice(0, mostNamed)
    .map(({ name, change }) => `${name} ${formatNumber(change, { signed: true })}`)
    .join(', ');
}

/** The last point that lies within the first `end` characters, the end of the turn left out. */
function lastWithin(points: ScoreGrowth['points'], end: number, closing: number): number {
  let last = 0;
  for (let index = 0; index < points.length - closing; index += 1) if (points[index].end <= end) last = index;
  return last;
}

/** The number of a sentence stands behind its words, before the space that follows it. */
function splitSpace(text: string): readonly [words: string, space: string] {
  const words = text.trimEnd();
  return words === '' ? [text, ''] : [words, text.slice(words.length)];
}

customElements.define('ald-growth', AldGrowth);
