import assert from 'node:assert/strict';
import { buildBreakdown } from '../../../src/core/reward/buildBreakdown';
import { adjustBreakdown, isAdjusted, noAdjustment } from '../../../src/core/reward/gateAdjustment';
import { createGatedHead, type GatedHeadWeights } from '../../../src/core/reward/gatedHead';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';
import { assertClose } from '../../fixtures/assertClose';
import { seededRandom } from '../../fixtures/seededRandom';

const random = seededRandom(91);
const values = (length: number, spread = 2): Float32Array =>
  Float32Array.from({ length }, () => spread * (random.next() - 0.5));
const names = ['help', 'safety', 'verbosity', 'style'];
const weights: GatedHeadWeights = {
  regression: values(4 * 5),
  transform: values(4 * 4),
  gate: [
    { weight: values(6 * 5, 8), bias: values(6) },
    { weight: values(4 * 6, 30), bias: values(4) },
  ],
  logitScale: 1.7,
  temperature: 10,
  objectives: names,
  gateText: 'x',
};

function breakdownOf(changes: Partial<GatedHeadWeights>, pooled: Float32Array, gate: Float32Array): RewardBreakdown {
  const head = createGatedHead({ ...weights, ...changes });
  const output = head.apply({ pooled, gate, responseTokens: 1 });
  return buildBreakdown({ head, output, tokens: 9, truncated: false, weights: {} });
}

describe('adjustBreakdown', () => {
  const { gating } = createGatedHead(weights);
  assert.ok(gating !== undefined);

  it('gives what the model gives at another temperature, from its gates alone', () => {
    for (const temperature of [0.5, 3, 9.99, 40, 1000]) {
      for (let round = 0; round < 10; round += 1) {
        const [pooled, gate] = [values(5), values(5)];
        const adjusted = adjustBreakdown(breakdownOf({}, pooled, gate), gating, { factors: {}, temperature });
        const wanted = breakdownOf({ temperature }, pooled, gate);
        assertClose([adjusted.score], [wanted.score], { tolerance: 1e-12 });
        for (const key of ['gate', 'coefficient', 'contribution'] as const) {
          assertClose(
            adjusted.objectives.map((objective) => objective[key] ?? NaN),
            wanted.objectives.map((objective) => objective[key] ?? NaN),
            { tolerance: 1e-12, what: key },
          );
        }
      }
    }
  });

  it('gives what M with multiplied rows gives', () => {
    const factors = { help: 2, verbosity: 0, style: -0.5 };
    const multiplied = weights.transform.map(
      (value, at) => value * ({ ...factors, safety: 1 }[names[Math.floor(at / 4)] as keyof typeof factors] ?? 1),
    );
    const [pooled, gate] = [values(5), values(5)];
    const adjusted = adjustBreakdown(breakdownOf({}, pooled, gate), gating, { factors, temperature: 4 });
    const wanted = breakdownOf({ transform: multiplied, temperature: 4 }, pooled, gate);
    assertClose([adjusted.score], [wanted.score], { tolerance: 1e-12 });
  });

  it('leaves a breakdown alone that nothing is changed about, or that has no gates', () => {
    const breakdown = breakdownOf({}, values(5), values(5));
    assert.equal(adjustBreakdown(breakdown, gating, noAdjustment), breakdown);
    assert.equal(adjustBreakdown(breakdown, gating, { factors: { help: 1 }, temperature: 10 }), breakdown);
    const objectives = breakdown.objectives.map(({ gate: _gate, ...objective }) => objective);
    const ungated = { ...breakdown, objectives };
    assert.equal(adjustBreakdown(ungated, gating, { factors: { help: 2 }, temperature: null }), ungated);
    assert.equal(isAdjusted({ factors: { help: 0 }, temperature: null }, gating), true);
  });

  it('bears a gate that has shut all doors but one', () => {
    const shut = breakdownOf({ temperature: 1e-4 }, values(5), values(5));
    const gate = { ...gating, temperature: 1e-4 };
    const { objectives, score } = adjustBreakdown(shut, gate, { factors: {}, temperature: 1e-3 });
    assert.ok(Number.isFinite(score));
    assertClose([objectives.reduce((sum, objective) => sum + (objective.gate ?? NaN), 0)], [Math.fround(1.7)], {
      tolerance: 1e-6,
    });
  });
});
