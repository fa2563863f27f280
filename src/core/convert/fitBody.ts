import { parseTranscript } from '../promptFile/parseTranscript';
import { RowProblem } from '../promptFile/rowProblem';
import { parseChatMl } from './chatMl';
import type { Capacity } from './conversionFormat';
import { textReply, textTurn, type Exchange, type RecordBody, type Turn } from './conversionRecord';
import { divideDialogue, textOfPrompt, textOfReply } from './dialogue';
import type { Lose } from './fitRecord';

/** The kind of body that a format has; its replies are still as many as they were. @throws RowProblem */
export function fitBody(body: RecordBody, { content }: Capacity, lose: Lose): RecordBody {
  if (content === 'undivided') return { kind: 'text', text: joinTexts(body, lose) };
  if (content === 'steps') {
    if (body.kind !== 'steps') throw new RowProblem('its replies are not divided into labelled steps');
    if (textOfPrompt(body.prompt) === null) throw new RowProblem('a prompt of several messages does not fit');
    return body;
  }
  if (body.kind === 'exchange') return body;
  if (body.kind === 'text') return divideText(body.text);
  lose('the labels of the steps');
  const reply = textReply(body.steps.map(({ text }) => text).join('\n'));
  return { kind: 'exchange', prompt: body.prompt, replies: [reply] };
}

/** @throws RowProblem unless the text says itself who speaks. */
function divideText(text: string): Exchange {
  const turns: readonly Turn[] | null =
    parseChatMl(text) ?? parseTranscript(text)?.map(({ role, content }) => textTurn(role, content)) ?? null;
  if (turns !== null && 0 < turns.length) return divideDialogue(turns);
  throw new RowProblem('`text` is not divided into turns (ChatML and "Human: … Assistant: …" would be)');
}

function joinTexts(body: RecordBody, lose: Lose): string {
  if (body.kind === 'text') return body.text;
  const prompt = textOfPrompt(body.prompt);
  const parts = body.kind === 'steps' ? body.steps.map(({ text }) => text) : body.replies.map(textOfReply);
  if (prompt === null || parts.includes(null)) {
    throw new RowProblem('messages are no text without a chat template; --to chatml writes them with one');
  }
  if (body.kind === 'steps') lose('the labels of the steps');
  else if (1 < parts.length) throw new RowProblem(`${parts.length} replies do not fit into one text`);
  else if (body.replies.some(({ label }) => label !== null)) lose('labels');
  if (body.kind === 'exchange' && body.replies.some(({ score }) => score !== null)) lose('scores');
  lose('where the reply begins');
  return [prompt, ...parts].join('');
}
