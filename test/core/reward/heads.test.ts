import assert from 'node:assert/strict';
import { buildBreakdown } from '../../../src/core/reward/buildBreakdown';
import { createClassificationHead } from '../../../src/core/reward/classificationHead';
import type { DenseLayer } from '../../../src/core/reward/gatedHead';
import { findLastRun } from '../../../src/core/reward/findLastRun';
import { createMeterHead } from '../../../src/core/reward/meterHead';
import type { HeadFile } from '../../../src/core/reward/headFile';
import type { HeadOutput, RewardHead } from '../../../src/core/reward/rewardHead';
import { assertClose } from '../../fixtures/assertClose';
import { seededRandom } from '../../fixtures/seededRandom';

const pooled = [1, -2, 0.5];
const input = { pooled, gate: null, responseTokens: 8191 };

describe('createClassificationHead', () => {
  const score = Float32Array.of(1, 2, 4, -1, 0.5, 8);
  const create = (layers: readonly DenseLayer[], ...names: readonly string[]): RewardHead =>
    createClassificationHead({ layers, objectives: names.map((name) => ({ name })), position: 'last' });

  it('gives one label coefficient 1', () => {
    const head = create([{ weight: score.slice(0, 3), bias: null }], 'good');
    assert.deepEqual(head.apply(input), { rewards: [1 - 4 + 2], coefficients: [1], gates: null });
  });

  it('gives n labels coefficient 1/n each', () => {
    const head = create([{ weight: score, bias: null }], 'a', 'b');
    assert.deepEqual(head.apply(input), { rewards: [-1, -1 - 1 + 4], coefficients: [0.5, 0.5], gates: null });
    assert.deepEqual(
      head.objectives.map(({ name }) => name),
      ['a', 'b'],
    );
  });

  it('adds a bias where the checkpoint has one', () => {
    const head = create([{ weight: score, bias: Float32Array.of(10, 20) }], 'a', 'b');
    assert.deepEqual(head.apply(input).rewards, [9, 22]);
  });
});

describe('createClassificationHead of several layers', () => {
  it('puts ReLU between them, not after the last', () => {
    const layers = [
      { weight: Float32Array.of(1, 0, 0, 0, 1, 0), bias: Float32Array.of(0.5, 0.5) },
      { weight: Float32Array.of(-1, 1), bias: Float32Array.of(-0.25) },
    ];
    const head = createClassificationHead({ layers, objectives: [{ name: 'reward' }], position: 'last' });
    assert.deepEqual(head.apply(input).rewards, [-1.75]); // −(1 + 0.5) + max(0, −2 + 0.5) − 0.25
  });
});

describe('createMeterHead', () => {
  const file: HeadFile = {
    path: 'head.safetensors',
    metadata: {
      version: 1,
      name: 'meters',
      objectives: [
        { name: 'linear', kind: 'linear' },
        { name: 'length', kind: 'computed', compute: 'log_tokens' },
        { name: 'logistic', kind: 'logistic' },
      ],
      pooling: { kind: 'mean', layer: 1 },
      body: { name: 'tiny', hiddenSize: 3 },
    },
    weight: Float32Array.of(1, 1, 1, 2, 0, -1),
    bias: Float32Array.of(10, 0.25),
    gate: null,
  };
  const head = createMeterHead(file);
  const rewards = (tokens: number): readonly number[] => head.apply({ ...input, responseTokens: tokens }).rewards;

  it('applies w·x + b, its logistic function, and the count of tokens, each in its place', () => {
    const [linear, length, logistic] = rewards(8191);
    assert.equal(linear, 1 - 2 + 0.5 + 10);
    assert.equal(length, 1);
    assertClose([logistic], [1 / (1 + Math.exp(-(2 - 0.5 + 0.25)))], { tolerance: 1e-15 });
  });

  it('has no length for no tokens and a thirteenth for one', () => {
    assert.equal(rewards(0)[1], 0);
    assert.equal(rewards(1)[1], 1 / 13);
  });

  it('gives every meter the same coefficient', () => {
    const { coefficients, gates } = head.apply(input);
    assert.deepEqual(coefficients, [1 / 3, 1 / 3, 1 / 3]);
    assert.equal(gates, null);
  });

  it('keeps a saturated meter within 0 and 1', () => {
    const extreme = createMeterHead({ ...file, weight: Float32Array.of(0, 0, 0, 1e6, 0, 0) });
    assert.equal(extreme.apply(input).rewards[2], 1);
    assert.equal(extreme.apply({ ...input, pooled: [-1, 0, 0] }).rewards[2], 0);
  });
});

describe('buildBreakdown', () => {
  const head: RewardHead = {
    kind: 'meters',
    title: 'three objectives',
    pooling: { kind: 'last', layer: 'final', position: 'last-unpadded' },
    gateText: null,
    apply: () => assert.fail('its output is given'),
    objectives: [{ name: 'a', scale: { min: -0.5, max: 4.5 } }, { name: 'b' }, { name: 'c' }],
  };
  const output: HeadOutput = { rewards: [0.5, -3, 2], coefficients: [0.25, 0.5, 0.125], gates: null };
  const parts = { head, output, tokens: 7, truncated: false, weights: {} };

  it('multiplies, adds, and puts ratings on the scale of their objective', () => {
    assert.deepEqual(buildBreakdown(parts), {
      score: 0.125 - 1.5 + 0.25,
      tokens: 7,
      truncated: false,
      objectives: [
        { name: 'a', reward: 0.5, rating: 2, coefficient: 0.25, contribution: 0.125 },
        { name: 'b', reward: -3, coefficient: 0.5, contribution: -1.5 },
        { name: 'c', reward: 2, coefficient: 0.125, contribution: 0.25 },
      ],
    });
  });

  it('replaces the coefficients that are named, zero and negative ones too', () => {
    const { objectives, score } = buildBreakdown({ ...parts, weights: { b: 0, c: -2 } });
    assert.deepEqual(
      objectives.map(({ coefficient }) => coefficient),
      [0.25, 0, -2],
    );
    assert.equal(score, 0.125 + -0 + -4);
  });

  it('leaves the coefficients of a gate alone', () => {
    const gated = { ...output, gates: [0.2, 0.3, 0.5] };
    const { objectives } = buildBreakdown({ ...parts, output: gated, weights: { a: 9 } });
    assert.deepEqual(
      objectives.map(({ coefficient, gate }) => [coefficient, gate]),
      [
        [0.25, 0.2],
        [0.5, 0.3],
        [0.125, 0.5],
      ],
    );
  });

  it('does not take an inherited property for a weight', () => {
    const odd = { ...head, objectives: [{ name: 'constructor' }, { name: 'b' }, { name: 'c' }] };
    assert.equal(buildBreakdown({ ...parts, head: odd }).objectives[0].coefficient, 0.25);
  });

  it('gives the exact sum of its contributions in their order', () => {
    const random = seededRandom(23);
    const numbers = (): number[] => Array.from({ length: 3 }, () => (random.next() - 0.5) * 10 ** random.below(6));
    for (let round = 0; round < 200; round += 1) {
      const { score, objectives } = buildBreakdown({
        ...parts,
        output: { rewards: numbers(), coefficients: numbers(), gates: null },
      });
      let sum = 0;
      for (const { reward, coefficient, contribution } of objectives) {
        assert.equal(contribution, coefficient * reward);
        sum += contribution;
      }
      assert.equal(score, sum);
      // What is printed as JSON reads back to the same sum.
      const read = JSON.parse(JSON.stringify(objectives)) as { contribution: number }[];
      assert.equal(
        read.reduce((total, { contribution }) => total + contribution, 0),
        score,
      );
    }
  });

  it('adds hidden states only when they are given', () => {
    assert.ok(!('lastHidden' in buildBreakdown(parts)) && !('gateHidden' in buildBreakdown(parts)));
    const { lastHidden, gateHidden } = buildBreakdown({ ...parts, lastHidden: [1], gateHidden: [2] });
    assert.deepEqual([lastHidden, gateHidden], [[1], [2]]);
  });
});

describe('findLastRun', () => {
  it('finds the last occurrence, overlapping ones too', () => {
    assert.equal(findLastRun([1, 2, 1, 2, 3], [1, 2]), 2);
    assert.equal(findLastRun([1, 1, 1], [1, 1]), 1);
    assert.equal(findLastRun([1, 2, 3], [1, 2, 3]), 0);
  });

  it('is -1 without one', () => {
    assert.equal(findLastRun([1, 2, 3], [2, 1]), -1);
    assert.equal(findLastRun([1], [1, 2]), -1);
    assert.equal(findLastRun([], [1]), -1);
    assert.equal(findLastRun([1, 2], []), -1);
  });
});
