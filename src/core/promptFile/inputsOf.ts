import type { ScorableInput, ScorableRow } from './scorableRow';

/** The texts of a row: one, chosen and rejected, or all responses. */
export function inputsOf(row: ScorableRow): readonly ScorableInput[] {
  switch (row.kind) {
    case 'single':
      return [row.input];
    case 'pair':
      return [row.chosen, row.rejected];
    case 'list':
      return row.responses;
  }
}
