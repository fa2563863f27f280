import { parseTranscript } from '../promptFile/parseTranscript';
import { textTurn, type Exchange, type Prompt, type Reply, type Turn } from './conversionRecord';
import { isSameTurn } from './turns';

/** A conversation in one piece: an assistant's last turn is the reply. */
export function divideDialogue(turns: readonly Turn[]): Exchange {
  const last = turns.at(-1);
  if (last?.role !== 'assistant') return { kind: 'exchange', prompt: { kind: 'turns', turns }, replies: [] };
  const reply: Reply = { turns: [last], label: null, score: null };
  return { kind: 'exchange', prompt: { kind: 'turns', turns: turns.slice(0, -1) }, replies: [reply] };
}

/** Two conversations that begin alike: the replies begin where they part, at the last turn at the latest. */
export function dividePair(chosen: readonly Turn[], rejected: readonly Turn[]): Exchange {
  const most = Math.max(0, Math.min(chosen.length, rejected.length) - 1);
  let shared = 0;
  while (shared < most && chosen[shared] !== undefined && isSameTurn(chosen[shared], rejected[shared])) shared += 1;
  return {
    kind: 'exchange',
    prompt: { kind: 'turns', turns: chosen.slice(0, shared) },
    replies: [
      { turns: chosen.slice(shared), label: true, score: null },
      { turns: rejected.slice(shared), label: false, score: null },
    ],
  };
}

/** The turns that a prompt stands for: a text is the user's, unless it is a transcript that waits for a reply. */
export function turnsOfPrompt(prompt: Prompt): readonly Turn[] {
  if (prompt.kind === 'turns') return prompt.turns;
  return transcriptTurns(prompt.text) ?? [textTurn('user', prompt.text)];
}

/** The prompt as one text; null: it is more than what a user has said. */
export function textOfPrompt(prompt: Prompt): string | null {
  if (prompt.kind === 'text') return prompt.text;
  const [turn] = prompt.turns;
  if (prompt.turns.length !== 1 || turn?.role !== 'user' || 0 < Object.keys(turn.extras).length) return null;
  // It would be read as a transcript.
  return transcriptTurns(turn.content) === null ? turn.content : null;
}

/** A reply as one text; null: it is more than that. */
export function textOfReply({ turns }: Reply): string | null {
  const [turn] = turns;
  const isText = turns.length === 1 && turn?.role === 'assistant' && Object.keys(turn.extras).length === 0;
  return isText ? turn.content : null;
}

function transcriptTurns(text: string): readonly Turn[] | null {
  if (!/\n\nAssistant:\s*$/.test(text)) return null;
  return parseTranscript(text)?.map(({ role, content }) => textTurn(role, content)) ?? null;
}

/** "\n\nHuman: …\n\nAssistant: …", as the HH-RLHF data has it; other roles by their names. */
export function writeTranscript(turns: readonly Turn[]): string {
  return turns.map(({ role, content }) => `\n\n${speakerOf(role)}: ${content}`).join('');
}

function speakerOf(role: string): string {
  if (role === 'user') return 'Human';
  return `${role.slice(0, 1).toUpperCase()}${role.slice(1)}`;
}

/** Whether a transcript says it all: it is read back as the very turns. */
export function fitsTranscript(turns: readonly Turn[]): boolean {
  const read = parseTranscript(writeTranscript(turns)) ?? [];
  return (
    read.length === turns.length &&
    turns.every((turn, index) => {
      const { role, content } = read[index] ?? {};
      return turn.role === role && turn.content === content && Object.keys(turn.extras).length === 0;
    })
  );
}
