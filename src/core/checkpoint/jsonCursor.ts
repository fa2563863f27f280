import { FormatError } from '../formatError';
import { decodeUtf8 } from './decodeUtf8';

export interface JsonCursorParams {
  /** UTF-8. */
  readonly bytes: Uint8Array;
  /** Named in errors. */
  readonly file: string;
  /** Added to every offset in errors: where `bytes` begins in the file. */
  readonly fileOffset?: number;
  /** Python's `NaN`, `Infinity` and `-Infinity` are numbers (config.json of transformers 4 may have them). */
  readonly allowNonFinite?: boolean;
  /** What a repeated key means in `readValue`. Default: an error. */
  readonly repeatedKeys?: 'refuse' | 'lastWins';
}

const maximumDepth = 64;

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

/**
 * Strict JSON, read where it stands: no tree is built unless asked for, so that a hostile header costs no more memory than its bytes.
 * Nesting is bounded. Every error is a FormatError with the byte offset.
 */
export class JsonCursor {
  private readonly bytes: Uint8Array;
  private readonly params: JsonCursorParams;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private position = 0;
  private depth = 0;

  constructor(params: JsonCursorParams) {
    this.params = params;
    this.bytes = params.bytes;
  }

  /** Byte offset in the file of what is read next. */
  get offset(): number {
    return (this.params.fileOffset ?? 0) + this.position;
  }

  fail(problem: string, offset = this.offset): never {
    throw new FormatError({ problem, file: this.params.file, offset });
  }

  /** Calls `readMember` once for each key; it must read the value. */
  readObject(readMember: (key: string, keyOffset: number) => void): void {
    this.expect(openBrace, 'an object');
    this.enter();
    if (this.accept(closeBrace)) {
      this.depth--;
      return;
    }
    do {
      this.skipSpace();
      const keyOffset = this.offset;
      const key = this.readString();
      this.expect(colon, '":"');
      readMember(key, keyOffset);
    } while (this.accept(comma));
    this.expect(closeBrace, '"}" or ","');
    this.depth--;
  }

  /** Calls `readItem` once for each item; it must read the item. */
  readArray(readItem: () => void): void {
    this.expect(openBracket, 'an array');
    this.enter();
    if (this.accept(closeBracket)) {
      this.depth--;
      return;
    }
    do readItem();
    while (this.accept(comma));
    this.expect(closeBracket, '"]" or ","');
    this.depth--;
  }

  readString(): string {
    this.expect(quote, 'a string');
    const start = this.position;
    let escaped = false;
    for (;;) {
      if (this.position >= this.bytes.length) this.fail('the text ends inside a string');
      const byte = this.bytes[this.position];
      if (byte === quote) break;
      if (byte < 0x20) this.fail('a control character inside a string');
      if (byte === backslash) {
        escaped = true;
        this.position++;
      }
      this.position++;
    }
    const end = this.position++;
    // With escapes the language's own parser decodes, which also checks them.
    const raw = this.bytes.subarray(escaped ? start - 1 : start, escaped ? end + 1 : end);
    try {
      const text = decodeUtf8(raw, this.decoder);
      return escaped ? (JSON.parse(text) as string) : text;
    } catch {
      return this.fail('a string that is not UTF-8, or has an unknown escape', (this.params.fileOffset ?? 0) + start);
    }
  }

  readNumber(): number {
    this.skipSpace();
    const start = this.position;
    while (this.position < this.bytes.length && isNumberByte(this.bytes[this.position])) this.position++;
    const text = String.fromCharCode(...this.bytes.subarray(start, Math.min(this.position, start + 400)));
    if (this.position - start > 400 || !/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) {
      this.fail('not a number', (this.params.fileOffset ?? 0) + start);
    }
    return Number(text);
  }

  /** A whole number from 0 to 2^53 − 1, written with digits only. */
  readCount(what: string): number {
    this.skipSpace();
    const start = this.position;
    let value = 0;
    while (this.position < this.bytes.length) {
      const digit = this.bytes[this.position] - 0x30;
      if (digit < 0 || 9 < digit) break;
      value = value * 10 + digit;
      if (Number.MAX_SAFE_INTEGER < value) this.fail(`${what} is above 2^53`, (this.params.fileOffset ?? 0) + start);
      this.position++;
    }
    const length = this.position - start;
    const next = this.bytes[this.position];
    const isLonger = next === 0x2e || next === 0x65 || next === 0x45; // . e E
    if (length === 0 || isLonger || (1 < length && this.bytes[start] === 0x30)) {
      this.fail(`${what} is not a whole number`, (this.params.fileOffset ?? 0) + start);
    }
    return value;
  }

  /** The value as the language has it. Own keys only, `__proto__` included. */
  readValue(): unknown {
    this.skipSpace();
    if (this.position >= this.bytes.length) this.fail('the text ends where a value should be');
    switch (this.bytes[this.position]) {
      case openBrace:
        return this.readPlainObject();
      case openBracket: {
        const items: unknown[] = [];
        this.readArray(() => items.push(this.readValue()));
        return items;
      }
      case quote:
        return this.readString();
      default:
        return this.readWord();
    }
  }

  /** Checks a value without keeping any of it. Repeated keys are not looked for. */
  skipValue(): void {
    this.skipSpace();
    switch (this.bytes[this.position]) {
      case openBrace:
        this.readObject(() => this.skipValue());
        return;
      case openBracket:
        this.readArray(() => this.skipValue());
        return;
      default:
        this.readValue();
    }
  }

  /** Nothing but white space may follow. */
  expectEnd(): void {
    this.skipSpace();
    if (this.position < this.bytes.length) this.fail('text after the end of the JSON value');
  }

  private readPlainObject(): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    this.readObject((key, keyOffset) => {
      if (this.params.repeatedKeys !== 'lastWins' && Object.hasOwn(result, key)) {
        this.fail(`the key ${JSON.stringify(key)} occurs twice`, keyOffset);
      }
      const value = this.readValue();
      if (key === '__proto__') Object.defineProperty(result, key, { value, enumerable: true, configurable: true });
      else result[key] = value;
    });
    return result;
  }

  private readWord(): unknown {
    for (const [word, value] of words) {
      if (!this.startsWith(word)) continue;
      this.position += word.length;
      return value;
    }
    if (this.params.allowNonFinite === true) {
      for (const [word, value] of nonFiniteWords) {
        if (!this.startsWith(word)) continue;
        this.position += word.length;
        return value;
      }
    }
    return this.readNumber();
  }

  private startsWith(word: string): boolean {
    for (let i = 0; i < word.length; i++) {
      if (this.bytes[this.position + i] !== word.charCodeAt(i)) return false;
    }
    return true;
  }

  private enter(): void {
    if (++this.depth > maximumDepth) this.fail(`nested more than ${maximumDepth} deep`);
  }

  private accept(byte: number): boolean {
    this.skipSpace();
    if (this.bytes[this.position] !== byte) return false;
    this.position++;
    return true;
  }

  private expect(byte: number, what: string): void {
    if (!this.accept(byte)) this.fail(`${what} expected`);
  }

  private skipSpace(): void {
    for (;;) {
      const byte = this.bytes[this.position];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.position++;
    }
  }
}

const words: readonly (readonly [string, unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

const nonFiniteWords: readonly (readonly [string, number])[] = [
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];

function isNumberByte(byte: number): boolean {
  return (
    (0x30 <= byte && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e || byte === 0x45 || byte === 0x65
  );
}
