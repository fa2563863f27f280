import assert from 'node:assert/strict';
import { createStopFinder } from '../../../src/core/generation/stopFinder';
import { seededRandom } from '../../fixtures/seededRandom';

function run(stops: readonly string[], pieces: readonly string[]): { given: string[]; isStopped: boolean } {
  const finder = createStopFinder(stops);
  const given = pieces.map((piece) => finder.push(piece));
  return { given: [...given, finder.end()], isStopped: finder.isStopped };
}

describe('the stop finder', () => {
  it('gives out text at once where no stop text can begin', () => {
    assert.deepEqual(run(['END'], ['ab', 'c']), { given: ['ab', 'c', ''], isStopped: false });
    assert.deepEqual(run([], ['ab']), { given: ['ab', ''], isStopped: false });
  });

  it('holds back what may be the beginning of a stop text, and gives it out when it was none', () => {
    assert.deepEqual(run(['END'], ['aE', 'N', 'x', 'E']), { given: ['a', '', 'ENx', '', 'E'], isStopped: false });
  });

  it('ends before the stop text that is complete first and gives out nothing after it', () => {
    assert.deepEqual(run(['c', 'bc'], ['ab', 'cd', 'e']), { given: ['a', '', '', ''], isStopped: true });
    assert.deepEqual(run(['\n\n'], ['one\n', '\ntwo']), { given: ['one', '', ''], isStopped: true });
  });

  it('finds what a search in the whole text finds, however the text is cut into pieces', () => {
    const random = seededRandom(3);
    const draw = (length: number): string => Array.from({ length }, () => 'aab'[random.below(3)]).join('');
    for (let round = 0; round < 2000; round += 1) {
      const text = draw(random.below(12));
      const stops = Array.from({ length: 1 + random.below(3) }, () => draw(1 + random.below(4)));
      const pieces: string[] = [];
      for (let at = 0; at < text.length;) {
        const length = 1 + random.below(4);
        pieces.push(text.slice(at, at + length));
        at += length;
      }
      let end = 0;
      const complete = (): readonly string[] => stops.filter((stop) => text.slice(0, end).endsWith(stop));
      while (end < text.length && complete().length === 0) end += 1;
      const longest = Math.max(0, ...complete().map(({ length }) => length));
      const { given, isStopped } = run(stops, pieces);
      assert.equal(given.join(''), text.slice(0, end - longest), JSON.stringify({ text, stops, pieces }));
      assert.equal(isStopped, 0 < longest);
    }
  });
});
