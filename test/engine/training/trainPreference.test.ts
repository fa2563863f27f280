import assert from 'node:assert/strict';
import {
  preferenceMargins,
  trainPreference,
  type PreferenceTraining,
} from '../../../src/engine/training/trainPreference';
import { plainProducts } from '../../fixtures/linear/plainProducts';
import { sigmoid } from '../../../src/core/training/linear/linearModel';
import { assertClose } from '../../fixtures/assertClose';
import { indices } from '../../fixtures/plantedGate';
import { plantPreference } from '../../fixtures/plantedPreference';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';

const recipe = {
  name: 'preference',
  description: null,
  data: ['pairs'],
  penalties: [0.1, 1, 10, 100, 1000],
  standardise: false,
  validation: 0.2,
};
const planted = plantPreference({ pairs: 700, columns: 20, distance: 2, seed: 4 });
const common = {
  ...planted,
  training: indices(0, 400),
  heldOut: indices(400, 700),
  recipe,
  threads: 1,
} satisfies PreferenceTraining;

function accuracy(margins: Float64Array): number {
  return margins.filter((margin) => 0 < margin).length / margins.length;
}

/** Features of the chosen response minus those of the rejected one. */
function differenceOf(pair: number): Float32Array {
  const rows = new Float32Array(40);
  planted.features.readRows([planted.chosen[pair], planted.rejected[pair]], rows);
  return rows.subarray(0, 20).map((value, column) => value - rows[20 + column]);
}

describe('trainPreference', () => {
  it('finds a preference that was planted', async () => {
    const head = await trainPreference(common, quietContext());
    // The best that can be: Φ(distance / standard deviation) = Φ(2 / 1) = 97.7 %.
    assert.ok(0.94 < accuracy(head.heldOutMargins), `${accuracy(head.heldOutMargins)}`);
    const least = Math.min(...head.penalties.map(({ loss }) => loss));
    assert.equal(head.penalties.find(({ penalty }) => penalty === head.penalty)?.loss, least);
    assert.deepEqual(
      head.penalties.map(({ penalty }) => penalty),
      recipe.penalties,
    );
  });

  for (const standardise of [false, true]) {
    it(`is where the gradient is nothing${standardise ? ', for standardised features' : ''}`, async () => {
      const one = { ...recipe, penalties: [3], standardise };
      const { weight } = await trainPreference({ ...common, recipe: one }, quietContext());
      const scale = standardise ? deviations() : new Float64Array(20).fill(1);
      const gradient = weight.map((value, column) => 3 * value * scale[column]);
      for (const pair of common.training) {
        const difference = differenceOf(pair);
        const margin = difference.reduce((sum, value, column) => sum + value * weight[column], 0);
        difference.forEach((value, column) => (gradient[column] -= (sigmoid(-margin) * value) / scale[column]));
      }
      assertClose(gradient, new Float64Array(20), { tolerance: 1e-3, what: 'gradient' });
    });
  }

  it('learns the same from pairs that are turned round twice', async () => {
    const isSwapped = Uint8Array.from(planted.chosen, (_, pair) => pair % 2);
    const turned = {
      chosen: planted.chosen.map((row, pair) => (pair % 2 === 1 && pair < 400 ? planted.rejected[pair] : row)),
      rejected: planted.rejected.map((row, pair) => (pair % 2 === 1 && pair < 400 ? planted.chosen[pair] : row)),
    };
    const [plain, swapped] = [
      await trainPreference(common, quietContext()),
      await trainPreference({ ...common, ...turned, isSwapped }, quietContext()),
    ];
    assert.deepEqual(swapped.weight, plain.weight);
    // Which way held-out pairs are is known.
    assert.deepEqual(swapped.heldOutMargins, plain.heldOutMargins);
  });

  it('gives the same without ONNX Runtime', async () => {
    const [fast, plain] = [
      await trainPreference(common, quietContext()),
      await trainPreference({ ...common, products: plainProducts }, quietContext()),
    ];
    assert.equal(fast.penalty, plain.penalty);
    assertClose(fast.weight, plain.weight, { tolerance: 1e-5 });
  });

  it('says of other pairs what it says of those held out', async () => {
    const { weight, heldOutMargins } = await trainPreference(common, quietContext());
    const margins = await preferenceMargins({ ...planted, weight, pairs: common.heldOut }, quietContext());
    assertClose(margins, heldOutMargins, { tolerance: 1e-9 });
  });

  it('refuses to learn from no pairs, to choose by none, and features that are not finite; it can be stopped', async () => {
    const none = new Int32Array(0);
    await rejects(() => trainPreference({ ...common, training: none }, quietContext()), 'recipe', /to learn from/);
    await rejects(() => trainPreference({ ...common, heldOut: none }, quietContext()), 'recipe', /held out/);
    const broken = {
      ...planted.features,
      readRows(rows: ArrayLike<number>, into: Float32Array) {
        planted.features.readRows(rows, into);
        into[3] = Number.NaN;
      },
    };
    await rejects(() => trainPreference({ ...common, features: broken }, quietContext()), 'row', /not finite/);
    await rejects(() => trainPreference(common, quietContext(AbortSignal.abort())), 'cancelled');
  });
});

/** Of the responses that are learnt from, dividing by n. */
function deviations(): Float64Array {
  const count = 2 * common.training.length;
  const rows = new Float32Array(20 * count);
  planted.features.readRows(indices(0, count), rows);
  return Float64Array.from({ length: 20 }, (_, column) => {
    const own = rows.filter((_value, index) => index % 20 === column);
    const mean = own.reduce((sum, value) => sum + value, 0) / count;
    return Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
  });
}
