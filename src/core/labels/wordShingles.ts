/** Words of a shingle. */
const shingleWords = 3;

/** Scripts that write no spaces: each of their characters is a word. */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}';
const word = new RegExp(`[${unspaced}]|(?:(?![${unspaced}])[\\p{L}\\p{M}\\p{N}])+`, 'gu');

/**
 * The set of three-word sequences of a text, as ascending 32-bit hashes. Case, spaces and punctuation do not count; a text
 * with fewer words is one shingle, and one without any is what it is.
 * Source: A. Broder, "On the resemblance and containment of documents", Compression and Complexity of Sequences (1997).
 */
export function wordShingles(text: string): Uint32Array {
  const normalised = text.normalize('NFKC').toLowerCase();
  const words = Array.from(normalised.matchAll(word), ([found]) => hashText(found));
  if (words.length === 0) words.push(hashText(normalised.trim()));
  const shingles = new Set<number>();
  const length = Math.min(shingleWords, words.length);
  for (let start = 0; start + length <= words.length; start += 1) {
    let hash = 0;
    for (let place = 0; place < length; place += 1) hash = mixBits(Math.imul(hash, 31) + words[start + place]);
    shingles.add(hash);
  }
  return Uint32Array.from(shingles).sort();
}

/** Size of the intersection by the size of the union of two ascending sets; two empty ones are the same. */
export function jaccard(a: Uint32Array, b: Uint32Array): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const difference = a[i] - b[j];
    if (difference === 0) shared += 1;
    if (difference <= 0) i += 1;
    if (0 <= difference) j += 1;
  }
  const union = a.length + b.length - shared;
  return union === 0 ? 1 : shared / union;
}

/** The finaliser of MurmurHash3 (A. Appleby, public domain): every bit of the input moves every bit of the output. */
export function mixBits(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** FNV-1a over UTF-16 units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}
