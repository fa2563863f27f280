import type { ScorableInput, ScorableRow } from './scorableRow';

/** About how much text a row has: what work it is, before its tokens are known. */
export function countCharacters(row: ScorableRow): number {
  const inputs = row.kind === 'single' ? [row.input] : row.kind === 'pair' ? [row.chosen, row.rejected] : row.responses;
  return inputs.reduce((sum, input) => sum + lengthOf(input), 0);
}

function lengthOf(input: ScorableInput): number {
  if (input.kind === 'text') return input.text.length;
  // A token is about four characters.
  if (input.kind === 'ids') return 4 * input.ids.length;
  return input.messages.reduce((sum, { content }) => sum + content.length, 0);
}
