import { inputsOf } from './inputsOf';
import type { ScorableInput, ScorableRow } from './scorableRow';

/** About how much text a row has: what work it is, before its tokens are known. */
export function countCharacters(row: ScorableRow): number {
  return inputsOf(row).reduce((sum, input) => sum + countInputCharacters(input), 0);
}

/** The same of one text. */
export function countInputCharacters(input: ScorableInput): number {
  if (input.kind === 'text') return input.text.length;
  // A token is about four characters.
  if (input.kind === 'ids') return 4 * input.ids.length;
  return input.messages.reduce((sum, { content }) => sum + content.length, 0);
}
