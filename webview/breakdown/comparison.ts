import type { ExplainedRow, ExplainedText } from '../../src/core/reward/explainedRow';
import type { ObjectiveContribution } from '../../src/core/reward/rewardBreakdown';
import type { BarRow, BarSeries } from '../shared/charts/barChart';
import { formatNumber } from '../shared/formatNumber';
import { strings } from './strings';

export interface NamedResponse {
  readonly name: string;
  readonly index: number;
  readonly text: ExplainedText;
}

/** One response, or some side by side, at most `mostCompared`; never empty. */
export type Shown = readonly [NamedResponse, ...NamedResponse[]];

export const mostCompared = 4;

/** @param names what the responses are called; they are numbered where there are none. */
export function nameResponses({ kind, responses }: ExplainedRow, names?: readonly string[]): readonly NamedResponse[] {
  return responses.map((text, index) => ({ name: names?.[index] ?? responseName(text, index, kind), index, text }));
}

function responseName({ role }: ExplainedText, index: number, kind: ExplainedRow['kind']): string {
  if (role === 'chosen') return strings.chosen;
  if (role === 'rejected') return strings.rejected;
  return kind === 'single' ? strings.response : strings.responseNumber(index + 1);
}

/** The highest score first; equal ones in the order of the row. */
export function rankResponses(responses: readonly NamedResponse[]): readonly NamedResponse[] {
  return [...responses].sort((a, b) => b.text.score - a.text.score);
}

/** Of a list the best and the runner-up, unless `choice` names others; in the order of their rank. */
export function chooseShown(
  { kind }: ExplainedRow,
  named: readonly NamedResponse[],
  choice: ReadonlySet<number> | null,
): Shown | null {
  const ranked = kind === 'list' ? rankResponses(named) : named;
  const chosen =
    kind === 'list' && choice !== null ? ranked.filter(({ index }) => choice.has(index)) : ranked.slice(0, 2);
  const [first, ...others] = chosen;
  return first === undefined ? null : [first, ...others.slice(0, mostCompared - 1)];
}

export type Describe = (objective: string) => string | undefined;

/** What the objectives of a row's model measure. */
export function describer({ model }: ExplainedRow): Describe {
  const descriptions = new Map(model.objectives.map(({ name, description }) => [name, description]));
  return (name) => descriptions.get(name);
}

/** Sorted by the larger of the two magnitudes. */
export function contributionRows(shown: Shown, describe: Describe): readonly BarRow[] {
  const rows = objectivesOf(shown).map(({ name, parts }) => ({
    name,
    description: describe(name),
    values: parts.map(({ contribution, coefficient, reward }) => ({
      value: contribution,
      words: strings.contributionWords(formatNumber(coefficient), formatNumber(reward), contribution),
    })),
  }));
  return sortByMagnitude(rows);
}

/** First minus second, sorted by magnitude. */
export function differenceRows(shown: readonly [NamedResponse, NamedResponse], describe: Describe): readonly BarRow[] {
  const [first, second] = shown;
  const rows = objectivesOf(shown).map(({ name, parts }) => {
    const [a, b] = [parts[0].contribution, parts[1].contribution];
    const favoured = b < a ? first.name : a < b ? second.name : '';
    return {
      name,
      description: describe(name),
      values: [{ value: a - b, words: strings.differenceWords(formatNumber(a), formatNumber(b), favoured) }],
    };
  });
  return sortByMagnitude(rows);
}

/** Null for a model without a gate. One series where both responses have the same prompt, hence the same gate. */
export function gateChart(shown: Shown, describe: Describe): { series: BarSeries[]; rows: readonly BarRow[] } | null {
  const objectives = objectivesOf(shown);
  if (objectives.some(({ parts }) => parts.some(({ gate }) => gate === undefined))) return null;
  const same = objectives.every(({ parts }) => parts.every(({ gate }) => gate === parts[0].gate));
  const rows = objectives.map(({ name, parts }) => ({
    name,
    description: describe(name),
    values: (same ? parts.slice(0, 1) : parts).map(({ gate = 0, coefficient }) => ({
      value: gate,
      words: strings.gateWords(formatNumber(gate), formatNumber(coefficient)),
    })),
  }));
  return { series: same ? [{ name: '', mark: 'bySign' }] : seriesOf(shown), rows: sortByMagnitude(rows) };
}

export function seriesOf(shown: Shown): BarSeries[] {
  if (shown.length === 1) return [{ name: '', mark: 'bySign' }];
  const marks = ['solid', 'hatched', 'plain', 'hollow'] as const;
  return shown.map(({ name }, index) => ({ name, mark: marks[index % marks.length] }));
}

export interface ComparedObjective {
  readonly name: string;
  /** One part for each response shown. */
  readonly parts: readonly ObjectiveContribution[];
}

/** In the model's own order. All responses of a row have the objectives of its model. */
export function objectivesOf(shown: Shown): readonly ComparedObjective[] {
  return shown[0].text.objectives.map(({ name }, index) => ({
    name,
    parts: shown.map(({ text }) => text.objectives[index]),
  }));
}

function sortByMagnitude(rows: readonly BarRow[]): readonly BarRow[] {
  const magnitude = ({ values }: BarRow): number => Math.max(...values.map(({ value }) => Math.abs(value)));
  return [...rows].sort((a, b) => magnitude(b) - magnitude(a));
}
