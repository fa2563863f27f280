import { isRecord } from '../promptFile/rowProblem';

/**
 * A quick lower bound for the tokens of a text, which need not be encoded for it: no token covers more characters than
 * the longest one has. That holds only where nothing is left out on the way from the text to the tokens, so that there
 * is a bound for BPE over all bytes (byte-level, or with byte tokens for what has no other) and the usual steps before
 * it; for every other tokenizer the bound is 0.
 * @param tokenizerJson parsed tokenizer.json.
 */
export function createTokenBound(tokenizerJson: Readonly<Record<string, unknown>>): (text: string) => number {
  let longest: number | null = null;
  return (text) => {
    longest ??= findLongestToken(tokenizerJson);
    if (longest === Infinity) return 0;
    const counted = text.replace(uncounted, '');
    // NFC may shorten; where the tokenizer does not apply it, this counts no more than there are.
    return Math.ceil(Math.min(counted.length, counted.normalize('NFC').length) / longest);
  };
}

/** Characters that may have no token: control characters but for tab and line ends, and those of four bytes. */
const uncounted = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]/g;

/** Whether a byte comes only in such characters, or in no text at all. */
function isUncounted(byte: number): boolean {
  const isControl = (byte < 0x20 && ![0x09, 0x0a, 0x0d].includes(byte)) || byte === 0x7f;
  return isControl || byte === 0xc0 || byte === 0xc1 || 0xf0 <= byte;
}

/** UTF-16 units; infinite where a token may stand for any number of characters. */
function findLongestToken({ model, added_tokens: added, ...steps }: Readonly<Record<string, unknown>>): number {
  const vocab = isRecord(model) ? model['vocab'] : undefined;
  if (!isRecord(model) || model['type'] !== 'BPE' || !isRecord(vocab)) return Infinity;
  const normalizers = listSteps(steps['normalizer'], 'normalizers');
  const preTokenizers = listSteps(steps['pre_tokenizer'], 'pretokenizers');
  if (!normalizers.every(keepsLength) || !preTokenizers.every(keepsAll)) return Infinity;
  const has = (token: string): boolean => Object.hasOwn(vocab, token);
  const isByteLevel = preTokenizers.some(({ type }) => type === 'ByteLevel');
  const bytes = isByteLevel ? byteLevelCharacters() : model['byte_fallback'] === true ? byteTokens() : null;
  // Vocabularies may lack control characters and the planes beyond the first: these are not counted.
  if (bytes?.every((token, byte) => has(token) || isUncounted(byte)) !== true) return Infinity;
  let longest = 1;
  for (const token of Object.keys(vocab)) longest = Math.max(longest, token.length);
  for (const token of Array.isArray(added) ? (added as unknown[]) : []) {
    // A token that swallows the white space around it.
    if (!isRecord(token) || token['lstrip'] === true || token['rstrip'] === true) return Infinity;
    if (typeof token['content'] === 'string') longest = Math.max(longest, token['content'].length);
  }
  return longest;
}

/** The parts of a sequence, or the one step, or none. */
function listSteps(step: unknown, parts: string): readonly Readonly<Record<string, unknown>>[] {
  if (!isRecord(step)) return [];
  const inner = step[parts];
  if (step['type'] !== 'Sequence' || !Array.isArray(inner)) return [step];
  return inner.flatMap((part: unknown) => listSteps(part, parts));
}

function keepsLength({ type, pattern, content }: Readonly<Record<string, unknown>>): boolean {
  if (type === 'NFC' || type === 'Prepend') return true;
  const replaced = type === 'Replace' && isRecord(pattern) ? pattern['String'] : undefined;
  return typeof replaced === 'string' && typeof content === 'string' && replaced.length <= content.length;
}

function keepsAll({ type, behavior }: Readonly<Record<string, unknown>>): boolean {
  if (type === 'Split') return typeof behavior === 'string' && behavior !== 'Removed';
  return type === 'ByteLevel' || type === 'Digits' || type === 'Metaspace';
}

/** GPT-2's printable stand-in for each byte (openai/gpt-2, encoder.py, bytes_to_unicode). */
function byteLevelCharacters(): string[] {
  const isPrintable = (byte: number): boolean =>
    (0x21 <= byte && byte <= 0x7e) || (0xa1 <= byte && byte <= 0xac) || (0xae <= byte && byte <= 0xff);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}

function byteTokens(): string[] {
  return Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
}
