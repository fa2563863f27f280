import { AlidadeError } from '../alidadeError';
import type { TokenizerSource } from '../checkpoint/checkpoint';
import { FormatError } from '../formatError';
import { preTokenizers, type PreTokenizer } from './ggufPreTokenizers';

/** Token types of GGUF (`tokenizer.ggml.token_type`); without the list every token is a normal one. */
const tokenType = { unknown: 2, control: 3, userDefined: 4, byte: 6 } as const;

export type GgufMetadata = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

/**
 * The tokenizer and chat template that GGUF metadata describe (`tokenizer.ggml.*`, `tokenizer.chat_template`), in the
 * form of the Hugging Face files: byte-level BPE (`gpt2`), and SentencePiece's BPE (`llama`).
 * @throws AlidadeError `unsupported` for another tokenizer model or an unknown pre-tokenizer type; FormatError for lists
 *   that are missing or do not fit together.
 */
export function rebuildGgufTokenizer(metadata: GgufMetadata, file = 'the GGUF file'): TokenizerSource {
  const read = (key: string): unknown =>
    metadata instanceof Map
      ? (metadata as ReadonlyMap<string, unknown>).get(key)
      : (metadata as Readonly<Record<string, unknown>>)[key];
  const parts = { read, ggml: (key: string) => read(`tokenizer.ggml.${key}`), file };
  checkKind(parts);
  return parts.ggml('model') === 'llama' ? rebuildSentencePiece(parts) : rebuildByteLevel(parts);
}

/** Why the tokenizer in the metadata is of no use, from a glance at its kind; null: nothing is known against it. */
export function findGgufTokenizerProblem(metadata: ReadonlyMap<string, unknown>): string | null {
  if (!metadata.has('tokenizer.ggml.model')) return null;
  try {
    const read = (key: string): unknown => metadata.get(key);
    checkKind({ read, ggml: (key) => read(`tokenizer.ggml.${key}`), file: 'its text cannot be read' });
    return null;
  } catch (error) {
    return error instanceof AlidadeError ? error.message : String(error);
  }
}

/** @throws AlidadeError `unsupported` */
function checkKind({ ggml, file }: MetadataParts): void {
  const [model, pre] = [ggml('model'), ggml('pre')];
  if (model === 'llama') return;
  if (model !== 'gpt2') throw unsupported(`${file}: tokenizer model ${quote(model)}`, ['gpt2', 'llama']);
  if (typeof pre === 'string' && Object.hasOwn(preTokenizers, pre)) return;
  throw unsupported(`${file}: pre-tokenizer ${quote(pre)}`, Object.keys(preTokenizers));
}

interface MetadataParts {
  readonly read: (key: string) => unknown;
  /** `tokenizer.ggml.KEY` */
  readonly ggml: (key: string) => unknown;
  readonly file: string;
}

function rebuildByteLevel({ read, ggml, file }: MetadataParts): TokenizerSource {
  const preTokenizer = preTokenizers[String(ggml('pre'))];
  const tokens = readTexts(ggml('tokens'), 'tokenizer.ggml.tokens', file);
  const merges = readTexts(ggml('merges'), 'tokenizer.ggml.merges', file);
  const types = readTypes(ggml('token_type'), tokens.length, file);
  const names = readNames(ggml, tokens, file);

  return {
    tokenizerJson: {
      version: '1.0',
      added_tokens: describeAddedTokens(tokens, types, [tokenType.control, tokenType.userDefined]),
      normalizer: preTokenizer.normalizer === null ? null : { type: preTokenizer.normalizer },
      pre_tokenizer: describePreTokenizer(preTokenizer),
      post_processor: describePostProcessor({
        tokens,
        first: (ggml('add_bos_token') ?? preTokenizer.addsBos) === true ? names.bos_token : null,
        last: ggml('add_eos_token') === true ? names.eos_token : null,
      }),
      decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      model: {
        ...bpe,
        ignore_merges: preTokenizer.ignoreMerges,
        vocab: describeVocabulary(tokens, file),
        merges: merges.map((merge, index) => splitMerge(merge, index, file)),
      },
    },
    tokenizerConfig: withoutNull(names),
    chatTemplate: readTemplate(read),
  };
}

/**
 * As llama.cpp reads it (`llm_tokenizer_spm`): no normalisation, a space before the text and after each special token unless
 * `add_space_prefix` is false, bytes for characters without a piece. Where the metadata do not say: BOS and no EOS; tokens 0,
 * 1 and 2 are unknown, BOS and EOS.
 */
function rebuildSentencePiece({ read, ggml, file }: MetadataParts): TokenizerSource {
  const tokens = readTexts(ggml('tokens'), 'tokenizer.ggml.tokens', file);
  const scores = readNumbers(ggml('scores'), { key: 'tokenizer.ggml.scores', count: tokens.length, file });
  if (scores === null) throw new FormatError({ problem: 'tokenizer.ggml.scores is missing', file });
  const types = readTypes(ggml('token_type'), tokens.length, file);
  const names = readNames(ggml, tokens, file, { unknown: 0, bos: 1, eos: 2 });
  const addsSpace = ggml('add_space_prefix') !== false;
  const special = [tokenType.unknown, tokenType.control, tokenType.userDefined];
  const addedTokens = describeAddedTokens(tokens, types, special);
  const unmergeable = new Set<number>([tokenType.unknown, tokenType.control, tokenType.byte]);

  return {
    tokenizerJson: {
      version: '1.0',
      added_tokens: isPhi3(read) ? addedTokens.map(withPhi3Stripping) : addedTokens,
      normalizer: {
        type: 'Sequence',
        normalizers: [
          ...(addsSpace ? [{ type: 'Prepend', prepend: '▁' }] : []),
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ],
      },
      pre_tokenizer: null,
      post_processor: describePostProcessor({
        tokens,
        first: ggml('add_bos_token') === false ? null : names.bos_token,
        last: ggml('add_eos_token') === true ? names.eos_token : null,
      }),
      decoder: {
        type: 'Sequence',
        decoders: [
          { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
          { type: 'ByteFallback' },
          { type: 'Fuse' },
          ...(addsSpace ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
        ],
      },
      model: {
        ...bpe,
        unk_token: names.unk_token,
        fuse_unk: true,
        byte_fallback: true,
        vocab: describeVocabulary(tokens, file),
        merges: [],
      },
    },
    tokenizerConfig: withoutNull(names),
    chatTemplate: readTemplate(read),
    pieceScores: new Map(
      tokens.flatMap((token, id) => (unmergeable.has(types[id]) ? [] : [[token, scores[id]] as const])),
    ),
  };
}

const bpe = {
  type: 'BPE',
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: false,
} as const;

/** As llama.cpp, which knows these models by their name; GGUF has no place for what Phi-3's special tokens strip. */
function isPhi3(read: MetadataParts['read']): boolean {
  const name = read('general.name');
  return read('general.architecture') === 'phi3' || (typeof name === 'string' && /phi-?3/i.test(name));
}

/** White space after a special token is dropped, as in the tokenizer_config.json of Phi-3. */
function withPhi3Stripping(token: AddedToken): AddedToken {
  return { ...token, rstrip: !['<unk>', '<s>', '<|endoftext|>'].includes(token.content) };
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

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly rstrip: boolean;
  readonly special: boolean;
}

/** Tokens whose text is recognised as one token, whatever is around it. */
function describeAddedTokens(
  tokens: readonly string[],
  types: readonly number[],
  recognised: readonly number[],
): AddedToken[] {
  return tokens.flatMap((content, id) => {
    if (!recognised.includes(types[id]) || content === '') return [];
    const special = types[id] !== tokenType.userDefined;
    return [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }];
  });
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
  return readNumbers(value, { key: 'tokenizer.ggml.token_type', count, file }) ?? [];
}

/** null where there is no such list. */
function readNumbers(
  value: unknown,
  { key, count, file }: { readonly key: string; readonly count: number; readonly file: string },
): readonly number[] | null {
  if (value === undefined) return null;
  const numbers =
    Array.isArray(value) || ArrayBuffer.isView(value) ? Array.from(value as ArrayLike<unknown>, Number) : null;
  if (numbers !== null && numbers.length === count && !numbers.some(Number.isNaN)) return numbers;
  throw new FormatError({ problem: `${key} is not a list of ${count} numbers`, file });
}

interface SpecialNames {
  readonly bos_token: string | null;
  readonly eos_token: string | null;
  readonly unk_token: string | null;
  readonly pad_token: string | null;
}

function readNames(
  ggml: MetadataParts['ggml'],
  tokens: readonly string[],
  file: string,
  usual: Readonly<Record<string, number>> = {},
): SpecialNames {
  const named = (key: string): string | null => {
    const stated = ggml(`${key}_token_id`);
    if (stated === undefined && key in usual) return tokens[usual[key]] ?? null;
    return readTokenName(stated, tokens, `${key}_token_id`, file);
  };
  return { bos_token: named('bos'), eos_token: named('eos'), unk_token: named('unknown'), pad_token: named('padding') };
}

function readTemplate(read: MetadataParts['read']): string | null {
  const template = read('tokenizer.chat_template');
  return typeof template === 'string' ? template : null;
}

function readTokenName(value: unknown, tokens: readonly string[], key: string, file: string): string | null {
  if (value === undefined) return null;
  const token = tokens[Number(value)];
  if (token === undefined) {
    throw new FormatError({ problem: `tokenizer.ggml.${key} is ${String(value)}, of ${tokens.length} tokens`, file });
  }
  return token;
}

function withoutNull(values: SpecialNames): Record<string, unknown> {
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
