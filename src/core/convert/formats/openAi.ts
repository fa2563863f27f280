import type { ConversionFormat } from '../conversionFormat';
import { readOpenAiPreference } from './preferences';
import { readMessagesRow, writtenTurns } from './singleReplies';

/** OpenAI's fine-tuning files; columns that it does not know are refused there. */
export const openAiFormats: readonly ConversionFormat[] = [
  {
    name: 'openai-chat',
    aliases: ['openai', 'openai-messages'],
    summary: 'messages, tools?',
    files: ['jsonl'],
    capacity: {
      content: 'turns',
      replies: 'optional',
      division: 'last turn',
      scores: 'none',
      columns: new Set(['tools', 'messageFields']),
    },
    read: readMessagesRow,
    write: (record) => {
      const { prompt, replies } = writtenTurns(record);
      return { messages: [...prompt, ...replies.flat()], ...(record.tools === null ? {} : { tools: record.tools }) };
    },
  },
  {
    name: 'openai-dpo',
    aliases: ['openai-preference'],
    summary: 'input {messages, tools?}, preferred_output[], non_preferred_output[]',
    files: ['jsonl'],
    capacity: {
      content: 'turns',
      replies: 'pair',
      division: 'told',
      scores: 'none',
      columns: new Set(['tools', 'messageFields']),
    },
    read: readOpenAiPreference,
    write: (record) => {
      const { prompt, replies } = writtenTurns(record);
      return {
        input: { messages: prompt, ...(record.tools === null ? {} : { tools: record.tools }) },
        preferred_output: replies[0],
        non_preferred_output: replies[1],
      };
    },
  },
];
