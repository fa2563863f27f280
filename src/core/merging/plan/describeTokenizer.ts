import type { AddedToken } from './mergeSource';

export interface DescribedTokenizer {
  /** Tokens with their ids, added ones included; made when it is asked for. */
  readonly vocabulary: () => ReadonlyMap<string, number>;
  /** How many tokens there are. */
  readonly size: number;
  readonly addedTokens: readonly AddedToken[];
  /** A text that is equal for tokenizers that make the same tokens of every text, however their files are written. */
  readonly identity: string;
  /** The same for the tokens with their ids, without those that were added later. */
  readonly words: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * What a tokenizer.json says that decides about tokens.
 * @returns null where it has no vocabulary.
 */
export function describeTokenizer(json: unknown): DescribedTokenizer | null {
  if (!isObject(json) || !isObject(json['model'])) return null;
  const { model } = json;
  const own = readWords(model);
  if (own === null) return null;
  const added = Array.isArray(json['added_tokens']) ? (json['added_tokens'] as readonly unknown[]) : [];
  const addedTokens = added.flatMap((token) => readAddedToken(token) ?? []);
  const isNew = ({ content }: AddedToken): boolean => !own.has(content);
  const { vocab: _vocab, merges, ...settings } = model;
  const identity = [
    own.text,
    Array.isArray(merges) ? merges.map(mergeText).join('\n') : '',
    JSON.stringify([settings, addedTokens, json['normalizer'] ?? null, json['pre_tokenizer'] ?? null]),
  ].join('\0');
  return {
    vocabulary: () => new Map([...own.entries(), ...addedTokens.map(({ content, id }) => [content, id] as const)]),
    size: own.size + addedTokens.filter(isNew).length,
    addedTokens,
    identity,
    words: own.text,
  };
}

/** The tokens of a model, without those that were added. */
interface Words {
  /** All of them by their ids. */
  readonly text: string;
  readonly size: number;
  has(token: string): boolean;
  entries(): Iterable<readonly [string, number]>;
}

/** An object of tokens and ids, or (unigram) a list of tokens with scores. */
function readWords({ vocab }: JsonObject): Words | null {
  if (Array.isArray(vocab)) {
    const tokens = vocab.map((entry: unknown) => (Array.isArray(entry) ? String(entry[0]) : ''));
    const known = new Set(tokens);
    return {
      text: tokens.join('\n'),
      size: tokens.length,
      has: (token) => known.has(token),
      entries: () => tokens.map((token, id) => [token, id] as const),
    };
  }
  if (!isObject(vocab)) return null;
  const entries = (): [string, number][] => Object.entries(vocab).filter(isNumbered);
  return {
    text: wordsById(vocab),
    size: Object.keys(vocab).length,
    has: (token) => Object.hasOwn(vocab, token),
    entries,
  };
}

/** Tokens in the order of their ids, with the id where it is not the next one. */
function wordsById(vocab: JsonObject): string {
  const entries = Object.entries(vocab).filter(isNumbered);
  // Most files are in order, and sorting half a million texts takes its time.
  if (entries.some(([, id], index) => 0 < index && id < entries[index - 1][1])) entries.sort(([, a], [, b]) => a - b);
  return entries.map(([token, id], index) => (id === index ? token : `${token}\0${id}`)).join('\n');
}

function isNumbered(entry: [string, unknown]): entry is [string, number] {
  return typeof entry[1] === 'number';
}

function readAddedToken(token: unknown): AddedToken | null {
  if (!isObject(token) || typeof token['content'] !== 'string' || typeof token['id'] !== 'number') return null;
  const flag = (key: string): boolean => token[key] === true;
  return {
    id: token['id'],
    content: token['content'],
    single_word: flag('single_word'),
    lstrip: flag('lstrip'),
    rstrip: flag('rstrip'),
    normalized: flag('normalized'),
    special: flag('special'),
  };
}

/** Written as "a b" or as ["a", "b"]. */
function mergeText(merge: unknown): string {
  return Array.isArray(merge) ? merge.join(' ') : String(merge);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
