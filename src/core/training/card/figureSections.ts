import type { HeadRecipe, RatingsRecipe } from '../recipe/headRecipe';
import type { TrainingReport } from '../trainingReport';
import { describeAccuracy, describeHeldOut, describeNumber, describePenalty, describeShare } from './cardFigures';
import { markdownTable } from './markdownTable';

/** The objectives that were learnt, with what each has to beat. */
export function objectivesSection({ ratings }: HeadRecipe, { objectives }: TrainingReport): string {
  const learnt = objectives.filter(({ metric }) => metric !== null);
  if (learnt.length === 0) return '';
  const rows = learnt.map((objective) => [
    objective.name,
    objective.metric === 'Spearman' ? 'rank correlation' : 'AUC',
    `${describeNumber(objective.rows)} (${describeNumber(objective.groups)})`,
    describeHeldOut(objective.lengthAlone),
    describeHeldOut(objective.wordsAlone),
    `**${describeHeldOut(objective.heldOut)}**`,
    describePenalty(objective.penalty),
  ]);
  return [
    '## Held-out figures',
    describeFit(ratings),
    markdownTable(['objective', 'figure', 'rows (groups)', 'length alone', 'words alone', 'head', 'penalty'], rows),
    'Length alone: the number of characters of the response, up or down, whichever is right more often. Words alone: regression\n' +
      'over TF-IDF of words and pairs of words (or the cosine with the prompt, where the recipe says so): how much of the task\n' +
      'is vocabulary.',
  ].join('\n\n');
}

function describeFit({ selection, standardise, intercept, choice, refit }: RatingsRecipe): string {
  const split =
    selection.kind === 'folds'
      ? `${selection.folds} folds, no group in two of them: every row is predicted by a model that has seen neither its group ` +
        'nor chosen the penalty on it. Mean over the folds ± their standard deviation'
      : `${describeShare(selection.share)} of the rows, in groups of their own, are held out; the penalty is chosen on them. ` +
        'With 95 % intervals';
  const chosen =
    choice === 'best'
      ? 'the penalty with the least loss'
      : 'the largest penalty within one standard error of the least loss';
  const features = [
    standardise ? 'standardised features' : 'features as they are',
    intercept ? 'with an intercept' : 'without an intercept',
  ];
  const fitted = refit === 'all' || selection.kind === 'folds' ? 'all rows' : 'the training part';
  return (
    `${split}. Ridge regression for ratings, logistic regression for yes or no, on ${features.join(', ')}; ${chosen}. ` +
    `The head itself is fitted on ${fitted}.`
  );
}

export function verbositySection({ verbosity }: TrainingReport): string {
  if (verbosity === null) return '';
  const rows = verbosity.rows.map(({ objective, before, lambda, after, isReached }) => [
    objective,
    before.toFixed(3),
    String(lambda),
    after.toFixed(3),
    isReached ? 'yes' : '**no**',
  ]);
  return [
    '## Correction for verbosity',
    `Rank correlation of each objective with ${verbosity.objective} over ${describeNumber(verbosity.responses)} responses, ` +
      `before and after λ · ${verbosity.objective} is subtracted: the first λ that brings it to ${verbosity.threshold} or below.`,
    markdownTable(['objective', 'before', 'λ', 'after', 'reached'], rows),
  ].join('\n\n');
}

export function gateSection({ gate }: TrainingReport): string {
  if (gate === null) return '';
  return [
    '## Gate',
    `The weights of the objectives depend on the prompt. Learnt from ${describeNumber(gate.pairs)} pairs, the weights of step ` +
      `${describeNumber(gate.bestStep)} kept; share of ${describeNumber(gate.heldOutPairs)} held-out pairs that are in order, ` +
      'with 95 % intervals:',
    markdownTable(
      ['score', 'in order'],
      [
        ['with the gate', `**${describeAccuracy(gate.accuracy)}**`],
        ['all objectives alike', describeAccuracy(gate.equalWeights)],
        ['length alone', describeAccuracy(gate.lengthAlone)],
      ],
    ),
    'Mean weight over the held-out prompts:',
    markdownTable(
      ['objective', 'weight'],
      gate.meanGates.map(({ objective, gate: weight }) => [objective, weight.toFixed(3)]),
    ),
  ].join('\n\n');
}

export function preferenceSection({ preference }: TrainingReport): string {
  if (preference === null) return '';
  return [
    '## Held-out figures',
    `One Bradley–Terry head, learnt from ${describeNumber(preference.pairs)} pairs with a penalty of ` +
      `${describePenalty(preference.penalty)}; share of ${describeNumber(preference.heldOutPairs)} held-out pairs that are in ` +
      'order, with 95 % intervals:',
    markdownTable(
      ['score', 'in order'],
      [
        ['head', `**${describeAccuracy(preference.accuracy)}**`],
        ['length alone', describeAccuracy(preference.lengthAlone)],
        ...(preference.wordsAlone === null ? [] : [['words alone (TF-IDF)', describeAccuracy(preference.wordsAlone)]]),
      ],
    ),
  ].join('\n\n');
}

export function semiSupervisedSection({ semiSupervised }: TrainingReport): string {
  if (semiSupervised === null) return '';
  const rows = semiSupervised.rounds.map((round) => [
    String(round.round),
    `${describeNumber(round.kept)} (${describeShare(round.keptShare)})`,
    describeNumber(round.swapped),
    describeShare(round.agreement),
    describeAccuracy(round.heldOut),
    round.calibrationError.toFixed(3),
  ]);
  return [
    '## Pseudo-labels',
    `${describeNumber(semiSupervised.labelled)} labelled pairs, ${describeNumber(semiSupervised.unlabelled)} whose order was not ` +
      `looked at; labels above a confidence of ${semiSupervised.threshold} were kept, turned round where the other response was ` +
      'judged better. Agreement is with the order in the file.',
    markdownTable(['round', 'kept', 'turned round', 'agreement', 'held-out pairs in order', 'calibration error'], rows),
  ].join('\n\n');
}
