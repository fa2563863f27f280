import assert from 'node:assert/strict';
import { frontPicture } from '../../../../src/core/merging/search/frontPicture';
import type { RatioTrial } from '../../../../src/core/merging/search/ratioTrial';

const trial = (reward: number | null, perplexity: number, ...ratios: readonly number[]): RatioTrial => ({
  ratios,
  reward,
  nll: 100 * Math.log(perplexity),
  tokens: 100,
});

describe('the picture of the front', () => {
  it('has a mark for each trial, which says its ratios and figures', () => {
    const svg = frontPicture([trial(1, 9, 0.4, 0.2), trial(2, 10, 0, 0), trial(0.5, 11, 1, 1)]);
    assert.equal(svg.match(/<path class="on"/g)?.length, 2);
    assert.equal(svg.match(/<circle class="off"/g)?.length, 1);
    assert.match(svg, /<title>share of the model before RLHF 0\.4, 0\.2: reward 1, perplexity 9<\/title>/);
    assert.match(svg, /<desc id="description">3 merged models, 2 of them on the front\. The best of both: /);
    assert.match(svg, /role="img" aria-labelledby="title description"/);
    assert.match(svg, /prefers-color-scheme:dark/);
  });

  it('puts more reward higher and more perplexity further right', () => {
    const svg = frontPicture([trial(1, 9, 0.5), trial(2, 10, 0)]);
    const [first, second] = [...svg.matchAll(/<path class="on" d="M([\d.]+) ([\d.]+)L/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    assert.ok(first[0] < second[0]);
    assert.ok(second[1] < first[1]);
  });

  it('is a whole picture with nothing, with one trial, and where something was not measured', () => {
    for (const trials of [
      [],
      [trial(0, 5, 0.2)],
      [trial(null, 5, 0.2)],
      [trial(1e-9, 1e6, 0.2), trial(-1e9, 1e6, 0)],
    ]) {
      const svg = frontPicture(trials);
      assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
      assert.match(svg, /^<svg [^>]*>[^]*<\/svg>\n$/);
      const open: string[] = [];
      for (const [, closing, name, empty] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
        if (closing !== '') assert.equal(open.pop(), name);
        else if (empty === '') open.push(name);
      }
      assert.deepEqual(open, []);
    }
  });
});
