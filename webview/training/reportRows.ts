import type { ObjectiveEvaluation } from '../../src/core/training/evaluation/headEvaluation';
import type { ObjectiveReport } from '../../src/core/training/trainingReport';
import { formatCount } from '../shared/formatCount';
import { formatNumber } from '../shared/formatNumber';
import { formatPenalty, type FigureRow } from './figureTable';
import { strings } from './strings';

/** An objective as its training found it. */
export function rowOfReport(report: ObjectiveReport): FigureRow {
  const { name, kind, rows, groups, metric, heldOut, lengthAlone, wordsAlone, penalty, penalties } = report;
  const losses = penalties.map(({ penalty: tried, loss }) =>
    strings.penaltyLoss(formatPenalty(tried), formatNumber(loss)),
  );
  return {
    ...{ name, kind, metric },
    rows:
      kind === 'computed' ? null : { count: rows, hint: strings.rowsOfGroups(formatCount(rows), formatCount(groups)) },
    value: heldOut?.value ?? null,
    interval: heldOut?.interval ?? null,
    deviation: heldOut?.deviation ?? null,
    length: lengthAlone?.value ?? null,
    words: wordsAlone?.value ?? null,
    penalty: penalty === null ? null : { value: penalty, hint: strings.penaltyLosses(losses.join('\n')) },
  };
}

/** An objective on labelled rows. */
export function rowOfEvaluation(evaluation: ObjectiveEvaluation): FigureRow {
  const { objective, n, metric, value, interval, lengthAlone, wordsAlone } = evaluation;
  return {
    ...{ name: objective, kind: null, metric, value, interval, deviation: null, penalty: null },
    rows: { count: n, hint: formatCount(n) },
    length: lengthAlone,
    words: wordsAlone,
  };
}
