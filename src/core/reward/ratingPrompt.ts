import type { Message } from '../promptFile/message';

/** A text that asks for a rating of a response. */
export interface RatedText {
  readonly before: string;
  /** Empty: the conversation has none. */
  readonly response: string;
  readonly after: string;
}

/** How a model that was trained on a prompt of its own, instead of its chat template, is given a conversation. */
export interface RatingPrompt {
  /** Whose prompt it is, for people. */
  readonly name: string;
  /** @throws AlidadeError `template` for conversations that it has no place for. */
  readonly write: (messages: readonly Message[]) => RatedText;
}
