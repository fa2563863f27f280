import type { ObjectiveEvaluation, PairEvaluation } from '../evaluation/headEvaluation';
import type { TrainingReport } from '../trainingReport';
import { describeAccuracy, describeNumber, describeShare, withInterval } from './cardFigures';
import { markdownTable } from './markdownTable';

/** The head on rows that it was not trained on. */
export function checksSection({ checks }: TrainingReport): string {
  if (checks.length === 0) return '';
  const objectives = checks.flatMap(({ name, evaluation }) => evaluation.objectives.map((found) => ({ name, found })));
  const pairs = checks.flatMap(({ name, evaluation }) =>
    evaluation.pairs === null ? [] : [{ name, found: evaluation.pairs }],
  );
  return [
    '## Checks',
    'On rows that were not trained on, with 95 % intervals. Where a check looks at what its objective was fitted on, each row\n' +
      'is rated by a model that has not seen its group. Words alone are learnt on the rows of the check itself, in folds, which\n' +
      'is an advantage that the head does not have.',
    ...(objectives.length === 0 ? [] : [objectiveTable(objectives)]),
    ...(pairs.length === 0 ? [] : [pairTable(pairs)]),
    ...objectives.filter(({ found }) => 0 < found.groups.length).map(groupSection),
    ...pairs.filter(({ found }) => 1 < found.subsets.length).map(subsetSection),
  ].join('\n\n');
}

interface Checked<Found> {
  readonly name: string;
  readonly found: Found;
}

function objectiveTable(checks: readonly Checked<ObjectiveEvaluation>[]): string {
  return markdownTable(
    ['check', 'objective', 'figure', 'rows', 'length alone', 'words alone', 'head'],
    checks.map(({ name, found }) => [
      name,
      found.objective,
      found.metric === 'Spearman' ? 'rank correlation' : 'AUC',
      describeNumber(found.n),
      found.lengthAlone.toFixed(3),
      found.wordsAlone === null ? '–' : found.wordsAlone.toFixed(3),
      `**${withInterval(found.value, found.interval)}**`,
    ]),
  );
}

function pairTable(checks: readonly Checked<PairEvaluation>[]): string {
  return markdownTable(
    ['check', 'pairs', 'length alone', 'words alone', 'in order', 'calibration error'],
    checks.map(({ name, found }) => [
      name,
      describeNumber(found.n),
      describeAccuracy(found.baselines.length),
      found.baselines.words === null ? '–' : describeAccuracy(found.baselines.words),
      `**${describeAccuracy(found)}**`,
      found.calibration.error.toFixed(3),
    ]),
  );
}

function groupSection({ name, found }: Checked<ObjectiveEvaluation>): string {
  return [
    `### ${name}: errors by group`,
    `Of ${found.objective}, taken as yes from ${found.threshold ?? 0.5} on. Shares of few rows are uncertain.`,
    markdownTable(
      ['group', 'rows labelled yes', 'of them called no', 'rows labelled no', 'of them called yes'],
      found.groups.map(({ group, positives, negatives, falseNegativeRate, falsePositiveRate }) => [
        group,
        describeNumber(positives),
        describeShare(falseNegativeRate),
        describeNumber(negatives),
        describeShare(falsePositiveRate),
      ]),
    ),
  ].join('\n\n');
}

function subsetSection({ name, found }: Checked<PairEvaluation>): string {
  return [
    `### ${name}: by subset`,
    markdownTable(
      ['subset', 'pairs', 'in order'],
      found.subsets.map((subset) => [subset.name, describeNumber(subset.n), describeAccuracy(subset)]),
    ),
  ].join('\n\n');
}
