import type { ModelConfig } from './modelConfig';
import type { TensorEntry } from './tensorEntry';

/** The texts from which a tokenizer is made. */
export interface TokenizerSource {
  /** Parsed tokenizer.json, or its equal rebuilt from GGUF metadata. */
  readonly tokenizerJson: Record<string, unknown>;
  /** Parsed tokenizer_config.json (`{}` where there is none). */
  readonly tokenizerConfig: Record<string, unknown>;
  /** chat_template.jinja, else `chat_template` of tokenizer_config.json, else the GGUF's; null: the model has none. */
  readonly chatTemplate: string | null;
  /** The scores by which SentencePiece merges, where they stand in the place of tokenizer.json's ranked merges. */
  readonly pieceScores?: ReadonlyMap<string, number>;
}

/** What kind of head a checkpoint has besides (or instead of) its language-model head. */
export type CheckpointHead =
  | { readonly kind: 'gated'; readonly objectives: readonly string[] }
  | { readonly kind: 'classification'; readonly objectives: readonly string[] }
  | null;

/** A LoRA adapter and the model that it changes. */
export interface CheckpointAdapter {
  readonly base: { readonly name: string; readonly path: string };
  /** Matrices that it changes. */
  readonly matrices: number;
  /** The lowest and the highest rank of its matrices; null: it changes none. */
  readonly ranks: { readonly least: number; readonly most: number } | null;
  readonly kind: 'LoRA' | 'DoRA';
}

/** One model on disk, whatever its format: everything known from headers and small text files. */
export interface Checkpoint {
  /** The folder, or the .gguf file; absolute. */
  readonly path: string;
  readonly name: string;
  readonly format: 'safetensors' | 'gguf';
  readonly config: ModelConfig;
  /** By name, in the naming of transformers. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly head: CheckpointHead;
  /** Number of weights, tied ones counted once. */
  readonly parameters: number;
  /** The dtype that holds most of the weights. */
  readonly dtype: string;
  /** Bytes of all weight files. */
  readonly bytes: number;
  readonly license: string | null;
  /** SHA-256 of what identifies the content: config, headers, and name, size and time of change of every file. */
  readonly fingerprint: string;
  /** For a LoRA adapter with its base under it, as one model: `tensors` are the base's with what is added to them. */
  readonly adapter?: CheckpointAdapter;
  /** Where its tokenizer and its chat template are, when not at `path`: an adapter without its own has its base's. */
  readonly textSource?: { readonly path: string; readonly format: 'safetensors' | 'gguf' };
  /** Everything that is wrong with it, in words. Empty: it can be opened. */
  readonly problems: readonly string[];
  /** Why it reads no text, as far as that is seen without building the tokenizer: it may still be given token ids. */
  readonly tokenizerProblem?: string | null;
}
