import type { ScorableInput } from '../../promptFile/scorableRow';

export interface ResponseText {
  /** All turns before the response; empty where they cannot be told from it. */
  readonly prompt: string;
  readonly response: string;
}

/** The last turn of a conversation if it is an assistant's, and what comes before it. Token ids stand as numbers. */
export function readResponseText(input: ScorableInput): ResponseText {
  switch (input.kind) {
    case 'messages': {
      const isAnswered = input.messages.at(-1)?.role === 'assistant';
      const prompt = isAnswered ? input.messages.slice(0, -1) : input.messages;
      const response = isAnswered ? input.messages[input.messages.length - 1].content : '';
      return { prompt: prompt.map(({ content }) => content).join('\n'), response };
    }
    case 'text':
      return { prompt: '', response: input.text };
    case 'ids':
      return { prompt: '', response: input.ids.join(' ') };
  }
}
