import type { AddedToken } from './mergeSource';

export interface DescribedTokenizer {
  /** Tokens with their ids, added ones included. */
  readonly vocabulary: ReadonlyMap<string, number>;
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
  const vocabulary = readVocabulary(model);
  if (vocabulary === null) return null;
  const own = [...vocabulary].sort(([, a], [, b]) => a - b);
  const added = Array.isArray(json['added_tokens']) ? (json['added_tokens'] as readonly unknown[]) : [];
  const addedTokens = added.flatMap((token) => readAddedToken(token) ?? []);
  for (const { content, id } of addedTokens) vocabulary.set(content, id);
  const { vocab: _vocab, merges, ...settings } = model;
  const words = JSON.stringify(own);
  const identity = [
    words,
    JSON.stringify(Array.isArray(merges) ? merges.map(mergeText) : null),
    JSON.stringify(settings),
    JSON.stringify(added),
    JSON.stringify([json['normalizer'] ?? null, json['pre_tokenizer'] ?? null]),
  ].join('\n');
  return { vocabulary, addedTokens, identity, words };
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

/** An object of tokens and ids, or (unigram) a list of tokens with scores. */
function readVocabulary(model: JsonObject): Map<string, number> | null {
  const { vocab } = model;
  if (Array.isArray(vocab)) {
    return new Map(vocab.map((entry: unknown, id) => [Array.isArray(entry) ? String(entry[0]) : '', id]));
  }
  if (!isObject(vocab)) return null;
  return new Map(
    Object.entries(vocab).flatMap(([token, id]) => (typeof id === 'number' ? [[token, id] as const] : [])),
  );
}

/** Written as "a b" or as ["a", "b"]. */
function mergeText(merge: unknown): string {
  return Array.isArray(merge) ? merge.join(' ') : String(merge);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
