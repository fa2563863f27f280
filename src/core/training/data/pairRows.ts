import type { ScorableInput } from '../../promptFile/scorableRow';
import { isSamePrompt, type LabelledRow } from './labelledRow';
import { Refusals } from './refusals';
import type { PreferencePair, RefusedRows } from './trainingData';

export interface PairRows {
  readonly pairs: readonly PreferencePair[];
  /** By pair. */
  readonly sources: readonly LabelledRow[];
  readonly refused: readonly RefusedRows[];
}

/** @param needPrompt whether the two responses have to answer the same: a gate reads the prompt once. */
export function pairRows(rows: readonly LabelledRow[], needPrompt: boolean): PairRows {
  const refusals = new Refusals();
  const sources = rows.filter(({ row, place }) => {
    const reason = reasonAgainst(row, needPrompt);
    if (reason !== null) refusals.add(reason, place);
    return reason === null;
  });
  const pairs = sources.flatMap(({ row, group, subset }): readonly PreferencePair[] =>
    row.kind === 'pair' ? [{ id: row.id, chosen: row.chosen, rejected: row.rejected, group, subset }] : [],
  );
  return { pairs, sources, refused: refusals.list() };
}

function reasonAgainst(row: LabelledRow['row'], needPrompt: boolean): string | null {
  if (row.kind !== 'pair') return 'it is not a pair of a chosen and a rejected response';
  if (isSameInput(row.chosen, row.rejected)) return 'its two responses are the same';
  if (needPrompt && !isSamePrompt(row.chosen, row.rejected)) return 'its two responses answer different prompts';
  return null;
}

function isSameInput(a: ScorableInput, b: ScorableInput): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
