import assert from 'node:assert/strict';
import { seededRandom } from '../../../src/core/seededRandom';
import { sigmoid } from '../../../src/core/training/linear/linearModel';
import {
  selfTraining,
  type PairLearner,
  type SelectedPairs,
  type SelfTrained,
} from '../../../src/core/training/semiSupervised/selfTraining';
import {
  preferenceMargins,
  trainPreference,
  type TrainedPreference,
} from '../../../src/engine/training/trainPreference';
import { gateMargins } from '../../../src/engine/training/gateMargins';
import { trainGate, type TrainedGate } from '../../../src/engine/training/trainGate';
import { indices, plantKinds, smallGateRecipe } from '../../fixtures/plantedGate';
import { plantPreference } from '../../fixtures/plantedPreference';
import { quietContext } from '../../fixtures/quietContext';

const [all, labelledCount] = [600, 60];
const labelled = indices(0, labelledCount);
const unlabelled = indices(labelledCount, all);
const heldOut = indices(all, all + 1000);

const everything = { pairs: indices(0, all), isSwapped: new Uint8Array(all) };

/** 1 for unlabelled pairs that a file has the other way round. */
function turnsOf(seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: all + 1000 }, (_, pair) =>
    labelledCount <= pair && pair < all && random() < 0.5 ? 1 : 0,
  );
}

/** By pair. */
function swapsOf({ pairs, isSwapped }: SelectedPairs): Uint8Array {
  const swaps = new Uint8Array(all + 1000);
  pairs.forEach((pair, place) => (swaps[pair] = isSwapped[place]));
  return swaps;
}

function preferenceLearner(seed: number, turns: Uint8Array): PairLearner<TrainedPreference> {
  const { features, ...planted } = plantPreference({ pairs: all + 1000, columns: 60, distance: 1.8, seed });
  const pairs = {
    features,
    chosen: planted.chosen.map((row, pair) => (turns[pair] === 1 ? planted.rejected[pair] : row)),
    rejected: planted.rejected.map((row, pair) => (turns[pair] === 1 ? planted.chosen[pair] : row)),
  };
  const recipe = {
    name: 'preference',
    description: null,
    data: ['pairs'],
    penalties: [1, 10, 100],
    standardise: false,
    validation: 0.2,
  };
  return {
    fit: (selected) =>
      trainPreference(
        { ...pairs, isSwapped: swapsOf(selected), training: selected.pairs, heldOut, recipe, threads: 1 },
        quietContext(),
      ),
    probabilities: async ({ weight }, asked) =>
      (await preferenceMargins({ ...pairs, weight, pairs: asked }, quietContext())).map(sigmoid),
  };
}

function gateLearner(seed: number, turns: Uint8Array): PairLearner<TrainedGate> {
  const planted = plantKinds({ pairs: all + 1000, columns: 8, objectives: 4, seed });
  const differences = planted.differences.map((value, index) => (turns[index >> 2] === 1 ? -value : value));
  const pairs = { ...planted, differences };
  const common = {
    ...pairs,
    heldOut,
    objectives: ['a', 'b', 'c', 'd'],
    recipe: smallGateRecipe({ steps: 200, batch: 64, evaluateEvery: 10 }),
    seed: 1,
    threads: 1,
  };
  return {
    fit: (selected) => trainGate({ ...common, isSwapped: swapsOf(selected), training: selected.pairs }, quietContext()),
    probabilities: async (gate, asked) =>
      (await gateMargins({ ...pairs, ...gate, pairs: asked, threads: 1 }, quietContext())).map(sigmoid),
  };
}

/** Accuracies on the held-out pairs. */
async function compare<Fitted>(
  seed: number,
  learnerOf: (seed: number, turns: Uint8Array) => PairLearner<Fitted>,
): Promise<Readonly<Record<'tenth' | 'loop' | 'whole' | 'unswapped', number>>> {
  const learner = learnerOf(seed, turnsOf(seed));
  const common = { labelled, unlabelled, heldOut, recipe: { threshold: 0.8, rounds: 3 }, firstProbabilities: null };
  const train = (own: PairLearner<Fitted>): Promise<SelfTrained<Fitted>> =>
    selfTraining({ ...common, learner: own }, quietContext());
  const swapped = await train(learner);
  const blind = await train({
    ...learner,
    fit: ({ pairs }, round) => learner.fit({ pairs, isSwapped: new Uint8Array(pairs.length) }, round),
  });
  // With all labels: the pairs as they were before they were turned.
  const truth = learnerOf(seed, new Uint8Array(all + 1000));
  const probabilities = Array.from(await truth.probabilities(await truth.fit(everything, 0), heldOut));
  return {
    tenth: swapped.rounds[0].heldOut.accuracy,
    loop: swapped.rounds[swapped.bestRound].heldOut.accuracy,
    whole: probabilities.filter((p) => 0.5 < p).length / heldOut.length,
    unswapped: blind.rounds[blind.rounds.length - 1].heldOut.accuracy,
  };
}

describe('selfTraining', function () {
  this.timeout(60_000);

  for (const [what, learnerOf] of [
    ['a preference head', preferenceLearner],
    ['a gate', gateLearner],
  ] as const) {
    it(`closes half of the gap between a labelled tenth and all labels around ${what}, thanks to the swap`, async () => {
      let [closed, gap, lost] = [0, 0, 0];
      for (const seed of [1, 2, 3]) {
        const { tenth, loop, whole, unswapped } = await compare(
          seed,
          learnerOf as (seed: number, turns: Uint8Array) => PairLearner<unknown>,
        );
        gap += (whole - tenth) / 3;
        closed += (loop - tenth) / 3;
        lost += (loop - unswapped) / 3;
      }
      assert.ok(0.01 < gap, `there is a gap to close: ${gap}`);
      assert.ok(gap / 2 <= closed, `${closed / gap} of the gap`);
      assert.ok(0.05 < lost, `the swap gains ${lost}`);
    });
  }
});
