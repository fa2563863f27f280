import type { ErrorCode } from '../../alidadeError';
import type { TensorEntry } from '../../checkpoint/tensorEntry';

/** A token as tokenizer.json has it among `added_tokens`. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** What of a tokenizer has to agree, from small files alone. */
export interface SourceTokenizer {
  /** SHA-256 of what makes tokens of a text: equal hashes, equal tokens. */
  readonly hash: string;
  /** SHA-256 of the tokens with their ids, without those that were added later: what rows of embeddings mean. */
  readonly wordsHash: string;
  /** Tokens with their ids; large: only where a recipe asks for it (`readMergeSources`). */
  readonly vocabulary: ReadonlyMap<string, number> | null;
  /** Those of the tokens that were added to the others; only with the vocabulary. */
  readonly addedTokens: readonly AddedToken[] | null;
  readonly size: number;
}

/** A checkpoint that a merge reads: everything known from headers and small files. Plain data. */
export interface MergeSource {
  /** What the recipe calls it (`recipeModelKey`). */
  readonly key: string;
  /** The folder, absolute. */
  readonly path: string;
  readonly name: string;
  /** config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The same as it is written: its numbers keep their spelling. */
  readonly configText: string;
  /** `num_hidden_layers`, wherever the config has it. */
  readonly layerCount: number;
  /** As they are stored, in the order of the files; with an adapter, what it adds (`TensorEntry.adapter`). */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The weight files: a merge stops when one changes while it runs. */
  readonly files: readonly { readonly path: string; readonly size: number; readonly changedAt: number }[];
  /** null: it has none. */
  readonly tokenizer: SourceTokenizer | null;
  /** Its chat template, in Jinja; null: it has none. */
  readonly chatTemplate: string | null;
  /** Names of the small files beside the weights that go with a model: tokenizer, chat template, generation config, … */
  readonly companions: readonly string[];
  /** SHA-256 of config, headers, names, sizes and times. */
  readonly fingerprint: string;
  /** Why it cannot be merged (quantised, no weights, damaged index, …), in words. */
  readonly problems: readonly string[];
}

/** A model of a recipe that cannot be read at all. */
export interface UnreadableSource {
  /** As of `MergeSource`. */
  readonly key: string;
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint: string | null };
}

/** What was found of a model of a recipe. */
export type MergeSourceReading = MergeSource | UnreadableSource;

export function isReadable(reading: MergeSourceReading): reading is MergeSource {
  return !('error' in reading);
}
