import { RowProblem } from '../promptFile/rowProblem';
import type { OutputRow } from '../reward/outputRow';
import type { ConversionRecord } from './conversionRecord';

/** A record with the scores that `alidade score` gave its row. @throws RowProblem when there are none. */
export function joinScores(record: ConversionRecord, scored: OutputRow): ConversionRecord {
  if ('error' in scored) throw new RowProblem(`it was not scored (${scored.error.message})`);
  const { body } = record;
  const scores = scoresOf(scored);
  if (body.kind !== 'exchange' || body.replies.length !== scores.length) {
    throw new RowProblem(`it has ${scores.length} scores, and another number of replies`);
  }
  const replies = body.replies.map((reply, index) => ({ ...reply, score: scores[index] ?? null }));
  return { ...record, body: { ...body, replies } };
}

function scoresOf(scored: Exclude<OutputRow, { readonly error: unknown }>): readonly number[] {
  if ('pChosen' in scored) throw new RowProblem('a judge compares replies and gives no scores');
  if ('margin' in scored) return [scored.chosen.score, scored.rejected.score];
  if ('responses' in scored) return scored.responses.map(({ score }) => score);
  return [scored.score];
}
