import type { Message } from '../../src/core/promptFile/message';

/** A conversation that ends with the response to be measured, and what a meter should say of it. */
export interface LabelledText {
  readonly messages: readonly Message[];
  /** 0 or 1 for yes/no meters, a number in [0, 1] for a rating. */
  readonly target: number;
  /** Rows of one group are never on both sides of a split. */
  readonly group: string;
}

/** The text that is measured. */
export function responseOf({ messages }: { readonly messages: readonly Message[] }): string {
  return messages.at(-1)?.content ?? '';
}

/** Everything that the response answers, as one text. */
export function promptOf({ messages }: { readonly messages: readonly Message[] }): string {
  return messages
    .slice(0, -1)
    .map((message) => message.content)
    .join('\n');
}

/** One conversation of a user's turn and the response to it. */
export function exchange(prompt: string, response: string): readonly Message[] {
  return [
    { role: 'user', content: prompt },
    { role: 'assistant', content: response },
  ];
}
