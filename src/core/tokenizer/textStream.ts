import { isByteToken } from './mendByteFallback';
import type { Tokenizer } from './tokenizer';

/** Token ids in, whole characters out, as they become certain. */
export interface TextStream {
  /** The text that this token completes; '' while a character still lacks bytes. */
  push(id: number): string;
  /** What is left: U+FFFD for a character that never came to its end, else ''. */
  end(): string;
}

/** Tokens kept so that new ones are decoded in their context (some decoders treat the first token differently). */
const contextTokens = 8;
const maxTokens = 64;

/** How an unfinished character at the end of the bytes is decoded. */
const unfinished = '\uFFFD';

/** Decodes a generated text token by token, without special tokens; the pieces joined are the decoded whole. */
export function createTextStream(tokenizer: Tokenizer): TextStream {
  let ids: number[] = [];
  /** How much of the decoded `ids` has been given out, in UTF-16 units. */
  let given = 0;

  const decode = (): string => tokenizer.decode(ids, { skipSpecialTokens: true });

  return {
    push: (id) => {
      ids.push(id);
      // A run of byte tokens is decoded as a whole: what it says is open until another token ends it.
      if (isByteToken(tokenizer.idToToken(id) ?? '')) return '';
      const text = decode();
      const isWhole = !text.endsWith(unfinished);
      const piece = text.slice(given, isWhole ? undefined : -unfinished.length);
      given += piece.length;
      if (isWhole && maxTokens < ids.length) {
        ids = ids.slice(-contextTokens);
        given = decode().length;
      }
      return piece;
    },
    end: () => {
      const text = decode();
      const piece = text.slice(given);
      given = text.length;
      return piece;
    },
  };
}
