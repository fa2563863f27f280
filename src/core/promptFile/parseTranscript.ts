import type { Message } from './message';

/**
 * The turns of a transcript as in the HH-RLHF data: "\n\nHuman: …\n\nAssistant: …". Null when the text is none: it has to
 * begin with a Human turn. Turns lose the white space around them; an empty last turn ("\n\nAssistant:") is left out.
 */
export function parseTranscript(text: string): readonly Message[] | null {
  if (!/^\s*Human:/.test(text)) return null;
  const messages: Message[] = [];
  const marks = [...text.matchAll(/(?:^\s*|\n\n)(Human|Assistant):/g)];
  for (const [index, mark] of marks.entries()) {
    const content = text.slice(mark.index + mark[0].length, marks[index + 1]?.index).trim();
    if (content === '' && index === marks.length - 1 && mark[1] === 'Assistant') continue;
    messages.push({ role: mark[1] === 'Human' ? 'user' : 'assistant', content });
  }
  return messages;
}
