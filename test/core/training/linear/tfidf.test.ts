import assert from 'node:assert/strict';
import { fitTfidf, tfidfCosine, transformTfidf } from '../../../../src/core/training/linear/tfidf';

describe('tfidf', () => {
  const texts = ['The red fox', 'the red dog', 'a dog ran'];

  it('knows words of two letters and pairs of neighbours that enough texts have', () => {
    const { vocabulary } = fitTfidf(texts, 1);
    const expected = ['dog', 'dog ran', 'fox', 'ran', 'red', 'red dog', 'red fox', 'the', 'the red'];
    assert.deepEqual([...vocabulary.keys()].sort(), expected);
    assert.deepEqual([...fitTfidf(texts, 2).vocabulary.keys()].sort(), ['dog', 'red', 'the', 'the red']);
  });

  it('weighs terms by count and smoothed rarity, and scales every text to length 1', () => {
    const tfidf = fitTfidf(texts, 1);
    const row = transformTfidf(tfidf, ['dog dog fox unknown']).toDense().values;
    const dog = 2 * (Math.log(4 / 3) + 1);
    const fox = Math.log(4 / 2) + 1;
    const length = Math.hypot(dog, fox);
    assert.ok(Math.abs(row[tfidf.vocabulary.get('dog') ?? -1] - dog / length) < 1e-12);
    assert.ok(Math.abs(row[tfidf.vocabulary.get('fox') ?? -1] - fox / length) < 1e-12);
    assert.equal(row.filter((value) => value !== 0).length, 2);
  });

  it('gives an empty row and cosine 0 for a text without known terms', () => {
    const tfidf = fitTfidf(texts, 1);
    assert.ok(
      transformTfidf(tfidf, ['?!'])
        .toDense()
        .values.every((value) => value === 0),
    );
    assert.equal(tfidfCosine(tfidf, '?!', 'the red fox'), 0);
  });

  it('gives cosine 1 for texts of the same terms and less for others', () => {
    const tfidf = fitTfidf(texts, 1);
    assert.ok(Math.abs(tfidfCosine(tfidf, 'the red fox', 'The RED fox!') - 1) < 1e-12);
    const other = tfidfCosine(tfidf, 'the red fox', 'the red dog');
    assert.ok(0.1 < other && other < 0.9);
  });
});
