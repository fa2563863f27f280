import { RowProblem } from '../promptFile/rowProblem';
import type { Capacity } from './conversionFormat';
import { textReply, type Exchange, type Prompt, type Reply, type Turn } from './conversionRecord';
import {
  divideDialogue,
  dividePair,
  fitsTranscript,
  textOfPrompt,
  textOfReply,
  turnsOfPrompt,
  writeTranscript,
} from './dialogue';
import type { Lose } from './fitRecord';
import { isTextPart } from './turns';

/** Prompt and replies as texts, messages or transcripts, as a format has them. @throws RowProblem */
export function fitContent(body: Exchange, capacity: Capacity, lose: Lose): Exchange {
  const plain =
    capacity.columns.has('messageFields') && capacity.content === 'turns' ? body : withoutExtras(body, lose);
  checkDivision(plain, capacity, lose);
  if (capacity.alternates === true) checkTurns(plain);
  if (capacity.content === 'text') return asTexts(plain, lose);
  if (capacity.content === 'transcript' && !dialoguesOf(plain).every(fitsTranscript)) {
    lose('what a transcript cannot tell apart');
  }
  return plain;
}

function dialoguesOf({ prompt, replies }: Exchange): readonly (readonly Turn[])[] {
  return replies.map(({ turns }) => [...turnsOfPrompt(prompt), ...turns]);
}

function withoutExtras(body: Exchange, lose: Lose): Exchange {
  const strip = (turn: Turn): Turn => {
    for (const [name, value] of Object.entries(turn.extras)) {
      const what = describeExtra(name, value);
      if (what !== null) lose(what);
    }
    return { ...turn, extras: {} };
  };
  const prompt: Prompt =
    body.prompt.kind === 'text' ? body.prompt : { kind: 'turns', turns: body.prompt.turns.map(strip) };
  return { ...body, prompt, replies: body.replies.map((reply) => ({ ...reply, turns: reply.turns.map(strip) })) };
}

/** What is lost with a member of a message; null: nothing. */
function describeExtra(name: string, value: unknown): string | null {
  if (name === 'content') {
    if (value === null) return null;
    return Array.isArray(value) && value.every(isTextPart) ? null : 'images and other parts that are no text';
  }
  return name === 'tool_calls' || name === 'function_call' || name === 'tool_call_id'
    ? 'tool calls'
    : `\`${name}\` of messages`;
}

function checkDivision(body: Exchange, { division }: Capacity, lose: Lose): void {
  if (division === 'told') return;
  const prompt = turnsOfPrompt(body.prompt);
  const [first = [], second = []] = dialoguesOf(body);
  const found =
    division === 'shared beginning'
      ? dividePair(first, second)
      : divideDialogue(body.replies.length === 0 ? prompt : first);
  if (turnsOfPrompt(found.prompt).length !== prompt.length) lose('where the reply begins');
}

/** @throws RowProblem unless user and assistant take turns to the end. */
function checkTurns(body: Exchange): void {
  for (const dialogue of dialoguesOf(body)) {
    const turns = dialogue[0]?.role === 'system' ? dialogue.slice(1) : dialogue;
    const wrong = turns.findIndex(({ role }, index) => role !== (index % 2 === 0 ? 'user' : 'assistant'));
    if (0 <= wrong)
      throw new RowProblem(`user and assistant have to take turns, and turn ${wrong + 1} is out of order`);
    if (turns.length % 2 === 1) throw new RowProblem('it does not end with an assistant turn');
    if (turns.length === 0) throw new RowProblem('it has no turns');
  }
}

function asTexts({ prompt, replies }: Exchange, lose: Lose): Exchange {
  return { kind: 'exchange', prompt: textPrompt(prompt, lose), replies: replies.map((reply) => asText(reply, lose)) };
}

function textPrompt(prompt: Prompt, lose: Lose): Prompt {
  const text = textOfPrompt(prompt);
  if (text !== null) return { kind: 'text', text };
  const turns = turnsOfPrompt(prompt);
  if (turns.length === 0) throw new RowProblem('its replies have no prompt');
  lose('turns of the prompt, which becomes a transcript');
  return { kind: 'text', text: `${writeTranscript(turns)}\n\nAssistant:` };
}

function asText(reply: Reply, lose: Lose): Reply {
  if (textOfReply(reply) !== null) return reply;
  lose('turns of the reply, which becomes one text');
  const text = reply.turns.map(({ content }) => content).join('\n\n');
  return { ...reply, turns: textReply(text).turns };
}
