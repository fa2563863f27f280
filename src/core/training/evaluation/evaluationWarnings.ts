import { proportionInterval } from '../../dataset/proportionInterval';
import { countOf } from '../../describeQuantity';
import type { EvaluateObjectiveParams } from './evaluateObjective';
import type { GroupErrors, Interval, ObjectiveEvaluation, PairEvaluation } from './headEvaluation';

/** An interval wider than this leaves open whether a head is good or useless. */
const widestInterval = 0.2;
/** Accuracies where the chosen response is the longer and where it is the shorter one that differ by more go by length. */
const mostSkew = 0.2;
/** Share of ties from which on the strict count of accuracy says something about ties. */
const manyTies = 0.01;
/** Fewer rows of a group say nothing about its error rate. */
const fewestOfGroup = 10;

/** What has to be known before the figures are believed; a sentence each, without a stop. */
export function warnAboutPairs(pairs: PairEvaluation): string[] {
  const { n, accuracy, interval, baselines, overLength, lengthControlled, ties } = pairs;
  const warnings: string[] = [];
  if (isWide(interval)) {
    warnings.push(`${countOf(n, 'pair')} are too few to tell: the accuracy may be ${span(interval)}`);
  }
  const { length, words } = baselines;
  if (overLength.difference <= 0) {
    const rule = `the ${length.prefers} response is the chosen one in ${percent(length.accuracy)}`;
    warnings.push(`the head does not beat length: it is right in ${percent(accuracy)}, and ${rule}`);
  } else if (overLength.interval.low <= 0) {
    const by = `${percent(overLength.difference)} (${span(overLength.interval)})`;
    warnings.push(`the head is not shown to beat length: it is ahead by ${by}`);
  }
  if (words !== null && accuracy <= words.accuracy) {
    warnings.push(`the head does not beat words alone (TF-IDF), which are right in ${percent(words.accuracy)}`);
  }
  const { whereLonger, whereShorter } = lengthControlled;
  if (whereLonger !== null && whereShorter !== null && mostSkew < Math.abs(whereLonger - whereShorter)) {
    const parts = `${percent(whereLonger)} where the chosen response is the longer one, ${percent(whereShorter)} where it is the shorter one`;
    warnings.push(`the head goes by length: it is right in ${parts}`);
  }
  if (manyTies * n < ties) warnings.push(`${countOf(ties, 'pair')} are tied, and count as wrong`);
  return warnings;
}

/** As `warnAboutPairs`. */
export function warnAboutObjective(evaluation: ObjectiveEvaluation): string[] {
  const { objective, n, metric, value, interval, lengthAlone, wordsAlone, groups } = evaluation;
  const warnings: string[] = [];
  const chance = metric === 'AUC' ? 0.5 : 0;
  if (isWide(interval)) {
    warnings.push(`${objective}: ${countOf(n, 'row')} are too few to tell: ${metric} may be ${range(interval)}`);
  }
  if (interval.low <= chance) warnings.push(`${objective}: it is not shown to be better than chance`);
  if (value <= lengthAlone) {
    warnings.push(`${objective}: it does not beat length, whose ${metric} is ${lengthAlone.toFixed(3)}`);
  }
  if (wordsAlone !== null && value <= wordsAlone) {
    warnings.push(`${objective}: it does not beat words alone (TF-IDF), whose ${metric} is ${wordsAlone.toFixed(3)}`);
  }
  const rates = [
    { called: 'false positives', counts: falsePositives(groups) },
    { called: 'false negatives', counts: falseNegatives(groups) },
  ];
  for (const { called, counts } of rates) {
    const gap = widestGap(counts);
    if (gap !== null) warnings.push(`${objective}: ${called} differ between groups: ${gap}`);
  }
  return warnings;
}

/** Why `evaluateObjective` gives nothing. */
export function describeUnmeasured({ objective, metric, texts }: Omit<EvaluateObjectiveParams, 'seed'>): string {
  if (texts.length === 0) return `${objective}: no row has a label`;
  const [{ target, score }] = texts;
  const labels = texts.every((text) => text.target === target);
  if (labels && metric === 'AUC')
    return `${objective}: all ${countOf(texts.length, 'row')} have the same label, ${target}`;
  if (labels) return `${objective}: all ${countOf(texts.length, 'row')} have the same rating, ${target}`;
  if (texts.every((text) => text.score === score)) return `${objective}: all rows get the same value, ${score}`;
  return `${objective}: there are labels or values that are no numbers`;
}

interface GroupRate {
  readonly group: string;
  readonly wrong: number;
  readonly n: number;
}

function falsePositives(groups: readonly GroupErrors[]): GroupRate[] {
  return groups.map(({ group, negatives, falsePositiveRate }) => rateOf(group, falsePositiveRate, negatives));
}

function falseNegatives(groups: readonly GroupErrors[]): GroupRate[] {
  return groups.map(({ group, positives, falseNegativeRate }) => rateOf(group, falseNegativeRate, positives));
}

function rateOf(group: string, rate: number | null, n: number): GroupRate {
  return { group, wrong: Math.round((rate ?? 0) * n), n };
}

/** The groups at both ends, where more than chance is between them: their 95 % intervals do not meet. */
function widestGap(rates: readonly GroupRate[]): string | null {
  const known = rates.filter(({ n }) => fewestOfGroup <= n).sort((a, b) => a.wrong / a.n - b.wrong / b.n);
  const [least, most] = [known.at(0), known.at(-1)];
  if (least === undefined || most === undefined) return null;
  const [below, above] = [least, most].map(({ wrong, n }) => proportionInterval(wrong, n));
  if (below === null || above === null || above.low <= below.high) return null;
  const describe = ({ group, wrong, n }: GroupRate): string => `${percent(wrong / n)} of ${n} for ${group}`;
  return `${describe(least)}, ${describe(most)}`;
}

function isWide({ low, high }: Interval): boolean {
  return widestInterval < high - low;
}

/** "54.1 %" */
function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function span({ low, high }: Interval): string {
  return `${(100 * low).toFixed(1)} to ${percent(high)}`;
}

function range({ low, high }: Interval): string {
  return `${low.toFixed(2)} to ${high.toFixed(2)}`;
}
