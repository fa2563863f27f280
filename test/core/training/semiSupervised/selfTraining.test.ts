import assert from 'node:assert/strict';
import {
  keepCertain,
  selfTraining,
  type PairLearner,
  type SelectedPairs,
  type SelfTraining,
} from '../../../../src/core/training/semiSupervised/selfTraining';
import type { SemiSupervisedRound } from '../../../../src/core/training/trainingReport';
import { assertClose } from '../../../fixtures/assertClose';
import { quietContext } from '../../../fixtures/quietContext';
import { rejects } from '../../../fixtures/rejects';

/** Says in round n what is written for it, and remembers what it was given. */
function scriptedLearner(says: readonly (readonly number[])[]): PairLearner<number> & {
  readonly given: (readonly [readonly number[], readonly number[]])[];
} {
  const given: (readonly [readonly number[], readonly number[]])[] = [];
  return {
    given,
    fit({ pairs, isSwapped }: SelectedPairs, round) {
      given.push([[...pairs], [...isSwapped]]);
      return Promise.resolve(round);
    },
    probabilities: (round, pairs) => Promise.resolve(Array.from(pairs, (pair) => says[round][pair])),
  };
}

// Pairs 0 and 1 are labelled, 2 to 5 are not, 6 and 7 are held out.
const says = [
  [0.9, 0.9, 0.95, 0.05, 0.7, 0.5, 0.9, 0.4],
  [0.9, 0.9, 0.95, 0.05, 0.1, 0.5, 0.9, 0.6],
  [0.9, 0.9, 0.6, 0.4, 0.5, 0.5, 0.99, 0.99],
];
const common = {
  labelled: Int32Array.of(0, 1),
  unlabelled: Int32Array.of(2, 3, 4, 5),
  heldOut: Int32Array.of(6, 7),
  recipe: { threshold: 0.8, rounds: 2 },
  firstProbabilities: null,
} satisfies Omit<SelfTraining<number>, 'learner'>;

describe('selfTraining', () => {
  it('learns from labelled pairs, then from those that it is certain of, turned round where it says so', async () => {
    const learner = scriptedLearner(says);
    const told: SemiSupervisedRound[] = [];
    const { fitted, selected, bestRound, rounds } = await selfTraining(
      { ...common, learner, onRound: (round) => told.push(round) },
      quietContext(),
    );
    assert.deepEqual(learner.given, [
      [
        [0, 1],
        [0, 0],
      ],
      [
        [0, 1, 2, 3],
        [0, 0, 0, 1],
      ],
      [
        [0, 1, 2, 3, 4],
        [0, 0, 0, 1, 1],
      ],
    ]);
    assert.deepEqual(
      rounds.map(({ round, kept, keptShare, swapped, agreement }) => [round, kept, keptShare, swapped, agreement]),
      [
        [0, 0, 0, 0, null],
        [1, 2, 0.5, 1, 0.5],
        [2, 3, 0.75, 2, 1 / 3],
      ],
    );
    assert.deepEqual(
      rounds.map(({ heldOut }) => heldOut.accuracy),
      [0.5, 1, 1],
    );
    // Round 0 is 0.9 sure and right, and 0.6 sure and wrong: (0.1 + 0.6) / 2.
    assertClose([rounds[0].calibrationError, rounds[2].calibrationError], [0.35, 0.01], { tolerance: 1e-9 });
    assert.deepEqual(told, rounds);
    // Of equally good rounds the first is taken, with what it was learnt from.
    assert.deepEqual([fitted, bestRound, [...selected.pairs]], [1, 1, [0, 1, 2, 3]]);
  });

  it('labels the first round by another judge where there is one', async () => {
    const learner = scriptedLearner(says);
    const firstProbabilities = [0.5, 0.1, 0.81, 0.2];
    await selfTraining({ ...common, learner, firstProbabilities }, quietContext());
    assert.deepEqual(learner.given[1], [
      [0, 1, 3, 4],
      [0, 0, 1, 0],
    ]);
    assert.deepEqual(learner.given[2], [
      [0, 1, 2, 3, 4],
      [0, 0, 0, 1, 1],
    ]);
  });

  it('ends when it is certain of none, and is sound where it is certain beyond all doubt', async () => {
    const unsure = scriptedLearner([says[2], says[2]]);
    const { rounds } = await selfTraining({ ...common, learner: unsure }, quietContext());
    assert.equal(rounds.length, 1);
    const sure = scriptedLearner(Array.from({ length: 3 }, () => [1, 1, 1, 0, 1, 0, 1, 0]));
    const last = (await selfTraining({ ...common, learner: sure }, quietContext())).rounds[2];
    assert.deepEqual([last.kept, last.swapped, last.heldOut.accuracy, last.calibrationError], [4, 2, 0.5, 0.5]);
  });

  it('does without unlabelled pairs, and refuses to do without labelled or held-out ones', async () => {
    const none = new Int32Array(0);
    const learner = scriptedLearner(says);
    assert.equal((await selfTraining({ ...common, learner, unlabelled: none }, quietContext())).rounds.length, 1);
    await rejects(() => selfTraining({ ...common, learner, labelled: none }, quietContext()), 'recipe', /labelled/);
    await rejects(() => selfTraining({ ...common, learner, heldOut: none }, quietContext()), 'recipe', /held out/);
    await rejects(() => selfTraining({ ...common, learner }, quietContext(AbortSignal.abort())), 'cancelled');
  });

  it('counts held-out pairs of one group as less than as many pairs', async () => {
    const heldOut = Int32Array.from({ length: 40 }, (_, index) => 6 + (index % 2));
    const widths = [];
    for (const heldOutGroups of [Array.from(heldOut.keys(), String), Array.from(heldOut, String)]) {
      const learner = scriptedLearner(says);
      const { rounds } = await selfTraining({ ...common, learner, heldOut, heldOutGroups }, quietContext());
      const { interval } = rounds[0].heldOut;
      widths.push(interval.high - interval.low);
    }
    assert.ok(2 * widths[0] < widths[1], widths.join());
  });
});

describe('keepCertain', () => {
  it('keeps what is above the threshold on either side, never a tie', () => {
    const pairs = Int32Array.of(10, 11, 12, 13, 14);
    const { pairs: kept, isSwapped } = keepCertain(pairs, [0.8, 0.81, 0.19, 0.2, 0.5], 0.8);
    assert.deepEqual([...kept], [11, 12]);
    assert.deepEqual([...isSwapped], [0, 1]);
    assert.deepEqual([...keepCertain(pairs, [0.5, 0.5, 0.6, 0.4, 0.5], 0).pairs], [12, 13]);
    assert.deepEqual([...keepCertain(pairs, [NaN, 0.9, NaN, NaN, NaN], 0.8).pairs], [11]);
  });
});
