import type { TensorAdapter } from './tensorAdapter';

/** A tensor as the header of its file has it; no data. */
export interface TensorEntry {
  /** Name in the naming of transformers, such as `model.layers.0.self_attn.q_proj.weight`. */
  readonly name: string;
  /** Name in the file, where that is another one. */
  readonly storedName?: string;
  /** As the format spells it: F32, F16, BF16, I64, F8_E4M3, Q4_1, Q8_0, … */
  readonly dtype: string;
  /** Row-major, outermost first (GGUF's reversed order is already turned round). */
  readonly shape: readonly number[];
  /** Absolute path of the file that holds the bytes. */
  readonly file: string;
  /** Byte offset in that file. */
  readonly offset: number;
  readonly bytes: number;
  /** Rows are stored in llama.cpp's rotary order (pairs interleaved per head) and have to be put back: number of heads. */
  readonly interleavedHeads?: number;
  /** What is added to the values once they are decoded and in order. Such a tensor cannot be used where it lies. */
  readonly adapter?: TensorAdapter;
}
