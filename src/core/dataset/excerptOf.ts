import type { ScorableInput, ScorableRow } from '../promptFile/scorableRow';

const mostCharacters = 140;

/** The beginning of what was asked, on one line: by this people know a row again. Empty for token ids. */
export function excerptOf(row: ScorableRow): string {
  return shorten(promptOf(firstInput(row)));
}

function firstInput(row: ScorableRow): ScorableInput | undefined {
  switch (row.kind) {
    case 'single':
      return row.input;
    case 'pair':
      return row.chosen;
    case 'list':
      return row.responses[0];
  }
}

function promptOf(input: ScorableInput | undefined): string {
  switch (input?.kind) {
    case 'messages':
      return input.messages.findLast(({ role }) => role === 'user')?.content ?? input.messages[0]?.content ?? '';
    case 'text':
      return input.text;
    case 'ids':
    case undefined:
      return '';
  }
}

/** Built anew from its characters: a slice would keep the whole text in memory. */
function shorten(text: string): string {
  const words = text
    .slice(0, 4 * mostCharacters)
    .replace(/\s+/g, ' ')
    .trim();
  const characters = Array.from(words.slice(0, 2 * mostCharacters));
  const isWhole = characters.length <= mostCharacters && text.length <= 4 * mostCharacters;
  return (isWhole ? characters : [...characters.slice(0, mostCharacters - 1), '…']).join('');
}
