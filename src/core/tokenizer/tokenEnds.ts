import type { Tokenizer } from './tokenizer';

export interface TokenEndsParams {
  readonly tokenizer: Pick<Tokenizer, 'decode'>;
  readonly ids: readonly number[];
  /** What `ids` are the tokens of. */
  readonly text: string;
  /** The tokens whose ends are wanted: from `start` up to `end`. */
  readonly start: number;
  readonly end: number;
}

/** Tokens decoded with each one, as some decoders treat the first token differently. */
const contextTokens = 8;

/** Stands for the bytes of a character that is not complete. */
const unfinished = /\uFFFD+$/;

/**
 * Where tokens end in their text, in UTF-16 units, ascending; a token inside a character ends where the character begins.
 * Where decoding does not give back the text (case, spaces), the two are laid beside each other.
 */
export function tokenEnds({ tokenizer, ids, text, start, end }: TokenEndsParams): readonly number[] {
  const decode = (from: number, to: number): string =>
    tokenizer.decode(ids.slice(from, to), { skipSpecialTokens: false });
  const whole = decode(0, ids.length);
  const toText = whole === text ? (offset: number): number => offset : aligned(whole, text);
  const ends: number[] = [];
  let offset = decode(0, start).length;
  for (let token = start; token < end; token += 1) {
    const from = Math.max(0, token - contextTokens);
    const before = from === token ? '' : decode(from, token);
    const upTo = decode(from, token + 1);
    // Both begin with the same tokens, so what they make of the first one cancels out.
    offset += upTo.replace(unfinished, '').length - before.replace(unfinished, '').length;
    ends.push(toText(Math.max(0, Math.min(offset, whole.length))));
  }
  for (let index = 1; index < ends.length; index += 1) ends[index] = Math.max(ends[index], ends[index - 1]);
  return ends;
}

/** From an offset in `decoded` to the one in `text`: equal characters meet, spaces may be missing in either. */
function aligned(decoded: string, text: string): (offset: number) => number {
  const offsets = new Uint32Array(decoded.length + 1);
  let at = 0;
  for (let index = 0; index < decoded.length; index += 1) {
    offsets[index] = at;
    const character = decoded[index];
    if (/\s/.test(character) && text[at] !== character) continue;
    while (at < text.length && text[at] !== character && /\s/.test(text[at])) at += 1;
    at = Math.min(text.length, at + 1);
  }
  offsets[decoded.length] = at;
  return (offset) => offsets[offset];
}
