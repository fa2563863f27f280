import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import { describeDtype } from '../../src/core/reward/describeDtype';
import type { BarRow, BarSeries } from '../shared/charts/barChart';
import { scaleAround, scaleFitting } from '../shared/charts/linearScale';
import type { Figure, Shape } from '../shared/figure';
import { formatNumber } from '../shared/formatNumber';

export interface BreakdownFigureParams {
  readonly title: string;
  /** Scores in words, under the title. */
  readonly facts: readonly string[];
  readonly model: RewardModelDescription;
  readonly heading: string;
  readonly series: readonly BarSeries[];
  readonly rows: readonly BarRow[];
  /** As the charts of the page. */
  readonly fitted: boolean;
  /** Resolves a CSS variable of the theme. */
  readonly colour: (variable: string, fallback: string) => string;
  /** Pixels that a text is wide. */
  readonly measure: (text: string, size: number) => number;
}

const width = 760;
const margin = 24;
const size = 13;
const lane = 20;
const gap = 6;
const font = 'system-ui, -apple-system, "Segoe UI", Roboto, Ubuntu, sans-serif';
const longestName = 260;

/** The chart of the page as a picture that says what it is of: row, scores, model, number format, hash. */
export function breakdownFigure(params: BreakdownFigureParams): Figure {
  const { title, facts, model, heading, series, rows, fitted, colour, measure } = params;
  const foreground = colour('--vscode-foreground', '#3b3b3b');
  const quiet = colour('--vscode-descriptionForeground', '#717171');
  const grid = colour('--vscode-charts-lines', '#d0d0d0');
  const fills = {
    solid: colour('--vscode-charts-blue', '#1a85ff'),
    hatched: colour('--vscode-charts-yellow', '#bf8803'),
    plain: quiet,
  };
  const shapes: Shape[] = [];
  const write = (text: string, x: number, y: number, rest: Partial<Extract<Shape, { kind: 'text' }>> = {}): void => {
    shapes.push({ kind: 'text', text, x, y, fill: foreground, size, ...rest });
  };
  let y = margin + 14;
  write(
    fit(title, width - 2 * margin, (text) => measure(text, 17)),
    margin,
    y,
    { size: 17, bold: true },
  );
  y += 22;
  write(
    fit(facts.join(' · '), width - 2 * margin, (text) => measure(text, size)),
    margin,
    y,
  );
  y += 30;
  write(heading, margin, y, { bold: true });
  if (1 < series.length) writeLegend();
  y += 12;

  const values = rows.flatMap((row) =>
    row.values.flatMap(({ value, from = 0 }) => [from + value, ...(from === 0 ? [] : [from])]),
  );
  const scale = fitted ? scaleFitting(values) : scaleAround(values);
  const printed = rows.map((row) => row.values.map(({ value, text }) => text ?? formatNumber(value, { signed: true })));
  const nameWidth = Math.min(longestName, Math.max(...rows.map(({ name }) => measure(name, size)), 40));
  const valueWidth = Math.max(...printed.flat().map((text) => measure(text, size)), 40);
  const left = margin + nameWidth + 12;
  const plot = width - margin - valueWidth - 12 - left;
  const place = (value: number): number => left + (plot * scale.position(value)) / 100;
  const top = y;
  const rowHeight = lane * series.length + (1 < series.length ? gap : 2);
  const bottom = top + rows.length * rowHeight;
  for (const tick of scale.ticks) {
    shapes.push({
      kind: 'line',
      x1: place(tick),
      x2: place(tick),
      y1: top,
      y2: bottom,
      stroke: tick === 0 ? foreground : grid,
    });
    write(scale.label(tick), place(tick), bottom + 16, { fill: quiet, size: 11, anchor: 'middle' });
  }
  rows.forEach((row, index) => {
    const rowTop = top + index * rowHeight;
    const bold = row.isTotal === true;
    const name = fit(row.name, nameWidth, (text) => measure(text, size));
    write(name, left - 12, rowTop + (lane * series.length) / 2 + 5, { anchor: 'end', bold });
    row.values.forEach(({ value, from = 0, isPoint = false }, at) => {
      const laneTop = rowTop + at * lane;
      write(printed[index][at], width - margin, laneTop + lane / 2 + 5, { anchor: 'end', bold });
      drawBar({
        start: place(isPoint ? value : from),
        end: place(isPoint ? value : from + value),
        laneTop,
        value,
        isPoint,
        at,
        isTotal: bold,
      });
    });
  });
  y = bottom + 44;
  const source = `${model.name} · ${model.head} · ${model.device} ${describeDtype(model)} · ${model.hash.slice(0, 8)}`;
  write(
    fit(source, width - 2 * margin, (text) => measure(text, 11)),
    margin,
    y,
    { fill: quiet, size: 11 },
  );
  const background = colour('--vscode-editor-background', '#ffffff');
  return { title, width, height: Math.ceil(y + margin - 6), background, font, shapes };

  function drawBar(bar: {
    start: number;
    end: number;
    laneTop: number;
    value: number;
    isPoint: boolean;
    at: number;
    isTotal: boolean;
  }): void {
    const { start, end, laneTop, value, isPoint, at, isTotal } = bar;
    if (!Number.isFinite(start) || !Number.isFinite(end)) return;
    const box = { x: Math.min(start, end), y: laneTop + 4, width: Math.abs(end - start), height: lane - 8 };
    if (isPoint) {
      shapes.push({ kind: 'box', ...box, x: start - 1.5, width: 3, fill: foreground });
      return;
    }
    if (box.width === 0) return;
    shapes.push(markOf(series[at].mark, value, isTotal, box));
  }

  function markOf(
    mark: BarSeries['mark'],
    value: number,
    isTotal: boolean,
    box: Record<'x' | 'y' | 'width' | 'height', number>,
  ): Shape {
    const kind = isTotal ? 'plain' : mark === 'bySign' ? (value < 0 ? 'hatched' : 'solid') : mark;
    if (kind === 'hatched') return { kind: 'hatched', ...box, stroke: fills.hatched };
    if (kind === 'hollow') return { kind: 'box', ...box, fill: 'none', stroke: foreground };
    return { kind: 'box', ...box, fill: fills[kind] };
  }

  function writeLegend(): void {
    let x = margin + measure(heading, size) + 32;
    series.forEach(({ name, mark }) => {
      shapes.push(markOf(mark, 1, false, { x, y: y - 9, width: 14, height: 9 }));
      const text = fit(name, 140, (part) => measure(part, size));
      write(text, x + 20, y, { fill: quiet });
      x += 20 + measure(text, size) + 20;
    });
  }
}

/** The longest beginning of a text that is no wider. */
function fit(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  let shorter = text.slice(0, 400);
  while (1 < shorter.length && width < measure(`${shorter}…`))
    shorter = shorter.slice(0, Math.floor(shorter.length * 0.95));
  return `${shorter}…`;
}
