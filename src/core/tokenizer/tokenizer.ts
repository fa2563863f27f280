import { Tokenizer as Pipeline } from '@huggingface/tokenizers';
import { AlidadeError } from '../alidadeError';
import type { TokenizerSource } from '../checkpoint/checkpoint';
import { createTokenBound } from './fewestTokens';
import { mergeByScore } from './mergeByScore';
import { mendByteFallback } from './mendByteFallback';
import { readSpecialTokens, type SpecialTokens } from './specialTokens';

export interface EncodeOptions {
  /** What the tokenizer itself adds around plain text (BOS, EOS); false for text rendered by a chat template. */
  readonly addSpecialTokens: boolean;
}

export interface DecodeOptions {
  readonly skipSpecialTokens: boolean;
}

/** Text to token ids and back, as transformers' fast tokenizers do it. */
export interface Tokenizer {
  /** The number of tokens; ids run from 0 to vocabSize - 1. The embedding may have more rows. */
  readonly vocabSize: number;
  readonly specialTokens: SpecialTokens;
  readonly bosToken: string | null;
  readonly eosToken: string | null;
  readonly padToken: string | null;
  /** Special tokens that are spelled out in the text become special tokens, as in transformers. */
  encode(text: string, options: EncodeOptions): number[];
  /**
   * The ids of text that a chat template has rendered. Nothing is added: transformers' apply_chat_template encodes with
   * add_special_tokens=False, since the template itself writes BOS where the model wants one. So BOS comes exactly as
   * often as the template writes it.
   */
  encodeRendered(text: string): number[];
  /** No text of this length has fewer tokens; quick, and 0 or 1 where the tokenizer does not allow to say. */
  fewestTokens(text: string): number;
  /** Ids without a token (rows of the embedding beyond the vocabulary) give no text. */
  decode(ids: readonly number[], options: DecodeOptions): string;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  isSpecial(id: number): boolean;
}

/**
 * The tokenizer of a checkpoint. The pipeline comes from tokenizer.json alone; tokenizer_config.json gives only the
 * names of the special tokens (its class names make transformers rebuild pipelines, with other ids).
 * @throws AlidadeError `format` when tokenizer.json is not a tokenizer.
 */
export function createTokenizer(source: TokenizerSource): Tokenizer {
  const pipeline = createPipeline(source);
  const specialTokens = readSpecialTokens(source.tokenizerConfig);
  const specialIds = new Set<number>();
  for (const [id, token] of pipeline.get_added_tokens_decoder()) if (token.special) specialIds.add(id);
  const vocabSize = pipeline.get_vocab().size;

  const encode = (text: string, { addSpecialTokens }: EncodeOptions): number[] =>
    // A character that is neither in the vocabulary nor coverable by bytes has no id; the Rust library drops it too.
    pipeline.encode(text, { add_special_tokens: addSpecialTokens }).ids.filter((id) => id !== undefined);

  return {
    vocabSize,
    specialTokens,
    bosToken: specialTokens['bos_token'] ?? null,
    eosToken: specialTokens['eos_token'] ?? null,
    padToken: specialTokens['pad_token'] ?? null,
    encode,
    encodeRendered: (text) => encode(text, { addSpecialTokens: false }),
    fewestTokens: createTokenBound(source.tokenizerJson),
    decode: (ids, { skipSpecialTokens }) => {
      const known = ids.filter(
        (id) => pipeline.id_to_token(id) !== undefined && !(skipSpecialTokens && specialIds.has(id)),
      );
      if (known.length === 0) return '';
      return pipeline.decode(known, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
    },
    tokenToId: (token) => pipeline.token_to_id(token),
    idToToken: (id) => pipeline.id_to_token(id),
    isSpecial: (id) => specialIds.has(id),
  };
}

function createPipeline({ tokenizerJson, pieceScores }: TokenizerSource): Pipeline {
  const absent = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [] };
  try {
    const pipeline = new Pipeline({ ...absent, ...tokenizerJson }, { clean_up_tokenization_spaces: false });
    mendByteFallback(pipeline);
    // The package's own function takes ranked merges.
    const model: object | null = pipeline.model;
    if (pieceScores !== undefined && model !== null) {
      Object.assign(model, { bpe: (text: string) => mergeByScore(text, pieceScores) });
    }
    return pipeline;
  } catch (error) {
    throw new AlidadeError({
      code: 'format',
      message: `tokenizer.json: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'the file has to be one saved by the tokenizers library',
      cause: error,
    });
  }
}
