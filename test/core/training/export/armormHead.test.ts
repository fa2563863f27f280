import assert from 'node:assert/strict';
import { AlidadeError } from '../../../../src/core/alidadeError';
import { createGatedHead } from '../../../../src/core/reward/gatedHead';
import type { HeadFile } from '../../../../src/core/reward/headFile';
import { createMeterHead } from '../../../../src/core/reward/meterHead';
import { armormHead } from '../../../../src/core/training/export/armormHead';
import { assertClose } from '../../../fixtures/assertClose';
import { gatedHead } from '../../../fixtures/gatedHead';
import { seededRandom } from '../../../fixtures/seededRandom';

const hiddenSize = 8;
const linear = ['help', 'safety', 'length'].map((name) => ({ name, kind: 'linear' as const }));
const random = seededRandom(12);
const values = (length: number): Float32Array => Float32Array.from({ length }, () => 2 * random.next() - 1);

/** The score as a checkpoint with these tensors would give it. */
function scoreOf(head: Omit<HeadFile, 'path'>, pooled: Float32Array, gate: Float32Array): number {
  const { tensors, config } = armormHead(head);
  const of = (name: string): Float32Array => {
    const found = tensors.find((tensor) => tensor.name === name);
    assert.ok(found !== undefined, name);
    return found.values;
  };
  const layers = Array.from({ length: config.gating_n_hidden + 1 }, (_, layer) => ({
    weight: of(`gating.layers.${layer}.weight`),
    bias: of(`gating.layers.${layer}.bias`),
  }));
  layers.slice(0, -1).forEach(({ bias }) => assert.equal(bias.length, config.gating_hidden_dim));
  const { rewards, coefficients } = createGatedHead({
    regression: of('regression_layer.weight'),
    transform: of('reward_transform_matrix'),
    gate: layers,
    logitScale: of('gating.logit_scale')[0],
    temperature: config.gating_temperature,
    objectives: head.metadata.objectives.map(({ name }) => name),
    gateText: 'x',
  }).apply({ pooled, gate, responseTokens: 3 });
  return rewards.reduce((sum, reward, index) => sum + reward * coefficients[index], 0);
}

function ownScore(head: Omit<HeadFile, 'path'>, pooled: Float32Array, gate: Float32Array): number {
  const { rewards, coefficients } = createMeterHead({ path: '', ...head }).apply({ pooled, gate, responseTokens: 3 });
  return rewards.reduce((sum, reward, index) => sum + reward * coefficients[index], 0);
}

function withCoefficients(coefficients: readonly number[] | undefined): Omit<HeadFile, 'path'> {
  const { metadata, weight } = gatedHead({ hiddenSize, objectives: linear });
  const { gate: _gate, ...rest } = metadata;
  const described = coefficients === undefined ? rest : { ...rest, coefficients };
  return { metadata: described, weight, bias: new Float32Array(3), gate: null };
}

function refuses(head: Omit<HeadFile, 'path'>, message: RegExp): void {
  assert.throws(
    () => armormHead(head),
    (error) => error instanceof AlidadeError && error.code === 'unsupported' && message.test(error.message),
  );
}

describe('armormHead', () => {
  const gated = { ...gatedHead({ hiddenSize, objectives: linear }), bias: new Float32Array(3) };

  it('scores as the head file does, with its gate', () => {
    for (let round = 0; round < 20; round += 1) {
      const [pooled, gate] = [values(hiddenSize), values(hiddenSize)];
      assertClose([scoreOf(gated, pooled, gate)], [ownScore(gated, pooled, gate)], { tolerance: 1e-12 });
    }
  });

  it('gives hidden layers of several widths one width, which changes nothing', () => {
    assert.ok(gated.gate !== null);
    const layers = [
      { weight: values(2 * hiddenSize), bias: values(2) },
      { weight: values(7 * 2), bias: null },
      { weight: values(4 * 7), bias: values(4) },
      { weight: values(3 * 4), bias: values(3) },
    ];
    const uneven = { ...gated, gate: { ...gated.gate, layers } };
    assert.equal(armormHead(uneven).config.gating_hidden_dim, 7);
    for (let round = 0; round < 20; round += 1) {
      const [pooled, gate] = [values(hiddenSize), values(hiddenSize)];
      assertClose([scoreOf(uneven, pooled, gate)], [ownScore(uneven, pooled, gate)], { tolerance: 1e-12 });
    }
  });

  for (const coefficients of [undefined, [0.2, 0.5, 0.3], [2, -0.75, 0], [0, 0, 0], [1e-9, 1, -1e4]]) {
    it(`writes the coefficients ${coefficients?.join(', ') ?? 'by default'} as a gate that sees nothing`, () => {
      const head = withCoefficients(coefficients);
      for (let round = 0; round < 20; round += 1) {
        const [pooled, gate] = [values(hiddenSize), values(hiddenSize)];
        const wanted = ownScore(head, pooled, gate);
        const scale = Math.max(1, ...(coefficients ?? []).map(Math.abs));
        assertClose([scoreOf(head, pooled, gate)], [wanted], { tolerance: 1e-6 * scale });
      }
    });
  }

  it('names everything that the layout has no place for', () => {
    refuses(gatedHead({ hiddenSize }), /verbosity is computed.*fluency is logistic/);
    refuses({ ...gated, bias: Float32Array.of(0, 1, 0) }, /safety has a bias/);
    const at = (pooling: HeadFile['metadata']['pooling']) => ({ ...gated, metadata: { ...gated.metadata, pooling } });
    refuses(at({ kind: 'mean', layer: 3 }), /the mean over the response.*layer 3/);
  });
});
