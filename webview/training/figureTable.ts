import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { Interval } from '../../src/core/training/evaluation/headEvaluation';
import { formatCount } from '../shared/formatCount';
import { formatNumber } from '../shared/formatNumber';
import { icon, warningIcon } from '../shared/icon';
import { strings } from './strings';

/** A figure of an objective beside what it has to beat. */
export interface FigureRow {
  readonly name: string;
  readonly kind: 'linear' | 'logistic' | 'computed' | null;
  /** How many, and what is told of them. */
  readonly rows: { readonly count: number; readonly hint: string } | null;
  readonly metric: 'AUC' | 'Spearman' | null;
  readonly value: number | null;
  readonly interval: Interval | null;
  readonly deviation: number | null;
  readonly length: number | null;
  readonly words: number | null;
  /** Strength, and its losses in words. */
  readonly penalty: { readonly value: number; readonly hint: string } | null;
}

export interface FigureTableParams {
  readonly heading: string;
  /** Spoken; no other part of the page has it. Default: the heading. */
  readonly label?: string;
  readonly note: string;
  readonly rows: readonly FigureRow[];
}

/** Objectives with their figures, drawn between chance and perfect and written out. */
export function renderFigureTable({
  heading,
  label = heading,
  note,
  rows,
}: FigureTableParams): TemplateResult | typeof nothing {
  if (rows.length === 0) return nothing;
  const hasPenalties = rows.some(({ penalty }) => penalty !== null);
  return html`<section class="part">
    <h2>${heading}</h2>
    <p class="quiet note">${note}</p>
    <div class="scroll" tabindex="0" role="region" aria-label=${label}>
      <table class="figures">
        <caption class="hidden">
          ${heading}
        </caption>
        <thead>
          <tr>
            <th scope="col">${strings.objective}</th>
            <th scope="col" class="value">${strings.rows}</th>
            <th scope="col">${strings.figure}</th>
            <th scope="col" class="value">${strings.head}</th>
            <th scope="col" class="spread"><span class="hidden">${strings.intervalHint}</span></th>
            <th scope="col" class="plot" title=${strings.plotHint}>${strings.plot}</th>
            <th scope="col" class="value" title=${strings.lengthAloneHint}>${strings.lengthAlone}</th>
            <th scope="col" class="value" title=${strings.wordsAloneHint}>${strings.wordsAlone}</th>
            ${
              hasPenalties
                ? html`<th scope="col" class="value" title=${strings.penaltyHint}>${strings.penalty}</th>`
                : nothing
            }
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => renderRow(row, hasPenalties))}
        </tbody>
      </table>
    </div>
  </section>`;
}

function renderRow(row: FigureRow, hasPenalties: boolean): TemplateResult {
  const { name, kind, rows, metric, value, length, words, penalty } = row;
  const isBeaten = value !== null && length !== null && value <= length;
  return html`<tr>
    <th scope="row"><bdi>${name}</bdi></th>
    <td class="value" title=${rows?.hint ?? nothing}>${rows === null ? '' : formatCount(rows.count)}</td>
    <td class="quiet" title=${metric === null ? nothing : strings.figureHint[metric]}>
      ${metric ?? (kind === null ? '' : strings.kinds[kind])}
    </td>
    <td class="value strong" title=${value === null ? nothing : String(value)}>
      ${
        isBeaten
          ? html`<span class="flag" title=${strings.notBetter}
              >${icon(warningIcon)}<span class="hidden">${strings.notBetter}: </span></span
            >`
          : nothing
      }${value === null ? '' : formatFigure(value)}
    </td>
    ${renderSpread(row)}
    <td class="plot">${metric === null ? nothing : renderPlot(row, metric)}</td>
    <td class="value" title=${length === null ? nothing : String(length)}>
      ${length === null ? '' : formatFigure(length)}
    </td>
    <td class="value" title=${words === null ? nothing : String(words)}>
      ${words === null ? '' : formatFigure(words)}
    </td>
    ${
      hasPenalties
        ? html`<td class="value quiet" title=${penalty?.hint ?? nothing}>
            ${penalty === null ? '' : formatPenalty(penalty.value)}
          </td>`
        : nothing
    }
  </tr>`;
}

function renderSpread({ interval, deviation }: FigureRow): TemplateResult {
  if (interval !== null) {
    return html`<td class="spread quiet" title=${strings.intervalHint}>
      ${strings.interval(formatFigure(interval.low), formatFigure(interval.high))}
    </td>`;
  }
  if (deviation === null) return html`<td class="spread"></td>`;
  return html`<td class="spread quiet" title="${strings.deviationHint}: ${deviation}">
    ${strings.deviation(formatFigure(deviation))}
  </td>`;
}

/** From chance to perfect; what is below chance stands at the left end. */
function renderPlot(row: FigureRow, metric: 'AUC' | 'Spearman'): TemplateResult {
  const chance = metric === 'AUC' ? 0.5 : 0;
  const place = (figure: number): string => {
    const share = Math.max(0, Math.min(1, (figure - chance) / (1 - chance)));
    return `${4 + 92 * share}%`;
  };
  const { value, length, words, interval, deviation } = row;
  const range =
    interval ?? (value === null || deviation === null ? null : { low: value - deviation, high: value + deviation });
  return html`<svg class="dots" width="100%" height="18" aria-hidden="true">
    <line class="base" x1="4%" x2="96%" y1="9" y2="9"></line>
    <line class="base" x1="4%" x2="4%" y1="5" y2="13"></line>
    ${range === null ? nothing : line('range', place(range.low), place(range.high))}
    ${words === null ? nothing : svg`<line class="words" x1=${place(words)} x2=${place(words)} y1="3" y2="15"></line>`}
    ${length === null ? nothing : svg`<circle class="length" cx=${place(length)} cy="9" r="4"></circle>`}
    ${value === null ? nothing : svg`<circle class="head" cx=${place(value)} cy="9" r="4.5"></circle>`}
  </svg>`;
}

function line(name: string, from: string, to: string): SVGTemplateResult {
  return svg`<line class=${name} x1=${from} x2=${to} y1="9" y2="9"></line>`;
}

/** Three decimals: what held-out rows can tell. */
export function formatFigure(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3).replace('-', '−') : String(value);
}

export function formatPenalty(penalty: number): string {
  const isPlain = penalty === 0 || (0.01 <= penalty && penalty < 1e6);
  return isPlain ? penalty.toLocaleString('en', { maximumFractionDigits: 4 }) : formatNumber(penalty);
}
