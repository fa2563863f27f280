import { AlidadeError } from '../alidadeError';
import type { TokenizerSource } from '../checkpoint/checkpoint';
import { FormatError } from '../formatError';

/** What a pre-tokenizer type of llama.cpp means in the terms of tokenizer.json. */
interface PreTokenizer {
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
const wordsAndSpaces = String.raw`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/** Patterns as in llama.cpp's llama-vocab.cpp and in the tokenizer.json of the first models of each type. */
const preTokenizers: Readonly<Record<string, PreTokenizer>> = {
  'gpt-2': { splits: [], thenGpt2: true, ignoreMerges: false, normalizer: null, addsBos: false },
  smollm: { splits: [String.raw`\p{N}`], thenGpt2: true, ignoreMerges: false, normalizer: null, addsBos: false },
  'llama-bpe': {
    splits: [String.raw`(?:${contractions})|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}${wordsAndSpaces}`],
    thenGpt2: false,
    ignoreMerges: true,
    normalizer: null,
    addsBos: true,
  },
  qwen2: {
    splits: [String.raw`(?:${contractions})|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}${wordsAndSpaces}`],
    thenGpt2: false,
    ignoreMerges: false,
    normalizer: 'NFC',
    addsBos: false,
  },
};

/** Token types of GGUF: the text of these is recognised as one token, whatever is around it. */
const controlType = 3;
const userDefinedType = 4;

export type GgufMetadata = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

/**
 * The tokenizer and chat template that GGUF metadata describe (`tokenizer.ggml.*`, `tokenizer.chat_template`), in the
 * form of the Hugging Face files. Byte-level BPE only.
 * @throws AlidadeError `unsupported` for another tokenizer model or an unknown pre-tokenizer type; FormatError for lists
 *   that are missing or do not fit together.
 */
export function rebuildGgufTokenizer(metadata: GgufMetadata, file = 'the GGUF file'): TokenizerSource {
  const read = (key: string): unknown =>
    metadata instanceof Map
      ? (metadata as ReadonlyMap<string, unknown>).get(key)
      : (metadata as Readonly<Record<string, unknown>>)[key];
  const ggml = (key: string): unknown => read(`tokenizer.ggml.${key}`);

  const model = ggml('model');
  if (model !== 'gpt2') throw unsupported(`${file}: tokenizer model ${quote(model)}`, ['gpt2']);
  const pre = ggml('pre');
  const preTokenizer = typeof pre === 'string' && Object.hasOwn(preTokenizers, pre) ? preTokenizers[pre] : undefined;
  if (preTokenizer === undefined) {
    throw unsupported(`${file}: pre-tokenizer ${quote(pre)}`, Object.keys(preTokenizers));
  }

  const tokens = readTexts(ggml('tokens'), 'tokenizer.ggml.tokens', file);
  const merges = readTexts(ggml('merges'), 'tokenizer.ggml.merges', file);
  const types = readTypes(ggml('token_type'), tokens.length, file);
  const named = (key: string): string | null => readTokenName(ggml(`${key}_token_id`), tokens, `${key}_token_id`, file);
  const bos = named('bos');
  const eos = named('eos');
  const template = read('tokenizer.chat_template');

  return {
    tokenizerJson: {
      version: '1.0',
      added_tokens: describeAddedTokens(tokens, types),
      normalizer: preTokenizer.normalizer === null ? null : { type: preTokenizer.normalizer },
      pre_tokenizer: describePreTokenizer(preTokenizer),
      post_processor: describePostProcessor({
        tokens,
        first: (ggml('add_bos_token') ?? preTokenizer.addsBos) === true ? bos : null,
        last: ggml('add_eos_token') === true ? eos : null,
      }),
      decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: preTokenizer.ignoreMerges,
        vocab: describeVocabulary(tokens, file),
        merges: merges.map((merge, index) => splitMerge(merge, index, file)),
      },
    },
    tokenizerConfig: withoutNull({
      bos_token: bos,
      eos_token: eos,
      unk_token: named('unknown'),
      pad_token: named('padding'),
    }),
    chatTemplate: typeof template === 'string' ? template : null,
  };
}

function describePreTokenizer({ splits, thenGpt2 }: PreTokenizer): unknown {
  return {
    type: 'Sequence',
    pretokenizers: [
      ...splits.map((Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })),
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: thenGpt2 },
    ],
  };
}

interface AddedAround {
  readonly tokens: readonly string[];
  readonly first: string | null;
  readonly last: string | null;
}

function describePostProcessor({ tokens, first, last }: AddedAround): unknown {
  if (first === null && last === null) return null;
  const around = (...sequences: readonly string[]): unknown[] =>
    sequences.flatMap((id, index) => [
      ...(first === null ? [] : [{ SpecialToken: { id: first, type_id: index } }]),
      { Sequence: { id, type_id: index } },
      ...(last === null ? [] : [{ SpecialToken: { id: last, type_id: index } }]),
    ]);
  const special = [first, last].filter((token) => token !== null);
  return {
    type: 'TemplateProcessing',
    single: around('A'),
    pair: around('A', 'B'),
    special_tokens: Object.fromEntries(
      special.map((token) => [token, { id: token, ids: [tokens.indexOf(token)], tokens: [token] }]),
    ),
  };
}

function describeAddedTokens(tokens: readonly string[], types: readonly number[]): unknown[] {
  return tokens.flatMap((content, id) =>
    types[id] === controlType || types[id] === userDefinedType
      ? [
          {
            id,
            content,
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: types[id] === controlType,
          },
        ]
      : [],
  );
}

function describeVocabulary(tokens: readonly string[], file: string): Readonly<Record<string, number>> {
  const vocabulary = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    const earlier = vocabulary.get(token);
    if (earlier !== undefined) {
      throw new FormatError({ problem: `tokens ${earlier} and ${id} are both ${quote(token)}`, file });
    }
    vocabulary.set(token, id);
  }
  // Object.fromEntries, unlike assignment, also takes a token that is called `__proto__`.
  return Object.fromEntries(vocabulary);
}

function splitMerge(merge: string, index: number, file: string): readonly [string, string] {
  const space = merge.indexOf(' ', 1);
  if (space < 0 || space === merge.length - 1) {
    throw new FormatError({ problem: `merge ${index} is ${quote(merge)}, not two tokens`, file });
  }
  return [merge.slice(0, space), merge.slice(space + 1)];
}

function readTexts(value: unknown, key: string, file: string): readonly string[] {
  if (Array.isArray(value) && value.every((text) => typeof text === 'string')) return value;
  throw new FormatError({ problem: `${key} is ${value === undefined ? 'missing' : 'not a list of texts'}`, file });
}

function readTypes(value: unknown, count: number, file: string): readonly number[] {
  if (value === undefined) return [];
  const types =
    Array.isArray(value) || ArrayBuffer.isView(value) ? Array.from(value as ArrayLike<unknown>, Number) : null;
  if (types === null || types.length !== count) {
    throw new FormatError({ problem: `tokenizer.ggml.token_type is not a list of ${count} numbers`, file });
  }
  return types;
}

function readTokenName(value: unknown, tokens: readonly string[], key: string, file: string): string | null {
  if (value === undefined) return null;
  const token = tokens[Number(value)];
  if (token === undefined) {
    throw new FormatError({ problem: `tokenizer.ggml.${key} is ${String(value)}, of ${tokens.length} tokens`, file });
  }
  return token;
}

function withoutNull(values: Readonly<Record<string, string | null>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

function unsupported(subject: string, supported: readonly string[]): AlidadeError {
  return new AlidadeError({
    code: 'unsupported',
    message: `${subject} is not supported`,
    hint: `supported: ${supported.join(', ')}`,
  });
}

function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
