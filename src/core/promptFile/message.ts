/** One turn of a conversation. */
export interface Message {
  readonly role: string;
  readonly content: string;
}
