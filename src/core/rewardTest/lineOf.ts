/** The line of an offset in a text, from 1. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); 0 <= at && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
