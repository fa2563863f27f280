/** A text of a conversation: without line breaks at its end, which `|` leaves there and nobody means. */
export function spokenText(text: string): string {
  return text.replace(/[\r\n]+$/, '');
}
