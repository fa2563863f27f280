import assert from 'node:assert/strict';
import type { DuplicateMatch, PairFingerprint } from '../../../src/core/labels/nearDuplicates';
import { DuplicateFinder, duplicateThreshold, fingerprintPair } from '../../../src/core/labels/nearDuplicates';
import type { PairTexts } from '../../../src/core/labels/pairTexts';
import { jaccard, wordShingles } from '../../../src/core/labels/wordShingles';
import { seededRandom } from '../../../src/core/seededRandom';

const random = seededRandom(41);
const wordOf = (): string => Math.floor(random() * 3000).toString(36);
const sentence = (length: number): string => Array.from({ length }, wordOf).join(' ');

/** Changes about that many of the words. */
function reworded(text: string, changes: number): string {
  const words = text.split(' ');
  for (let change = 0; change < changes; change += 1) words[Math.floor(random() * words.length)] = wordOf();
  return words.join(' ');
}

function swapped({ prompt, chosen, rejected }: PairTexts): PairTexts {
  return { prompt, chosen: rejected, rejected: chosen };
}

/** The definition, word by word and every pair of rows against every other. */
class NaiveFinder {
  readonly #originals: { readonly index: number; readonly texts: PairTexts }[] = [];
  #added = 0;

  add(texts: PairTexts): DuplicateMatch | null {
    const index = this.#added++;
    const matches = this.#originals.flatMap((original) => {
      const prompt = resemblance(texts.prompt, original.texts.prompt);
      if (prompt < duplicateThreshold) return [];
      const other = original.texts;
      const of = (chosen: string, rejected: string): number =>
        Math.min(prompt, resemblance(texts.chosen, chosen), resemblance(texts.rejected, rejected));
      const [straight, crossed] = [of(other.chosen, other.rejected), of(other.rejected, other.chosen)];
      if (duplicateThreshold <= straight) return [{ index: original.index, similarity: straight, isSwapped: false }];
      if (duplicateThreshold <= crossed) return [{ index: original.index, similarity: crossed, isSwapped: true }];
      return [];
    });
    const straight = matches.filter(({ isSwapped }) => !isSwapped);
    const best = (straight.length === 0 ? matches : straight).sort((a, b) => b.similarity - a.similarity)[0] ?? null;
    if (best === null || best.isSwapped) this.#originals.push({ index, texts });
    return best;
  }
}

const sets = new Map<string, ReadonlySet<string>>();

function sequencesOf(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const all = words.slice(2).map((_, at) => words.slice(at, at + 3).join(' '));
  const found = sets.get(text) ?? new Set(words.length < 3 ? [words.join(' ')] : all);
  sets.set(text, found);
  return found;
}

function resemblance(a: string, b: string): number {
  const [left, right] = [sequencesOf(a), sequencesOf(b)];
  const shared = [...left].filter((sequence) => right.has(sequence)).length;
  return shared / (left.size + right.size - shared);
}

function matchesOf(pairs: readonly PairTexts[]): readonly (DuplicateMatch | null)[] {
  const finder = new DuplicateFinder();
  return pairs.map((texts) => finder.add(fingerprintPair(texts)));
}

describe('near-duplicate pairs', () => {
  it('finds what comparing every pair with every other finds, on 800 seeded pairs', () => {
    const pairs: PairTexts[] = [];
    for (let row = 0; row < 800; row += 1) {
      const earlier = pairs[Math.floor(random() * pairs.length)];
      const fate = random();
      const length = 5 + Math.floor(random() * 80);
      if (earlier === undefined || fate < 0.6) {
        pairs.push({ prompt: sentence(length), chosen: sentence(length), rejected: sentence(2 * length) });
      } else {
        const changes = Math.floor(random() * 6);
        const changed = {
          prompt: reworded(earlier.prompt, fate < 0.7 ? changes : 0),
          chosen: reworded(earlier.chosen, changes),
          rejected: reworded(earlier.rejected, fate < 0.8 ? changes : 0),
        };
        pairs.push(fate < 0.9 ? changed : swapped(changed));
      }
    }
    const naive = new NaiveFinder();
    const expected = pairs.map((texts) => naive.add(texts));
    assert.deepEqual(matchesOf(pairs), expected);
    const found = expected.filter((match) => match !== null);
    assert.ok(80 < found.length && 20 < found.filter(({ isSwapped }) => isSwapped).length);
    assert.ok(found.some(({ similarity }) => similarity < 0.85));
  });

  it('does not take two pairs for the same because they share a long prompt', () => {
    const prompt = sentence(500);
    const pairs = [0, 1].map(() => ({ prompt, chosen: sentence(20), rejected: sentence(20) }));
    assert.deepEqual(matchesOf(pairs), [null, null]);
  });

  it('does not take two pairs for the same because they share their replies', () => {
    const replies = { chosen: 'Yes.', rejected: 'No.' };
    const pairs = [0, 1].map(() => ({ prompt: sentence(8), ...replies }));
    assert.deepEqual(matchesOf(pairs), [null, null]);
  });

  it('takes no notice of case, spaces and punctuation', () => {
    const pair = { prompt: 'What is it?', chosen: 'A café, of course.', rejected: 'I do not know.' };
    const other = { prompt: 'what is  it', chosen: 'a cafe\u0301 of course', rejected: 'I DO NOT KNOW' };
    assert.deepEqual(matchesOf([pair, other])[1], { index: 0, similarity: 1, isSwapped: false });
  });

  it('says that the labels of a swapped pair contradict each other, and compares later ones with both', () => {
    const pair = { prompt: 'Which?', chosen: 'The first one of them.', rejected: 'The second one of them.' };
    const [, second, third, fourth] = matchesOf([pair, swapped(pair), swapped(pair), pair]);
    assert.deepEqual(second, { index: 0, similarity: 1, isSwapped: true });
    assert.deepEqual(third, { index: 1, similarity: 1, isSwapped: false });
    assert.deepEqual(fourth, { index: 0, similarity: 1, isSwapped: false });
  });

  it('compares scripts without spaces character by character', () => {
    const text = '今日はとても良い天気ですから散歩に行きましょうと彼女は言いました';
    const similarity = jaccard(wordShingles(text), wordShingles(text.replace('彼女', '先生')));
    assert.ok(0.7 < similarity && similarity < 1);
  });

  it('stays linear where all rows are alike but for a few words', () => {
    const [prompt, chosen, rejected] = [sentence(40), sentence(40), sentence(40)];
    const pairs = Array.from({ length: 4000 }, (_, row) => ({
      prompt: `${prompt} ${row}`,
      chosen: `${chosen} ${sentence(12)}`,
      rejected: `${rejected} ${sentence(12)}`,
    }));
    const start = process.cpuUsage();
    matchesOf(pairs);
    const { user } = process.cpuUsage(start);
    // Comparing each with each would take minutes.
    assert.ok(user < 20_000_000, `${user / 1e6} s`);
  });

  it('gives rows without a word their own text', () => {
    const emoji = (chosen: string): PairTexts => ({ prompt: '🙂', chosen, rejected: '…' });
    const [, same, different] = matchesOf([emoji('👍'), emoji('👍'), emoji('👎')]);
    assert.equal(same?.index, 0);
    assert.equal(different, null);
  });
});

describe('the resemblance of two texts', () => {
  it('is the share of three-word sequences, whatever the texts', () => {
    for (let round = 0; round < 300; round += 1) {
      const text = sentence(1 + Math.floor(random() * 40));
      const other = reworded(text, Math.floor(random() * 10));
      assert.equal(jaccard(wordShingles(text), wordShingles(other)), resemblance(text, other));
    }
  });

  it('is 1 for two empty texts', () => {
    const { prompt }: PairFingerprint = fingerprintPair({ prompt: '', chosen: 'a', rejected: 'b' });
    assert.equal(jaccard(prompt, wordShingles(' ')), 1);
  });
});
