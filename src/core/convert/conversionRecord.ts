/** One message, whatever its format calls its parts. */
export interface Turn {
  readonly role: string;
  /** Its text; of a list of parts the text parts joined. */
  readonly content: string;
  /**
   * What else the message has, as it stands: `tool_calls`, `name`, `weight`, …; `content` where that is no string, as for
   * images, or null beside tool calls.
   */
  readonly extras: Readonly<Record<string, unknown>>;
}

/** Text and turns are kept apart: a text may be a transcript, which only its reader can tell. */
export type Prompt =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'turns'; readonly turns: readonly Turn[] };

export interface Reply {
  /** Usually one assistant's turn. */
  readonly turns: readonly Turn[];
  /** true: chosen, or desirable; false: rejected, or undesirable; null: nobody has said. */
  readonly label: boolean | null;
  readonly score: number | null;
}

/** A prompt with none, one or several replies; a pair is two of them with the labels true and false. */
export interface Exchange {
  readonly kind: 'exchange';
  readonly prompt: Prompt;
  readonly replies: readonly Reply[];
}

export interface Step {
  readonly text: string;
  readonly label: boolean;
}

export type RecordBody =
  | Exchange
  /** A text that nothing divides into prompt and reply. */
  | { readonly kind: 'text'; readonly text: string }
  /** A solution in steps, each right or wrong. */
  | { readonly kind: 'steps'; readonly prompt: Prompt; readonly steps: readonly Step[] };

/** A row of any format: what all of them are read into and written from. */
export interface ConversionRecord {
  readonly body: RecordBody;
  /** The row's own; rows without one stay without. */
  readonly id: string | number | null;
  readonly subset: string | number | null;
  /** By how much the chosen reply is better, as the data set says. */
  readonly margin: number | null;
  /** What a right answer is: a text, or several; null: none. */
  readonly reference: unknown;
  /** Definitions of the tools that the assistant may call; null: none. */
  readonly tools: unknown;
  /** Columns that mean nothing here, as they stand. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What a message is called that has only text. */
export function textTurn(role: string, content: string): Turn {
  return { role, content, extras: {} };
}

export function textReply(content: string, about: Partial<Omit<Reply, 'turns'>> = {}): Reply {
  return { turns: [textTurn('assistant', content)], label: null, score: null, ...about };
}
