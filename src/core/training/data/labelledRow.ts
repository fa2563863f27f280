import { readPairTexts } from '../../labels/pairTexts';
import { inputsOf } from '../../promptFile/inputsOf';
import type { ScorableInput, ScorableRow } from '../../promptFile/scorableRow';
import { readResponseText } from '../evaluation/responseText';

/** A row of a data set with what a recipe wants to know of it. */
export interface LabelledRow {
  readonly row: ScorableRow;
  readonly subset: string | null;
  /** As the recipe names it. */
  readonly file: string;
  /** File and line, for people. */
  readonly place: string;
  /** Rows of one group are never on both sides of a split. */
  readonly group: string;
  /** By path: what stands at the fields that labels and groups are made of. */
  readonly fields: ReadonlyMap<string, unknown>;
}

/** What the responses of a row answer; where it cannot be told from them, the text as a whole. */
export function promptTextOf(row: ScorableRow): string {
  const [first] = inputsOf(row);
  if (first === undefined) return '';
  const { prompt, response } = readResponseText(first);
  if (first.kind === 'messages') return prompt === '' ? response : prompt;
  return readPairTexts(row)?.prompt ?? response;
}

/** Whether two conversations are the same up to their responses; of templated text that cannot be told, so they are. */
export function isSamePrompt(a: ScorableInput, b: ScorableInput): boolean {
  if (a.kind !== 'messages' || b.kind !== 'messages') return a.kind === b.kind;
  const [first, second] = [a.messages.slice(0, -1), b.messages.slice(0, -1)];
  return (
    first.length === second.length &&
    first.every(({ role, content }, turn) => role === second[turn].role && content === second[turn].content)
  );
}
