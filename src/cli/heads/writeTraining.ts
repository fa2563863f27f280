import { countOf } from '../../core/describeQuantity';
import type {
  GateReport,
  HeldOutFigure,
  ObjectiveReport,
  PairAccuracy,
  PreferenceReport,
  SemiSupervisedReport,
  TrainingReport,
  VerbosityReport,
} from '../../core/training/trainingReport';
import { writeTable } from '../writeTable';
import { writeEvaluation } from './writeEvaluation';

/** Objectives of a gate that are told. */
const mostGates = 10;

/** What a training has found, as tables for people, rounded. */
export function writeTraining(report: TrainingReport): string {
  const { objectives, verbosity, gate, preference, semiSupervised, checks } = report;
  const parts = [
    ...(objectives.length === 0 ? [] : [writeObjectives(objectives)]),
    ...(verbosity === null ? [] : [writeVerbosity(verbosity)]),
    ...(gate === null ? [] : [writeGate(gate)]),
    ...(preference === null ? [] : [writePreference(preference)]),
    ...(semiSupervised === null ? [] : [writeRounds(semiSupervised)]),
    ...checks.map(({ name, evaluation }) => `check ${name}: ${writeEvaluation(evaluation).trimEnd()}`),
  ];
  return `${parts.join('\n\n')}\n`;
}

function writeObjectives(objectives: readonly ObjectiveReport[]): string {
  const header = ['objective', 'rows', 'groups', '', 'held out', '', 'length alone', 'words alone', 'penalty'];
  const lines = objectives.map((objective) => {
    const { name, rows, groups, metric, heldOut, lengthAlone, wordsAlone, penalty } = objective;
    if (metric === null) return [name, '', '', 'computed', '', '', '', '', ''];
    return [
      name,
      String(rows),
      String(groups),
      metric,
      figure(heldOut),
      spread(heldOut),
      figure(lengthAlone),
      figure(wordsAlone),
      penalty === null ? '-' : String(penalty),
    ];
  });
  return writeTable([header, ...lines], { right: [1, 2, 4, 6, 7, 8] });
}

function figure(found: HeldOutFigure | null): string {
  return found === null ? '-' : found.value.toFixed(3);
}

function spread(found: HeldOutFigure | null): string {
  if (found === null) return '';
  if (found.deviation !== null) return `± ${found.deviation.toFixed(3)} between folds`;
  return found.interval === null ? '' : `${found.interval.low.toFixed(3)} to ${found.interval.high.toFixed(3)}`;
}

function writeVerbosity({ objective, threshold, responses, rows }: VerbosityReport): string {
  const heading = `rank correlation with ${objective}, over ${countOf(responses, 'response')}; to come under ${threshold}`;
  const lines = rows.map((row) => [
    row.objective,
    row.before.toFixed(3),
    String(row.lambda),
    row.after.toFixed(3),
    row.isReached || row.objective === objective ? '' : 'not reached',
  ]);
  return `${heading}\n${writeTable([['objective', 'before', 'lambda', 'after', ''], ...lines], { right: [1, 2, 3] })}`;
}

function writeGate({ pairs, heldOutPairs, curve, bestStep, accuracy, equalWeights, ...rest }: GateReport): string {
  const last = curve.at(-1);
  const heading =
    `gate: ${countOf(pairs, 'pair')}, ${heldOutPairs} held out; ` +
    `best at step ${bestStep}${last === undefined ? '' : ` of ${last.step}`}`;
  const shares = [...rest.meanGates].sort((a, b) => b.gate - a.gate).slice(0, mostGates);
  const figures = [accuracyOf('gate', accuracy), accuracyOf('equal weights', equalWeights)];
  const gates = shares.map(({ objective, gate }) => [objective, gate.toFixed(3)]);
  return [
    heading,
    writeTable([...figures, accuracyOf('length alone', rest.lengthAlone)], { right: [1, 2] }),
    '',
    writeTable([['objective', 'mean gate'], ...gates], { right: [1] }),
  ].join('\n');
}

function writePreference({ pairs, heldOutPairs, penalty, ...rest }: PreferenceReport): string {
  const { accuracy, lengthAlone, wordsAlone } = rest;
  const lines = [
    accuracyOf('head', accuracy),
    accuracyOf('length alone', lengthAlone),
    ...(wordsAlone === null ? [] : [accuracyOf('words alone', wordsAlone)]),
  ];
  const heading = `preference: ${countOf(pairs, 'pair')}, ${heldOutPairs} held out; penalty ${penalty}`;
  return `${heading}\n${writeTable(lines, { right: [1, 2] })}`;
}

function writeRounds({ labelled, unlabelled, threshold, rounds }: SemiSupervisedReport): string {
  const heading = `${labelled} labelled and ${countOf(unlabelled, 'unlabelled pair')}; kept above ${threshold}`;
  const header = ['round', 'kept', '', 'swapped', 'agreement', 'held out', '95 %', 'calibration error'];
  const lines = rounds.map((round) => [
    String(round.round),
    String(round.kept),
    percent(round.keptShare),
    String(round.swapped),
    round.agreement === null ? '-' : percent(round.agreement),
    percent(round.heldOut.accuracy),
    span(round.heldOut.interval),
    percent(round.calibrationError),
  ]);
  return `${heading}\n${writeTable([header, ...lines], { right: [0, 1, 2, 3, 4, 5, 6, 7] })}`;
}

function accuracyOf(name: string, { accuracy, interval }: PairAccuracy): readonly string[] {
  return [name, percent(accuracy), span(interval)];
}

/** "54.1 %" */
function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function span({ low, high }: PairAccuracy['interval']): string {
  return `${(100 * low).toFixed(1)} to ${percent(high)}`;
}
