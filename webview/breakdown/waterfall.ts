import type { BarRow, BarSeries } from '../shared/charts/barChart';
import { formatNumber } from '../shared/formatNumber';
import { objectivesOf, type Describe, type NamedResponse, type Shown } from './comparison';
import { strings } from './strings';

export interface WaterfallParams {
  /** One response: from nothing to its score. Two: from the second's score to the first's. */
  readonly shown: Shown;
  readonly describe: Describe;
  /** The objectives with small parts are shown one by one. */
  readonly expanded: boolean;
}

export const waterfallSeries: readonly BarSeries[] = [{ name: '', mark: 'bySign' }];

/** Of more objectives than this the smallest are put together. */
const mostSteps = 10;
const shownSteps = 8;

interface Step {
  readonly name: string;
  readonly description?: string | undefined;
  readonly value: number;
  readonly words: string;
}

/**
 * The rows of a waterfall, the largest steps first. The numbers as printed add up: each is the difference of the rounded
 * sums before and behind it, so that it may differ from its own value by one in the last place.
 */
export function waterfallRows({ shown, describe, expanded }: WaterfallParams): readonly BarRow[] {
  const [first, second] = shown;
  const start = second?.text.score ?? 0;
  const steps = stepsOf(shown, describe).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const isLong = mostSteps < steps.length;
  const large = isLong ? steps.slice(0, shownSteps) : steps;
  const small = isLong ? steps.slice(shownSteps) : [];
  const decimals = decimalsFor(first.text.score, start, ...steps.map(({ value }) => value));
  const round = (value: number): number => Number(value.toFixed(decimals));

  const rows: BarRow[] = second === undefined ? [] : [pointRow(second, decimals)];
  let sum = start;
  const add = (step: Step, to: number, group?: Pick<BarRow, 'expanded'>): void => {
    const text = signed(round(to) - round(sum), decimals);
    const words = strings.runningTotal(step.words, print(sum, decimals), print(to, decimals));
    const { name, description, value } = step;
    rows.push({ name, description, values: [{ value, from: sum, words, text }], ...group });
    sum = to;
  };
  for (const step of large) add(step, sum + step.value);
  if (isLong) {
    const name = strings.others(small.length);
    if (expanded) {
      // A heading: its parts, which follow, are counted once.
      rows.push({ name, expanded, values: [{ value: 0, words: strings.othersShown(small.length), text: '' }] });
      for (const [index, step] of small.entries()) {
        add(step, index + 1 === small.length ? first.text.score : sum + step.value);
      }
    } else {
      const value = small.reduce((total, step) => total + step.value, 0);
      add({ name, value, words: strings.othersWords(small.length) }, first.text.score, { expanded });
    }
  }
  const total = second === undefined ? totalRow(first, decimals) : pointRow(first, decimals);
  return [...rows, total];
}

function stepsOf(shown: Shown, describe: Describe): Step[] {
  return objectivesOf(shown).map(({ name, parts }) => {
    const [part, other] = parts;
    const description = describe(name);
    if (other === undefined) {
      const { coefficient, reward, contribution } = part;
      const words = strings.contributionWords(formatNumber(coefficient), formatNumber(reward), contribution);
      return { name, description, value: contribution, words };
    }
    const value = part.contribution - other.contribution;
    const favoured = value === 0 ? '' : shown[0 < value ? 0 : 1].name;
    const words = strings.differenceWords(formatNumber(part.contribution), formatNumber(other.contribution), favoured);
    return { name, description, value, words };
  });
}

function totalRow({ text }: NamedResponse, decimals: number): BarRow {
  const words = strings.scoreHint(String(text.score));
  return {
    name: strings.score,
    isTotal: true,
    values: [{ value: text.score, words, text: print(text.score, decimals) }],
  };
}

function pointRow({ name, text }: NamedResponse, decimals: number): BarRow {
  const words = strings.scoreOf(name);
  const printed = print(text.score, decimals);
  return { name, isTotal: true, values: [{ value: text.score, isPoint: true, words, text: printed }] };
}

/** As many as the score has where it stands in large figures; more where everything is tiny. */
function decimalsFor(score: number, ...others: readonly number[]): number {
  const most = Math.max(...[score, ...others].map(Math.abs).filter(Number.isFinite));
  if (most === 0 || 0.001 <= most) return Math.abs(score) < 100 && most < 1e6 ? 4 : 2;
  return Math.min(20, 2 - Math.floor(Math.log10(most)));
}

function print(value: number, decimals: number): string {
  return withSign(value.toFixed(decimals));
}

function signed(value: number, decimals: number): string {
  const text = print(value, decimals);
  return 0 < Number(value.toFixed(decimals)) ? `+${text}` : text;
}

/** The sign of a number; none of zero. */
function withSign(text: string): string {
  return /[1-9]/.test(text) ? text.replace('-', '−') : text.replace('-', '');
}
