import type { BreakdownState, ExportParams } from '../../src/protocol/breakdownView';
import { figureAsPng, figureAsSvg } from '../shared/figure';
import { formatNumber } from '../shared/formatNumber';
import { breakdownFigure } from './breakdownFigure';
import type { PageSettings } from './breakdownPage';
import type { Shown } from './comparison';
import { mainChart } from './mainChart';
import { numbersAsCsv } from './numbersAsCsv';
import { strings } from './strings';

export interface ExportRowParams {
  readonly state: Extract<BreakdownState, { kind: 'row' }>;
  readonly shown: Shown;
  readonly settings: PageSettings;
  readonly expanded: boolean;
  readonly format: ExportParams['format'];
}

/** The content of a file: a picture of the chart in view, or the numbers of the whole row. */
export async function exportRow({ state, format, ...chart }: ExportRowParams): Promise<string> {
  const { row, names } = state;
  switch (format) {
    case 'csv':
      return numbersAsCsv(row, names);
    case 'json':
      return `${JSON.stringify(names === undefined ? row : { ...row, names }, null, 2)}\n`;
    case 'svg':
      return figureAsSvg(drawRow({ ...chart, state }));
    case 'png':
      return figureAsPng(drawRow({ ...chart, state }));
  }
}

function drawRow({
  state,
  shown,
  settings,
  expanded,
}: Omit<ExportRowParams, 'format'>): ReturnType<typeof breakdownFigure> {
  const { row, location } = state;
  const styles = getComputedStyle(document.documentElement);
  const context = document.createElement('canvas').getContext('2d');
  const scores = shown.map(({ name, text }) => `${name} ${formatNumber(text.score)}`);
  const [first, second] = shown;
  const margin =
    second === undefined || 2 < shown.length
      ? []
      : [`${strings.margin} ${formatNumber(first.text.score - second.text.score, { signed: true })}`];
  return breakdownFigure({
    title: `${strings.row(row.id)} · ${strings.location(location.file, location.line)}`,
    facts: [...scores, ...margin],
    model: row.model,
    heading: strings.contributions,
    ...mainChart({ row, shown, settings, expanded }),
    colour: (variable, fallback) => styles.getPropertyValue(variable).trim() || fallback,
    measure: (text, size) => {
      if (context === null) return text.length * size * 0.6;
      context.font = `${size}px system-ui`;
      return context.measureText(text).width;
    },
  });
}
