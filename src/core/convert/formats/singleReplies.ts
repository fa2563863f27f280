import { RowProblem } from '../../promptFile/rowProblem';
import { numberOf, recordOf, truthOf, writeColumns, writeVerdict } from '../columns';
import { everyFile, openColumns, type Capacity, type ConversionFormat, type Fields } from '../conversionFormat';
import type { ConversionRecord, Exchange, Reply } from '../conversionRecord';
import { divideDialogue, textOfPrompt, textOfReply, turnsOfPrompt } from '../dialogue';
import { memberOf, readPrompt, readReply, takesSystem, withSystem } from '../readParts';
import { readTurns, writeTurn } from '../turns';

const promptNames = ['prompt', 'query', 'messages'] as const;

/** A prompt, and a reply unless it is missing; `label` and `score` are the reply's. @throws RowProblem */
export function readSingleReply(fields: Fields): ConversionRecord {
  const promptName = memberOf(fields, promptNames);
  if (promptName === null) throw new RowProblem('`prompt` is missing');
  const prompt = readPrompt(fields[promptName], `\`${promptName}\``);
  const replyName = memberOf(fields, ['completion', 'response']);
  if (replyName === null) {
    return recordOf({ fields, body: { kind: 'exchange', prompt, replies: [] }, used: [promptName] });
  }
  const read = readReply(fields[replyName], prompt, `\`${replyName}\``);
  const { reply, used } = withVerdict(read, fields);
  const body: Exchange = { kind: 'exchange', prompt, replies: [reply] };
  return recordOf({ fields, body, used: [promptName, replyName, ...used] });
}

function withVerdict(reply: Reply, fields: Fields): { readonly reply: Reply; readonly used: readonly string[] } {
  const label = truthOf(fields['label']);
  const score = numberOf(fields['score']);
  const used = [...(label === null ? [] : ['label']), ...(score === null ? [] : ['score'])];
  return { reply: { ...reply, label, score }, used };
}

/** A conversation in one piece. @throws RowProblem */
export function readMessagesRow(fields: Fields): ConversionRecord {
  const messages = readTurns(fields['messages'], '`messages`');
  if (messages.length === 0) throw new RowProblem('`messages` is empty');
  const system = takesSystem(messages, fields['system']) ? ['system'] : [];
  const dialogue = divideDialogue(withSystem(messages, fields['system']));
  const id = fields['id'] ?? fields['conversation_id'];
  const isNamed = typeof id === 'string' || typeof id === 'number';
  const [reply] = dialogue.replies;
  const verdict = reply === undefined ? null : withVerdict(reply, fields);
  return recordOf({
    fields,
    body: verdict === null ? dialogue : { ...dialogue, replies: [verdict.reply] },
    used: ['messages', ...system, ...(isNamed ? ['conversation_id'] : []), ...(verdict?.used ?? [])],
    ...(isNamed && fields['id'] === undefined ? { id } : {}),
  });
}

function exchangeOf({ body }: ConversionRecord): Exchange {
  if (body.kind !== 'exchange') throw new RowProblem('it is no prompt with replies');
  return body;
}

/** Prompt and reply as text; what is no text was refused before. */
export function writtenTexts(record: ConversionRecord): {
  readonly prompt: string;
  readonly replies: readonly string[];
} {
  const { prompt, replies } = exchangeOf(record);
  return { prompt: textOfPrompt(prompt) ?? '', replies: replies.map((reply) => textOfReply(reply) ?? '') };
}

/** Prompt and replies as messages. */
export function writtenTurns(record: ConversionRecord): {
  readonly prompt: readonly Fields[];
  readonly replies: readonly (readonly Fields[])[];
} {
  const { prompt, replies } = exchangeOf(record);
  return { prompt: turnsOfPrompt(prompt).map(writeTurn), replies: replies.map(({ turns }) => turns.map(writeTurn)) };
}

export function repliesOf(record: ConversionRecord): readonly Reply[] {
  return exchangeOf(record).replies;
}

function capacity(content: 'text' | 'turns', replies: Capacity['replies']): Capacity {
  const scores = replies === 'none' ? 'none' : 'kept';
  return { content, replies, division: 'told', scores, columns: openColumns };
}

function singleReply(
  content: 'text' | 'turns',
  replies: 'none' | 'one' | 'labelled',
  about: Pick<ConversionFormat, 'name' | 'aliases' | 'summary'>,
): ConversionFormat {
  const written = content === 'text' ? writtenTexts : writtenTurns;
  return {
    ...about,
    files: everyFile,
    capacity: capacity(content, replies),
    read: readSingleReply,
    write: (record) => {
      const { prompt, replies: parts } = written(record);
      const completion = replies === 'none' ? {} : { completion: parts[0] };
      return { prompt, ...completion, ...writeVerdict(repliesOf(record)[0]), ...writeColumns(record) };
    },
  };
}

/** TRL's formats with one reply or none. */
export const singleReplyFormats: readonly ConversionFormat[] = [
  {
    name: 'trl-messages',
    aliases: ['messages', 'trl-language-modeling-chat'],
    summary: 'messages, tools?',
    files: everyFile,
    capacity: { content: 'turns', replies: 'optional', division: 'last turn', scores: 'kept', columns: openColumns },
    read: readMessagesRow,
    write: (record) => {
      const { prompt, replies } = writtenTurns(record);
      return {
        messages: [...prompt, ...replies.flat()],
        ...writeVerdict(repliesOf(record)[0]),
        ...writeColumns(record),
      };
    },
  },
  singleReply('text', 'none', { name: 'trl-prompt', aliases: ['prompt-only', 'trl-prompt-only'], summary: 'prompt' }),
  singleReply('turns', 'none', {
    name: 'trl-prompt-chat',
    aliases: ['prompt-only-chat', 'trl-prompt-only-chat'],
    summary: 'prompt[]',
  }),
  singleReply('text', 'one', {
    name: 'trl-completion',
    aliases: ['prompt-completion', 'trl-prompt-completion'],
    summary: 'prompt, completion',
  }),
  singleReply('turns', 'one', {
    name: 'trl-completion-chat',
    aliases: ['prompt-completion-chat', 'trl-prompt-completion-chat'],
    summary: 'prompt[], completion[]',
  }),
  singleReply('text', 'labelled', {
    name: 'trl-unpaired',
    aliases: ['unpaired', 'trl-unpaired-preference', 'kto'],
    summary: 'prompt, completion, label',
  }),
  singleReply('turns', 'labelled', {
    name: 'trl-unpaired-chat',
    aliases: ['unpaired-chat', 'trl-unpaired-preference-chat', 'kto-chat'],
    summary: 'prompt[], completion[], label',
  }),
];
