import assert from 'node:assert/strict';
import { seededRandom } from '../../../src/core/seededRandom';
import { sigmoid } from '../../../src/core/training/linear/linearModel';
import {
  selfTraining,
  type PairLearner,
  type SelectedPairs,
} from '../../../src/core/training/semiSupervised/selfTraining';
import {
  preferenceMargins,
  trainPreference,
  type TrainedPreference,
} from '../../../src/engine/training/trainPreference';
import { indices } from '../../fixtures/plantedGate';
import { plantPreference, type PlantedPreference } from '../../fixtures/plantedPreference';
import { quietContext } from '../../fixtures/quietContext';

const recipe = {
  name: 'preference',
  description: null,
  data: ['pairs'],
  penalties: [1, 10, 100],
  standardise: false,
  validation: 0.2,
};
const [all, labelledCount] = [600, 60];
const labelled = indices(0, labelledCount);
const unlabelled = indices(labelledCount, all);
const heldOut = indices(all, all + 1000);

/** Pairs of which the unlabelled ones are in any order. */
function plantUnordered(seed: number): PlantedPreference {
  const planted = plantPreference({ pairs: all + 1000, columns: 60, distance: 1.8, seed });
  const random = seededRandom(seed);
  const isTurned = planted.chosen.map((_, pair) => (labelledCount <= pair && pair < all && random() < 0.5 ? 1 : 0));
  return {
    features: planted.features,
    chosen: planted.chosen.map((row, pair) => (isTurned[pair] === 1 ? planted.rejected[pair] : row)),
    rejected: planted.rejected.map((row, pair) => (isTurned[pair] === 1 ? planted.chosen[pair] : row)),
  };
}

function learnerOf(planted: PlantedPreference): PairLearner<TrainedPreference> {
  return {
    fit({ pairs, isSwapped }) {
      const swaps = new Uint8Array(planted.chosen.length);
      pairs.forEach((pair, place) => (swaps[pair] = isSwapped[place]));
      const training = { ...planted, isSwapped: swaps, training: pairs, heldOut, recipe, threads: 1 };
      return trainPreference(training, quietContext());
    },
    async probabilities({ weight }, pairs) {
      return (await preferenceMargins({ ...planted, weight, pairs }, quietContext())).map(sigmoid);
    },
  };
}

async function accuracyOf(learner: PairLearner<TrainedPreference>, selected: SelectedPairs): Promise<number> {
  const probabilities = Array.from(await learner.probabilities(await learner.fit(selected, 0), heldOut));
  return probabilities.filter((p) => 0.5 < p).length / heldOut.length;
}

describe('selfTraining around a preference head', function () {
  this.timeout(60_000);

  it('closes half of the gap between a labelled tenth and all labels; without the swap it is worse', async () => {
    let [closed, gap, lost] = [0, 0, 0];
    for (const seed of [1, 2, 3]) {
      const planted = plantUnordered(seed);
      const learner = learnerOf(planted);
      const common = { labelled, unlabelled, heldOut, recipe: { threshold: 0.8, rounds: 3 }, firstProbabilities: null };
      const { rounds } = await selfTraining({ ...common, learner }, quietContext());
      const blind = {
        ...learner,
        fit: ({ pairs }: SelectedPairs, round: number) =>
          learner.fit({ pairs, isSwapped: new Uint8Array(pairs.length) }, round),
      };
      const unswapped = await selfTraining({ ...common, learner: blind }, quietContext());
      // All labels: the pairs as they were before they were turned.
      const truth = learnerOf(plantPreference({ pairs: all + 1000, columns: 60, distance: 1.8, seed }));
      const whole = await accuracyOf(truth, { pairs: indices(0, all), isSwapped: new Uint8Array(all) });
      const [first, last] = [rounds[0].heldOut.accuracy, rounds[rounds.length - 1].heldOut.accuracy];
      const without = unswapped.rounds[unswapped.rounds.length - 1].heldOut.accuracy;
      gap += whole - first;
      closed += last - first;
      lost += last - without;
    }
    assert.ok(0.06 < gap, `there is a gap to close: ${gap / 3}`);
    assert.ok(gap / 2 <= closed, `${closed / gap} of the gap`);
    assert.ok(0.6 < lost, `the swap gains ${lost / 3}`);
  });
});
