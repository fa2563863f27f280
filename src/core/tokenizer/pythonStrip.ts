export type StripSide = 'both' | 'start' | 'end';

export interface StripParams {
  readonly text: string;
  /** The set of characters to take away; null: white space as Python's str.isspace has it. */
  readonly characters: string | null;
  readonly side: StripSide;
}

/** White space of Python: unlike JavaScript's it has U+001C to U+001F and U+0085, and not U+FEFF. */
const pythonSpaces =
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';

/** Python's str.strip / lstrip / rstrip. */
export function pythonStrip({ text, characters, side }: StripParams): string {
  const set = new Set(characters ?? pythonSpaces);
  // By code points: a character outside the basic plane is one character in Python.
  const points = Array.from(text);
  let start = 0;
  let end = points.length;
  if (side !== 'end') while (start < end && set.has(points[start] ?? '')) start += 1;
  if (side !== 'start') while (start < end && set.has(points[end - 1] ?? '')) end -= 1;
  return start === 0 && end === points.length ? text : points.slice(start, end).join('');
}
