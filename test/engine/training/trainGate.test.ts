import assert from 'node:assert/strict';
import { createGatedHead } from '../../../src/core/reward/gatedHead';
import { spearman } from '../../../src/core/training/evaluation/rankMetrics';
import type { FeatureMatrix } from '../../../src/core/training/featureMatrix';
import type { TrainingPoint } from '../../../src/core/training/trainingReport';
import { gateMargins } from '../../../src/engine/training/gateMargins';
import { trainGate, type GateTraining, type TrainedGate } from '../../../src/engine/training/trainGate';
import { assertClose } from '../../fixtures/assertClose';
import { indices, plantGate, smallGateRecipe } from '../../fixtures/plantedGate';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';

const planted = plantGate({ pairs: 4000, columns: 8, objectives: 4, size: 0.05, seed: 5 });
const training = indices(0, 3000);
const heldOut = indices(3000, 4000);
const common = {
  ...planted,
  training,
  heldOut,
  objectives: ['a', 'b', 'c', 'd'],
  recipe: smallGateRecipe(),
  seed: 1,
  threads: 1,
} satisfies GateTraining;
/** What is about the bytes takes few steps, but has everything. */
const short = { ...common, recipe: smallGateRecipe({ steps: 30, dropout: 0.2, evaluateEvery: 5 }) };

function accuracy(margins: ArrayLike<number>): number {
  return Array.from(margins).filter((margin) => 0 < margin).length / margins.length;
}

/** All ratings with the same weight. */
function equalMargins({ differences }: Pick<GateTraining, 'differences'>): Float64Array {
  return Float64Array.from(heldOut, (pair) => {
    return differences.subarray(4 * pair, 4 * pair + 4).reduce((sum, value) => sum + value, 0);
  });
}

/** Trains up to a checkpoint, as if it were killed there; the bytes as a file would have them. */
async function checkpointAt(params: GateTraining, step: number): Promise<Uint8Array> {
  let bytes = new Uint8Array(0);
  const stop = new AbortController();
  const onCheckpoint: GateTraining['onCheckpoint'] = (checkpoint) => {
    if (checkpoint.step !== step) return;
    bytes = Uint8Array.from(Buffer.concat(checkpoint.pieces));
    stop.abort();
  };
  await rejects(() => trainGate({ ...params, onCheckpoint }, quietContext(stop.signal)), 'cancelled');
  return bytes;
}

describe('trainGate', function () {
  this.timeout(30_000);

  it('finds a gate that was planted', async () => {
    const gate = await trainGate(common, quietContext());
    const own = planted.margins.subarray(3000);
    const [best, found, plain] = [own, gate.heldOutMargins, equalMargins(planted)].map(accuracy);
    assert.ok(
      plain + 0.15 < best,
      `the gate matters: ${plain} of the held-out pairs without, ${best} with the planted`,
    );
    assert.ok(best - 0.02 < found, `${found} of the held-out pairs, the planted gate ${best}`);
    assert.ok(0.95 < spearman(gate.heldOutMargins, own), `${spearman(gate.heldOutMargins, own)}`);
    assert.deepEqual(gate.warnings, []);
    const total = gate.meanGates.reduce((sum, value) => sum + value, 0);
    assertClose([total], [1], { tolerance: 1e-6 });
  });

  it('finds it whatever the scale of the ratings', async () => {
    const base = await trainGate(common, quietContext());
    for (const factor of [1e-3, 1e3]) {
      const differences = planted.differences.map((value) => factor * value);
      const gate = await trainGate({ ...common, differences }, quietContext());
      assertClose([gate.logitScale * factor], [base.logitScale], { tolerance: 0.02 });
      assertClose([accuracy(gate.heldOutMargins)], [accuracy(base.heldOutMargins)], { tolerance: 0.01 });
    }
  });

  it('finds it in states that are nearly the same for all prompts, as those of a small body are', async () => {
    // Rms of the mean 2, standard deviations around 0.1 with a few large ones (measured on the starter).
    const scale = [0.03, 0.1, 0.1, 0.12, 0.1, 0.15, 0.1, 3];
    const gate: FeatureMatrix = {
      ...planted.gate,
      readRows(rows, into) {
        planted.gate.readRows(rows, into);
        into.forEach((value, index) => (into[index] = 2 * Math.sin(index % 8) + scale[index % 8] * value));
      },
    };
    const [found, base] = [
      await trainGate({ ...common, gate }, quietContext()),
      await trainGate(common, quietContext()),
    ];
    assertClose(found.heldOutMargins, base.heldOutMargins, { tolerance: 0.05 });
    const again = await gateMargins({ ...planted, ...found, gate, pairs: heldOut, threads: 1 }, quietContext());
    assert.deepEqual(again, found.heldOutMargins);
  });

  it('weighs as a head with its layers does', async () => {
    const gate = await trainGate(short, quietContext());
    const head = createGatedHead({
      regression: new Float32Array(4 * 8),
      transform: Float32Array.from({ length: 16 }, (_, index) => (index % 5 === 0 ? 1 : 0)),
      gate: gate.layers,
      logitScale: gate.logitScale,
      temperature: gate.temperature,
      objectives: common.objectives,
      gateText: '',
    });
    const expected = Float64Array.from(heldOut, (pair) => {
      const state = new Float32Array(8);
      planted.gate.readRows([pair], state);
      const gates = head.weigh?.(state).gates ?? [];
      return gates.reduce((sum, value, objective) => sum + value * planted.differences[4 * pair + objective], 0);
    });
    assertClose(gate.heldOutMargins, expected, { tolerance: 1e-5 });
    const again = await gateMargins({ ...planted, ...gate, pairs: heldOut, threads: 1 }, quietContext());
    assert.deepEqual(again, gate.heldOutMargins);
  });

  it('gives the same bytes twice, and others for another seed', async () => {
    const [first, second, other] = [
      await trainGate(short, quietContext()),
      await trainGate(short, quietContext()),
      await trainGate({ ...short, seed: 2 }, quietContext()),
    ];
    assert.deepEqual(second, first);
    assert.notDeepEqual(other.layers, first.layers);
  });

  it('goes on from any checkpoint to the same bytes, and tells the points before', async () => {
    const whole = await trainGate(short, quietContext());
    for (const step of [5, 15, 25]) {
      const points: TrainingPoint[] = [];
      const resume = await checkpointAt(short, step);
      const resumed = await trainGate({ ...short, resume, onPoint: (point) => points.push(point) }, quietContext());
      assert.deepEqual(resumed, whole);
      assert.deepEqual(points, whole.curve);
    }
  });

  it('refuses a checkpoint of another training, and one that is not whole', async () => {
    const resume = await checkpointAt(short, 5);
    const changes: readonly Partial<GateTraining>[] = [
      { seed: 2 },
      { recipe: { ...short.recipe, temperature: 2 } },
      { training: training.slice().reverse() },
      { differences: planted.differences.map((value) => 2 * value) },
    ];
    for (const change of changes) {
      await rejects(() => trainGate({ ...short, ...change, resume }, quietContext()), 'format', /another training/);
    }
    for (const length of [0, 3, 100, resume.length - 1]) {
      const cut = resume.subarray(0, length);
      await rejects(() => trainGate({ ...short, resume: cut }, quietContext()), 'format', /not whole/);
    }
  });

  it('learns the same from pairs that are turned round twice', async () => {
    const isSwapped = Uint8Array.from({ length: 4000 }, (_, pair) => (pair < 3000 ? pair % 2 : 0));
    const differences = planted.differences.map((value, index) => (isSwapped[index >> 2] === 1 ? -value : value));
    const [plain, turned] = [
      await trainGate(short, quietContext()),
      await trainGate({ ...short, differences, isSwapped }, quietContext()),
    ];
    assert.deepEqual(turned, plain);
  });

  it('does not learn from pairs without weight', async () => {
    // Two thirds of the pairs are the wrong way round.
    const isWrong = Uint8Array.from({ length: 4000 }, (_, pair) => (pair < 3000 && pair % 3 !== 0 ? 1 : 0));
    const weights = Float64Array.from(isWrong, (wrong) => 1 - wrong);
    const mistaken = await trainGate({ ...common, isSwapped: isWrong }, quietContext());
    const careful = await trainGate({ ...common, isSwapped: isWrong, weights }, quietContext());
    assert.ok(accuracy(mistaken.heldOutMargins) < 0.7);
    assert.ok(0.86 < accuracy(careful.heldOutMargins));
  });

  it('stops when nothing gets better, and keeps the best weights', async () => {
    // Few pairs are learnt by heart soon.
    const few = { ...common, training: indices(0, 60) };
    const recipe = smallGateRecipe({ steps: 1000, evaluateEvery: 10, patience: 3 });
    const gate = await trainGate({ ...few, recipe }, quietContext());
    const losses = gate.curve.map(({ heldOutLoss }) => heldOutLoss ?? NaN);
    const best = losses.indexOf(Math.min(...losses));
    assert.equal(gate.bestStep, gate.curve[best].step);
    assert.equal(gate.curve.length, best + 1 + 3);
    assertClose([accuracy(gate.heldOutMargins)], [gate.curve[best].heldOutAccuracy ?? NaN], { tolerance: 1e-12 });
    const last = smallGateRecipe({ steps: 1000, evaluateEvery: 10, patience: 1000 });
    const whole = await trainGate({ ...few, recipe: last }, quietContext());
    assert.equal(whole.curve.at(-1)?.step, 1000);
    assert.deepEqual(whole.layers, gate.layers);
  });

  it('says when it has collapsed onto one objective', async () => {
    // One objective is always right, the others never more than by chance.
    const differences = planted.differences.map((value, index) => {
      const pair = Math.floor(index / 4);
      return index % 4 === 2 ? Math.abs(value) : pair % 2 === 0 ? value : -value;
    });
    const recipe = smallGateRecipe({ learningRate: 0.03 });
    const gate: TrainedGate = await trainGate({ ...common, differences, recipe }, quietContext());
    assert.match(gate.warnings.join(), /^the gate has collapsed onto c, which has (9[5-9]|100)\.\d % of the weight/);
  });

  it('refuses to learn from nothing, from what is not a number, and a loss that runs away; it can be stopped', async () => {
    const none = new Int32Array(0);
    await rejects(() => trainGate({ ...short, training: none }, quietContext()), 'recipe', /to learn from/);
    await rejects(() => trainGate({ ...short, heldOut: none }, quietContext()), 'recipe', /held out/);
    const differences = planted.differences.slice();
    differences[17] = Number.NaN;
    await rejects(() => trainGate({ ...short, differences }, quietContext()), 'recipe', /not all numbers/);
    const gate: FeatureMatrix = {
      ...planted.gate,
      readRows(rows, into) {
        planted.gate.readRows(rows, into);
        into[5] = Number.POSITIVE_INFINITY;
      },
    };
    await rejects(() => trainGate({ ...short, gate }, quietContext()), 'row', /not finite/);
    const wild = smallGateRecipe({ learningRate: 1e30 });
    const error = await rejects(() => trainGate({ ...common, recipe: wild }, quietContext()), 'recipe', /not a number/);
    assert.match(error.hint ?? '', /learning_rate/);
    await rejects(() => trainGate(short, quietContext(AbortSignal.abort())), 'cancelled');
  });
});
