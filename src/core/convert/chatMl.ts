import { textTurn, type Turn } from './conversionRecord';

const start = '<|im_start|>';
const end = '<|im_end|>';

/** ChatML: `<|im_start|>role`, a line feed, the text, `<|im_end|>` and a line feed, for each turn. */
export function writeChatMl(turns: readonly Turn[]): string {
  return turns.map(({ role, content }) => `${start}${role}\n${content}${end}\n`).join('');
}

/** The turns of a text in ChatML; null: it is none, or one that breaks off. */
export function parseChatMl(text: string): readonly Turn[] | null {
  const turns: Turn[] = [];
  let place = 0;
  while (text.startsWith(start, place)) {
    const lineEnd = text.indexOf('\n', place);
    const close = text.indexOf(end, place);
    if (lineEnd < 0 || close < lineEnd) return null;
    const role = text.slice(place + start.length, lineEnd).trim();
    const content = text.slice(lineEnd + 1, close);
    if (role === '' || content.includes(start)) return null;
    turns.push(textTurn(role, content));
    place = close + end.length;
    if (text[place] === '\n') place += 1;
  }
  return 0 < turns.length && text.slice(place).trim() === '' ? turns : null;
}

/** Whether a text has marks that would divide it where nobody has. */
export function hasChatMlMarks(text: string): boolean {
  return text.includes(start) || text.includes(end);
}
