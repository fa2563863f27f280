import { countOf } from '../../core/describeQuantity';
import type {
  HeadEvaluation,
  Interval,
  ObjectiveEvaluation,
  PairEvaluation,
} from '../../core/training/evaluation/headEvaluation';
import { writeTable } from '../writeTable';

/** An evaluation as tables for people, rounded; its warnings are told apart from it. */
export function writeEvaluation({ rows, errors, pairs, objectives }: HeadEvaluation): string {
  const counts = errors === 0 ? countOf(rows, 'row') : `${countOf(rows, 'row')}, ${countOf(errors, 'error')}`;
  const parts = [
    counts,
    ...(pairs === null ? [] : writePairs(pairs)),
    ...(objectives.length === 0 ? [] : [writeObjectives(objectives)]),
    ...objectives.flatMap(writeGroups),
  ];
  return `${parts.join('\n\n')}\n`;
}

function writePairs(pairs: PairEvaluation): string[] {
  const { baselines, overLength, lengthControlled, calibration, subsets, rewardBench } = pairs;
  const { length, words } = baselines;
  const ties = pairs.ties === 0 ? '' : countOf(pairs.ties, 'tie');
  const figures = [
    [countOf(pairs.n, 'pair'), '', '95 %', ''],
    ['accuracy', percent(pairs.accuracy), span(pairs.interval), ties],
    ['length alone', percent(length.accuracy), span(length.interval), `the ${length.prefers} response`],
    ...(words === null ? [] : [['words alone', percent(words.accuracy), span(words.interval), 'TF-IDF']]),
    ['over length', percent(overLength.difference), span(overLength.interval), ''],
    ['length-controlled', percent(lengthControlled.accuracy), '', describeSides(lengthControlled)],
    ['calibration error', percent(calibration.error), '', `Brier score ${calibration.brier.toFixed(4)}`],
  ];
  const bins = calibration.bins.map(({ from, to, n, confidence, accuracy }) => [
    `${(100 * from).toFixed(0)} to ${percent(to, 0)}`,
    String(n),
    percent(confidence),
    percent(accuracy),
  ]);
  return [
    writeTable(figures, { right: [1, 2] }),
    writeTable([['confidence', 'pairs', 'mean', 'right'], ...bins], { right: [1, 2, 3] }),
    ...(subsets.length === 0 ? [] : [writeSubsets(subsets)]),
    ...(rewardBench === null ? [] : [writeRewardBench(rewardBench)]),
  ];
}

function describeSides({ whereLonger, whereShorter }: PairEvaluation['lengthControlled']): string {
  return `${percent(whereLonger)} where the chosen one is longer, ${percent(whereShorter)} where it is shorter`;
}

function writeSubsets(subsets: PairEvaluation['subsets']): string {
  const lines = subsets.map(({ name, n, accuracy, interval }) => [name, String(n), percent(accuracy), span(interval)]);
  return writeTable([['subset', 'pairs', 'accuracy', '95 %'], ...lines], { right: [1, 2, 3] });
}

function writeRewardBench({ countVersion, sections, score }: NonNullable<PairEvaluation['rewardBench']>): string {
  const lines = Object.entries(sections).map(([name, accuracy]) => [name, percent(accuracy)]);
  const total = score === null ? [] : [['score', percent(score)]];
  return writeTable([[`RewardBench, counts of ${countVersion}`, ''], ...lines, ...total], { right: [1] });
}

function writeObjectives(objectives: readonly ObjectiveEvaluation[]): string {
  const header = ['objective', 'rows', '', 'value', '95 %', 'length alone', 'words alone'];
  const lines = objectives.map(({ objective, n, metric, value, interval, lengthAlone, wordsAlone }) => [
    objective,
    String(n),
    metric,
    value.toFixed(3),
    `${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}`,
    lengthAlone.toFixed(3),
    wordsAlone === null ? '-' : wordsAlone.toFixed(3),
  ]);
  return writeTable([header, ...lines], { right: [1, 3, 4, 5, 6] });
}

function writeGroups({ objective, threshold, groups }: ObjectiveEvaluation): string[] {
  if (threshold === null || groups.length === 0) return [];
  const header = [`${objective} from ${threshold}`, 'no', 'called yes', 'yes', 'called no'];
  const lines = groups.map(({ group, negatives, positives, falsePositiveRate, falseNegativeRate }) => [
    group,
    String(negatives),
    percent(falsePositiveRate),
    String(positives),
    percent(falseNegativeRate),
  ]);
  return [writeTable([header, ...lines], { right: [1, 2, 3, 4] })];
}

/** "54.1 %"; "-" for what is not known. */
function percent(share: number | null, digits = 1): string {
  return share === null ? '-' : `${(100 * share).toFixed(digits)} %`;
}

function span({ low, high }: Interval): string {
  return `${(100 * low).toFixed(1)} to ${percent(high)}`;
}
