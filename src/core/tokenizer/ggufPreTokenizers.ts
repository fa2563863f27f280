/** What a pre-tokenizer type of llama.cpp (`tokenizer.ggml.pre`) means in the terms of tokenizer.json. */
export interface PreTokenizer {
  /** Patterns that split the text one after the other, before bytes become characters. */
  readonly splits: readonly string[];
  /** Whether GPT-2's own pattern follows. */
  readonly thenGpt2: boolean;
  /** A piece that is a token as a whole is not merged from parts. */
  readonly ignoreMerges: boolean;
  readonly normalizer: 'NFC' | null;
  /** Whether BOS is added where the metadata do not say. */
  readonly addsBos: boolean;
}

const contractions = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";
const endOfSpaces = String.raw`|\s*[\r\n]+|\s+(?!\S)|\s+`;
const punctuationAndSpaces = String.raw`| ?[^\s\p{L}\p{N}]+[\r\n]*${endOfSpaces}`;
const pathsAndSpaces = String.raw`| ?[^\s\p{L}\p{N}]+[\r\n/]*${endOfSpaces}`;
const upper = String.raw`\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`;
const lower = String.raw`\p{Ll}\p{Lm}\p{Lo}\p{M}`;
const before = String.raw`[^\r\n\p{L}\p{N}]?`;

const plain: PreTokenizer = { splits: [], thenGpt2: true, ignoreMerges: false, normalizer: null, addsBos: false };
const digits: PreTokenizer = { ...plain, splits: [String.raw`\p{N}`] };
/** OpenAI's cl100k. */
const gpt4: PreTokenizer = {
  ...plain,
  splits: [`(?:${contractions})|${before}\\p{L}+|\\p{N}{1,3}${punctuationAndSpaces}`],
  thenGpt2: false,
};
const llama3: PreTokenizer = { ...gpt4, ignoreMerges: true, addsBos: true };
const qwen2: PreTokenizer = {
  ...gpt4,
  splits: [`(?:${contractions})|${before}\\p{L}+|\\p{N}${punctuationAndSpaces}`],
  normalizer: 'NFC',
};
/** OpenAI's o200k: words end where the case changes. */
const gpt4o: PreTokenizer = {
  ...gpt4,
  splits: [
    `${before}[${upper}]*[${lower}]+(?:${contractions})?|${before}[${upper}]+[${lower}]*(?:${contractions})?|\\p{N}{1,3}${pathsAndSpaces}`,
  ],
};

/**
 * Patterns as in llama.cpp's llama-vocab.cpp and in the tokenizer.json of the first models of each type. Types whose models
 * have a pipeline that llama.cpp only comes near to (falcon3, pixtral, …) are left out.
 */
export const preTokenizers: Readonly<Record<string, PreTokenizer>> = {
  'gpt-2': plain,
  'phi-2': plain,
  // The tokenizer of GPT-NeoX.
  olmo: { ...plain, normalizer: 'NFC' },
  mpt: { ...plain, normalizer: 'NFC' },
  smollm: digits,
  starcoder: digits,
  refact: digits,
  'llama-bpe': llama3,
  llama3,
  'llama-v3': llama3,
  dbrx: gpt4,
  'smaug-bpe': gpt4,
  qwen2,
  'deepseek-r1-qwen': qwen2,
  tekken: {
    ...gpt4,
    splits: [`${before}[${upper}]*[${lower}]+|${before}[${upper}]+[${lower}]*|\\p{N}${pathsAndSpaces}`],
    ignoreMerges: true,
    addsBos: true,
  },
  'gpt-4o': gpt4o,
  llama4: gpt4o,
  'deepseek-coder': {
    ...gpt4,
    splits: [
      '[\r\n]',
      String.raw`\s?\p{L}+`,
      String.raw`\s?\p{P}+`,
      '[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+',
      String.raw`\p{N}`,
    ],
  },
};
