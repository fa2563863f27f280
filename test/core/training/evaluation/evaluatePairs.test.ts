import assert from 'node:assert/strict';
import { evaluatePairs } from '../../../../src/core/training/evaluation/evaluatePairs';
import { scoredPairOf, type ScoredPair } from '../../../../src/core/training/evaluation/scoredPair';
import { seededRandom } from '../../../../src/core/seededRandom';

const seed = 20;

function pair(changes: Partial<ScoredPair> & { readonly group: string }): ScoredPair {
  return { margin: 1, lengths: { chosen: 10, rejected: 10 }, words: null, subset: null, ...changes };
}

describe('evaluatePairs', () => {
  it('gives nothing without pairs', () => {
    assert.equal(evaluatePairs({ pairs: [], seed }), null);
  });

  it('counts a tie as wrong, and says how many there are', () => {
    const margins = [1, 0, -1, 2];
    const evaluation = evaluatePairs({
      pairs: margins.map((margin, index) => pair({ margin, group: `${index}` })),
      seed,
    });
    assert.equal(evaluation?.accuracy, 0.5);
    assert.equal(evaluation.ties, 1);
  });

  it('takes the rule about length that is right more often, a coin where both are as long', () => {
    const lengths = [
      { chosen: 5, rejected: 9 },
      { chosen: 5, rejected: 9 },
      { chosen: 9, rejected: 5 },
      { chosen: 7, rejected: 7 },
    ];
    const evaluation = evaluatePairs({
      pairs: lengths.map((each, index) => pair({ lengths: each, group: `${index}` })),
      seed,
    });
    assert.equal(evaluation?.baselines.length.prefers, 'shorter');
    assert.equal(evaluation.baselines.length.accuracy, 2.5 / 4);
    assert.equal(evaluation.overLength.difference, 1 - 2.5 / 4);
  });

  it('controls for length: a head that goes by length alone is right half the time', () => {
    const random = seededRandom(5);
    const pairs = Array.from({ length: 300 }, (_, index) => {
      const longer = random() < 0.8;
      const lengths = longer ? { chosen: 20, rejected: 10 } : { chosen: 10, rejected: 20 };
      return pair({ lengths, margin: lengths.chosen - lengths.rejected, group: `${index}` });
    });
    const evaluation = evaluatePairs({ pairs, seed });
    assert.ok(0.75 < (evaluation?.accuracy ?? 0));
    assert.deepEqual(evaluation?.lengthControlled, { accuracy: 0.5, whereLonger: 1, whereShorter: 0 });
    assert.equal(evaluation.overLength.difference, 0);
  });

  it('does not control for length where the chosen response is always the longer one', () => {
    const pairs = ['a', 'b'].map((group) => pair({ group, lengths: { chosen: 9, rejected: 5 } }));
    assert.deepEqual(evaluatePairs({ pairs, seed })?.lengthControlled, {
      accuracy: null,
      whereLonger: 1,
      whereShorter: null,
    });
  });

  it('divides pairs by subset, and gives sections with their counts where all are those of RewardBench', () => {
    const of = (subset: string, margin: number, group: string): ScoredPair => pair({ subset, margin, group });
    const chat = [of('alpacaeval-easy', 1, '1'), of('alpacaeval-easy', -1, '2'), of('mt-bench-easy', 1, '3')];
    const evaluation = evaluatePairs({ pairs: chat, seed });
    assert.deepEqual(
      evaluation?.subsets.map(({ name, n, accuracy }) => [name, n, accuracy]),
      [
        ['alpacaeval-easy', 2, 0.5],
        ['mt-bench-easy', 1, 1],
      ],
    );
    assert.equal(evaluation.rewardBench?.countVersion, '2024-09-10');
    assert.ok(Math.abs((evaluation.rewardBench.sections['Chat'] ?? 0) - (100 * 0.5 + 28) / 128) < 1e-12);
    assert.equal(evaluatePairs({ pairs: [...chat, pair({ group: '4' })], seed })?.rewardBench, null);
    assert.equal(evaluatePairs({ pairs: [...chat, of('mine', 1, '4')], seed })?.rewardBench, null);
  });

  it('is calibrated where σ(margin) is the chance, and says by how much it is not where margins are doubled', () => {
    const random = seededRandom(11);
    const margins = Array.from({ length: 20_000 }, () => {
      const strength = 4 * random() - 2;
      return random() < 1 / (1 + Math.exp(-strength)) ? strength : -strength;
    });
    const errorOf = (factor: number): number =>
      evaluatePairs({
        pairs: margins.map((margin, index) => pair({ margin: factor * margin, group: `${index}` })),
        seed,
      })?.calibration.error ?? NaN;
    assert.ok(errorOf(1) < 0.02, `${errorOf(1)}`);
    assert.ok(0.08 < errorOf(2), `${errorOf(2)}`);
  });

  it('finds nothing in words that say nothing, and most of it where they do', () => {
    const wordAccuracy = (telling: string, of: number): number => {
      const random = seededRandom(of);
      const filler = (): string => Array.from({ length: 6 }, () => `w${Math.floor(30 * random())}`).join(' ');
      const pairs = Array.from({ length: 120 }, (_, index) => {
        const words = { prompt: '', chosen: `${filler()} ${telling}`, rejected: filler() };
        return pair({ group: `${index}`, words });
      });
      return evaluatePairs({ pairs, seed })?.baselines.words?.accuracy ?? NaN;
    };
    assert.ok(0.95 < wordAccuracy('thanks', 1));
    const chance = [1, 2, 3, 4, 5, 6].reduce((sum, of) => sum + wordAccuracy('', of) / 6, 0);
    // Of 720 pairs: three standard deviations.
    assert.ok(Math.abs(chance - 0.5) < 0.056, `${chance}`);
  });

  it('does not look at words of fewer than 20 groups', () => {
    const words = { prompt: '', chosen: 'good words here', rejected: 'bad words here' };
    const pairs = Array.from({ length: 60 }, (_, index) => pair({ group: `${index % 19}`, words }));
    assert.equal(evaluatePairs({ pairs, seed })?.baselines.words, null);
  });
});

describe('scoredPairOf', () => {
  it('measures what two conversations do not share', () => {
    const turn = (role: string, content: string): { role: string; content: string } => ({ role, content });
    const scored = scoredPairOf(
      {
        id: '1',
        chosen: { kind: 'messages', messages: [turn('user', 'Hello there'), turn('assistant', 'Hi!')] },
        rejected: { kind: 'messages', messages: [turn('user', 'Hello there'), turn('assistant', 'Go away.')] },
        group: 'g',
        subset: 's',
      },
      0.5,
    );
    assert.deepEqual(scored.lengths, { chosen: 4, rejected: 9 });
    assert.equal(scored.words?.prompt, 'user: Hello there\n');
    assert.deepEqual([scored.margin, scored.group, scored.subset], [0.5, 'g', 's']);
  });
});
