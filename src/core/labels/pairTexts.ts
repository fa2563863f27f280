import type { Message } from '../promptFile/message';
import type { ScorableInput, ScorableRow } from '../promptFile/scorableRow';

/** A preference pair as three texts: what both replies answer, and what is different from there on. */
export interface PairTexts {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
}

/** The texts of a pair, whatever its spelling; null for other rows. Token ids stand as numbers. */
export function readPairTexts(row: ScorableRow): PairTexts | null {
  if (row.kind !== 'pair') return null;
  const chosen = piecesOf(row.chosen);
  const rejected = piecesOf(row.rejected);
  // Every reply has something, also where both are the same.
  const most = Math.min(chosen.length, rejected.length) - 1;
  let shared = 0;
  while (shared < most && chosen[shared] === rejected[shared]) shared += 1;
  return {
    prompt: chosen.slice(0, shared).join(''),
    chosen: chosen.slice(shared).join(''),
    rejected: rejected.slice(shared).join(''),
  };
}

/** Turns, or words with the white space after them. */
function piecesOf(input: ScorableInput): readonly string[] {
  switch (input.kind) {
    case 'messages':
      return input.messages.map(writeTurn);
    case 'text':
      return input.text.match(/\s*\S+\s*/g) ?? [input.text];
    case 'ids':
      return input.ids.map((id) => `${id} `);
  }
}

/** Nothing is said by the name of the role that always replies. */
function writeTurn({ role, content }: Message): string {
  return role === 'assistant' ? `${content}\n` : `${role}: ${content}\n`;
}
