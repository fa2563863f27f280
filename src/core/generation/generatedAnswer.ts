/** One answer to a prompt, whatever made it. */
export interface GeneratedAnswer {
  readonly text: string;
  /** It ended by itself, or reached the limit. */
  readonly finishReason: 'stop' | 'length';
}
