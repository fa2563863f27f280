import assert from 'node:assert/strict';
import type { TrainingPoint } from '../../../src/core/training/trainingReport';
import { gateMargins } from '../../../src/engine/training/gateMargins';
import { trainGate, type GateTraining } from '../../../src/engine/training/trainGate';
import { assertClose } from '../../fixtures/assertClose';
import { indices, plantGate, smallGateRecipe } from '../../fixtures/plantedGate';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';

const planting = { pairs: 4000, columns: 8, objectives: 4, size: 0.05, seed: 5 };
const objectives = ['a', 'b', 'c', 'd'];
const planted = plantGate(planting);
const common = {
  ...planted,
  training: indices(0, 3000),
  heldOut: indices(3000, 4000),
  objectives,
  recipe: smallGateRecipe(),
  seed: 1,
  threads: 1,
} satisfies GateTraining;

function accuracy(margins: Float64Array): number {
  return margins.filter((margin) => 0 < margin).length / margins.length;
}

describe('trainGate', () => {
  it('finds a gate that was planted', async () => {
    const gate = await trainGate(common, quietContext());
    const equal = common.heldOut.map((pair) =>
      planted.differences.subarray(4 * pair, 4 * pair + 4).reduce((sum, value) => sum + value, 0) > 0 ? 1 : 0,
    );
    const [best, found, plain] = [
      accuracy(planted.margins.subarray(3000)),
      accuracy(gate.heldOutMargins),
      equal.reduce((sum, value) => sum + value, 0) / equal.length,
    ];
    assert.ok(plain + 0.05 < best, 'the planted gate matters');
    assert.ok(best - 0.02 < found, `${found} of the held-out pairs, the planted gate ${best}`);
    assert.deepEqual(gate.warnings, []);
  });
});
