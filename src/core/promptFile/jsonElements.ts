/** A JSON value among others, as it stands in the file. */
export interface JsonElement {
  /** Without the white space before it; not necessarily valid JSON. */
  readonly bytes: Uint8Array;
  /** Line on which it begins, from 0. */
  readonly line: number;
}

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const backslash = 0x5c;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** The member whose list has the rows: LMFlow's data sets are `{"type": …, "instances": […]}`. */
const listMember = 'instances';

/**
 * Cuts JSON into rows as its bytes arrive, and holds no more than the row at hand. Rows are the elements of a list, or of
 * the `instances` of an object; objects one after the other are rows themselves. What is wrong within a row is left to
 * whoever parses it: the next one is found nevertheless.
 */
export class JsonElementSplitter {
  /** Brackets that are open. */
  #depth = 0;
  /** Brackets that are open between the elements of the wanted list; 0: there is no list. */
  #listDepth = 0;
  #isListOver = false;
  /** An element has come since the last comma of the list. */
  #hasElement = false;
  #isInString = false;
  #isEscaped = false;
  /** Within the outermost object: a string would be a member's name, and the last name that was read. */
  #expectsName = false;
  #name = '';
  #isReadingName = false;
  /** A colon has come, and its value not yet. */
  #expectsValue = false;
  #line = 0;
  #pieces: Uint8Array[] | null = null;
  #elementLine = 0;
  #problem: string | null = null;

  /** Why the rest cannot be read: no elements come any more. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Bytes of the row that is not complete. */
  get waiting(): number {
    return (this.#pieces ?? []).reduce((sum, { length }) => sum + length, 0);
  }

  /** The elements that are complete with some more bytes. */
  push(chunk: Uint8Array): readonly JsonElement[] {
    const elements: JsonElement[] = [];
    // Where the part of the present element begins that lies in this chunk.
    let begin = 0;
    const finish = (end: number): void => {
      const bytes = concatenate([...(this.#pieces ?? []), chunk.subarray(begin, end)]);
      elements.push({ bytes, line: this.#elementLine });
      this.#pieces = null;
      this.#hasElement = true;
    };
    const start = (index: number): void => {
      begin = index;
      this.#pieces = [];
      this.#elementLine = this.#line;
    };
    for (let index = 0; index < chunk.length && this.#problem === null; index += 1) {
      const unit = chunk[index];
      if (this.#isInString) {
        if (!this.#isReadingName && !this.#isEscaped) index = skipPlain(chunk, index);
        if (index < chunk.length) this.#readString(chunk[index]);
        continue;
      }
      if (unit === space || unit === tab || unit === carriageReturn) continue;
      if (unit === lineFeed) {
        this.#line += 1;
        continue;
      }
      const isBetween = this.#listDepth !== 0 && this.#depth === this.#listDepth;
      if (isBetween && (unit === comma || unit === closeList)) {
        // A comma with nothing before it is an element that is no JSON.
        if (this.#pieces === null && !this.#hasElement && unit === comma) start(index);
        if (this.#pieces !== null) finish(index);
        if (unit === comma) this.#hasElement = false;
        else this.#endList();
        continue;
      }
      if (this.#depth === 0 && !this.#beginsValue(unit)) continue;
      if (this.#depth === 0 && unit === openList) {
        this.#openList(1);
        continue;
      }
      if (this.#isListMember(unit)) {
        this.#pieces = null;
        this.#openList(2);
        continue;
      }
      if (this.#pieces === null && (isBetween || this.#depth === 0)) start(index);
      this.#step(unit);
      if (this.#pieces !== null && this.#depth === 0) finish(index + 1);
    }
    this.#pieces?.push(chunk.slice(begin));
    return elements;
  }

  /** @returns what is missing at the end of the file, or why the rest was not read; null: nothing. */
  end(): string | null {
    if (this.#problem !== null) return this.#problem;
    if (this.#depth === 0) return null;
    const where =
      this.#pieces === null ? 'before the list is closed' : `within the row of line ${this.#elementLine + 1}`;
    return `it breaks off ${where}`;
  }

  /** Whether a byte outside all brackets may be there. */
  #beginsValue(unit: number | undefined): boolean {
    if (!this.#isListOver && (unit === openObject || (unit === openList && !this.#hasElement))) return true;
    this.#problem = `line ${this.#line + 1} does not begin a row`;
    return false;
  }

  #openList(depth: number): void {
    this.#depth = depth;
    this.#listDepth = depth;
    this.#hasElement = false;
    this.#expectsValue = false;
  }

  #endList(): void {
    this.#depth -= 1;
    this.#listDepth = 0;
    this.#isListOver = true;
  }

  #isListMember(unit: number | undefined): boolean {
    return (
      unit === openList && this.#depth === 1 && this.#expectsValue && this.#name === listMember && !this.#isListOver
    );
  }

  #step(unit: number | undefined): void {
    const isOutermost = this.#depth === 1 && this.#listDepth === 0;
    if (unit === quote) {
      this.#isInString = true;
      this.#isReadingName = isOutermost && this.#expectsName;
      if (this.#isReadingName) this.#name = '';
    }
    if (isOutermost) {
      this.#expectsValue = unit === colon;
      this.#expectsName = unit === comma;
    }
    if (unit === openObject || unit === openList) {
      if (this.#depth === 0) this.#expectsName = true;
      this.#depth += 1;
    }
    if ((unit === closeObject || unit === closeList) && this.#listDepth < this.#depth) this.#depth -= 1;
  }

  #readString(unit: number | undefined): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (unit === backslash) this.#isEscaped = true;
    else if (unit === quote) {
      this.#isInString = false;
      this.#isReadingName = false;
    }
    // A line feed in a string is no JSON, but a line all the same.
    if (unit === lineFeed) this.#line += 1;
    if (this.#isReadingName && this.#name.length <= listMember.length) this.#name += String.fromCharCode(unit ?? 0);
  }
}

/** Place of the next byte that matters within a string. */
function skipPlain(chunk: Uint8Array, start: number): number {
  let index = start;
  while (index < chunk.length) {
    const unit = chunk[index];
    if (unit === quote || unit === backslash || unit === lineFeed) break;
    index += 1;
  }
  return index;
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined) return first;
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const piece of pieces) {
    joined.set(piece, end);
    end += piece.length;
  }
  return joined;
}
