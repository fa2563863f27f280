/** A range of a text, in UTF-16 units; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A member of an object, as it is written. */
export interface JsonMember {
  readonly key: string;
  /** With its quotation marks. */
  readonly name: Span;
  readonly value: Span;
}

/**
 * Where the values of an object stand in a JSON text known to be valid; of a key given twice, the last, as JSON.parse
 * does.
 * @param start offset of the object's `{`, white space before it allowed.
 */
export function locateMembers(text: string, start: number): ReadonlyMap<string, Span> {
  return new Map(listMembers(text, start).map(({ key, value }) => [key, value]));
}

/**
 * The members of an object in a JSON text known to be valid, in their order, those given twice too. Far quicker than a
 * syntax tree: what is inside the values is only skipped.
 * @param start offset of the object's `{`, white space before it allowed.
 */
export function listMembers(text: string, start: number): readonly JsonMember[] {
  const members: JsonMember[] = [];
  let index = skipSpace(text, start) + 1;
  for (;;) {
    index = skipSpace(text, index);
    if (text[index] !== '"') return members;
    const name = { start: index, end: skipString(text, index) };
    const key = String(JSON.parse(text.slice(name.start, name.end)));
    const valueStart = skipSpace(text, skipSpace(text, name.end) + 1);
    const value = { start: valueStart, end: skipValue(text, valueStart) };
    members.push({ key, name, value });
    index = skipSpace(text, value.end);
    if (text[index] !== ',') return members;
    index += 1;
  }
}

/** Where the elements of a list stand in a JSON text known to be valid. */
export function locateElements(text: string, start: number): readonly Span[] {
  const elements: Span[] = [];
  let index = skipSpace(text, skipSpace(text, start) + 1);
  while (index < text.length && text[index] !== ']') {
    const end = skipValue(text, index);
    elements.push({ start: index, end });
    index = skipSpace(text, end);
    if (text[index] === ',') index = skipSpace(text, index + 1);
  }
  return elements;
}

/** Offset of the first character that is no JSON white space. */
export function skipSpace(text: string, start: number): number {
  let index = start;
  while (index < text.length) {
    const unit = text.charCodeAt(index);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) break;
    index += 1;
  }
  return index;
}

function skipValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return skipString(text, start);
  if (first !== '{' && first !== '[') {
    let index = start + 1;
    while (index < text.length && !/[\s,\]}]/.test(text[index] ?? '')) index += 1;
    return index;
  }
  let depth = 0;
  for (let index = start; index < text.length;) {
    const unit = text.charCodeAt(index);
    if (unit === 0x22) {
      index = skipString(text, index);
      continue;
    }
    index += 1;
    if (unit === 0x7b || unit === 0x5b) depth += 1;
    else if (unit === 0x7d || unit === 0x5d) depth -= 1;
    if (depth === 0) return index;
  }
  return text.length;
}

/** Offset after the closing quotation mark. */
function skipString(text: string, start: number): number {
  let index = start + 1;
  for (;;) {
    const quote = text.indexOf('"', index);
    if (quote < 0) return text.length;
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    index = quote + 1;
  }
}
