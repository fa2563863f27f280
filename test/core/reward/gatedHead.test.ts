import assert from 'node:assert/strict';
import { ARMORM_OBJECTIVES } from '../../../src/core/reward/armormObjectives';
import { createGatedHead } from '../../../src/core/reward/gatedHead';
import type { GatedHeadWeights } from '../../../src/core/reward/gatedHead';
import { assertClose } from '../../fixtures/assertClose';
import { softmax } from '../../fixtures/referenceDecoder';
import { seededRandom } from '../../fixtures/seededRandom';

const hiddenSize = 6;
const gateSize = 5;

function randomHead(seed: number, changes: Partial<GatedHeadWeights> = {}): GatedHeadWeights {
  const random = seededRandom(seed);
  const floats = (count: number): Float32Array => Float32Array.from({ length: count }, () => 2 * random.next() - 1);
  const objectiveCount = changes.objectives?.length ?? 4;
  const sizes = [hiddenSize, gateSize, gateSize, objectiveCount];
  return {
    regression: floats(objectiveCount * hiddenSize),
    transform: floats(objectiveCount * objectiveCount),
    gate: sizes.slice(1).map((outputs, index) => ({ weight: floats(outputs * sizes[index]), bias: floats(outputs) })),
    logitScale: 0.5 + random.next(),
    temperature: 0.1 + random.next(),
    objectives: Array.from({ length: objectiveCount }, (_, index) => `o${index}`),
    gateText: 'reply:',
    ...changes,
  };
}

function randomState(seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: hiddenSize }, () => 4 * random.next() - 2);
}

/** modeling_custom.py of ArmoRM-Llama3-8B, with matrices as arrays of rows. */
function naive(head: GatedHeadWeights, pooled: readonly number[], gateState: readonly number[]) {
  const rows = (values: Float32Array, width: number): number[][] =>
    Array.from({ length: values.length / width }, (_, row) => [...values.slice(row * width, (row + 1) * width)]);
  const times = (matrix: readonly number[][], x: readonly number[]): number[] =>
    matrix.map((row) => row.reduce((sum, value, index) => sum + value * x[index], 0));
  const rewards = times(rows(head.regression, hiddenSize), pooled);
  let x = [...gateState];
  head.gate.forEach(({ weight, bias }, index) => {
    x = times(rows(weight, x.length), x).map((value, row) => value + (bias?.[row] ?? 0));
    if (index < head.gate.length - 1) x = x.map((value) => Math.max(value, 0));
  });
  const gates = softmax(x.map((value) => value / head.temperature)).map((value) => value * head.logitScale);
  const matrix = rows(head.transform, head.objectives.length); // M
  // rewards @ M, as the row vector; score = Σ gates · that
  const transformed = gates.map((_, column) =>
    rewards.reduce((sum, reward, row) => sum + reward * matrix[row][column], 0),
  );
  const score = gates.reduce((sum, gate, index) => sum + gate * transformed[index], 0);
  const coefficients = rewards.map((_, row) =>
    gates.reduce((sum, gate, column) => sum + gate * matrix[row][column], 0),
  );
  return { rewards, gates, coefficients, score };
}

describe('createGatedHead', () => {
  it('computes rewards, gates and coefficients as ArmoRM does, and Σ g (r·M) is Σ c r', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const weights = randomHead(seed, seed % 2 === 0 ? { objectives: [...'abcdefg'] } : {});
      const [pooled, gate] = [randomState(1000 + seed), randomState(2000 + seed)];
      const actual = createGatedHead(weights).apply({ pooled, gate, responseTokens: 3 });
      const expected = naive(weights, pooled, gate);
      const tolerance = 1e-12;
      assertClose(actual.rewards, expected.rewards, { tolerance, what: 'rewards' });
      assertClose(actual.gates ?? [], expected.gates, { tolerance, what: 'gates' });
      assertClose(actual.coefficients, expected.coefficients, { tolerance, what: 'coefficients' });
      const score = actual.coefficients.reduce(
        (sum, coefficient, index) => sum + coefficient * actual.rewards[index],
        0,
      );
      assertClose([score], [expected.score], { tolerance, what: 'score' });
    }
  });

  it('multiplies by logit_scale after the softmax: the gates add up to it', () => {
    const weights = randomHead(3, { logitScale: 2.5 });
    const input = { pooled: randomState(1), gate: randomState(2), responseTokens: 0 };
    const { gates } = createGatedHead(weights).apply(input);
    assertClose([(gates ?? []).reduce((sum, gate) => sum + gate, 0)], [2.5], { tolerance: 1e-12 });
    const { gates: plain } = createGatedHead({ ...weights, logitScale: 1 }).apply(input);
    assertClose(
      gates ?? [],
      (plain ?? []).map((gate) => 2.5 * gate),
      { tolerance: 1e-12 },
    );
  });

  it('divides by the temperature before the softmax', () => {
    const flat = createGatedHead(randomHead(3, { temperature: 1e9, logitScale: 1 }));
    const { gates } = flat.apply({ pooled: randomState(1), gate: randomState(2), responseTokens: 0 });
    assertClose(gates ?? [], [0.25, 0.25, 0.25, 0.25], { tolerance: 1e-6 });
  });

  it('stays finite when the gate is sure', () => {
    const sharp = createGatedHead(randomHead(3, { temperature: 1e-6, logitScale: 1 }));
    const { gates } = sharp.apply({ pooled: randomState(1), gate: randomState(2), responseTokens: 0 });
    assert.deepEqual([...(gates ?? [])].sort(), [0, 0, 0, 1]);
  });

  it('needs the state at the gate', () => {
    const head = createGatedHead(randomHead(1));
    assert.throws(() => head.apply({ pooled: randomState(1), gate: null, responseTokens: 0 }), RangeError);
  });

  it('gives objectives of the names that ArmoRM uses the scale of their data set, and the others none', () => {
    const head = createGatedHead(randomHead(1, { objectives: ['code-style', 'helpsteer-coherence', 'mine'] }));
    assert.deepEqual(
      head.objectives.map(({ name, scale }) => [name, scale?.min]),
      [
        ['code-style', undefined],
        ['helpsteer-coherence', -0.5],
        ['mine', undefined],
      ],
    );
    assert.equal(ARMORM_OBJECTIVES.filter(({ scale }) => scale !== undefined).length, 10);
  });
});
