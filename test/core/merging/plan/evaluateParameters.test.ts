import assert from 'node:assert/strict';
import { evaluateParameter, evaluateValue } from '../../../../src/core/merging/plan/evaluateParameters';
import type { ParameterRule, ParameterScope } from '../../../../src/core/merging/recipe/mergeRecipe';

const span = { start: 0, end: 0 };
const weight = { name: 'weight', kind: 'number', fallback: null } as const;

function scope(...rules: readonly Omit<ParameterRule, 'span'>[]): ParameterScope {
  return new Map([['weight', { name: 'weight', nameSpan: span, rules: rules.map((rule) => ({ ...rule, span })) }]]);
}

describe('parameters at a tensor', () => {
  it('run linearly between entries that are spaced evenly', () => {
    const values = [1, 0.6, 0.3, 0];
    assert.deepEqual(
      [0, 1 / 3, 0.5, 1].map((t) => evaluateValue(values, t)),
      [1, 0.6, (0.6 + 0.3) / 2, 0],
    );
    assert.equal(evaluateValue([0.25], 0.7), 0.25);
    assert.equal(evaluateValue(2, 0.7), 2);
    assert.equal(evaluateValue([], 0), null);
  });

  it('are those of the first rule whose filter is a part of the name', () => {
    const rules = scope({ filter: 'mlp', value: 0.9 }, { filter: 'm', value: 0.5 }, { filter: null, value: 0.1 });
    const at = (tensor: string): unknown => evaluateParameter(weight, [rules], { tensor, t: 0 })?.value;
    assert.equal(at('model.layers.0.mlp.up_proj.weight'), 0.9);
    assert.equal(at('model.norm.weight'), 0.5);
    assert.equal(at('h.0.ln_1'), 0.1);
    assert.equal(evaluateParameter(weight, [scope({ filter: '*', value: 3 })], { tensor: 'x', t: 0 })?.value, 3);
  });

  it('come from the next scope where no filter of the nearest fits', () => {
    const scopes = [scope({ filter: 'mlp', value: 0.9 }), scope({ filter: null, value: [0, 1] })];
    assert.equal(evaluateParameter(weight, scopes, { tensor: 'a.mlp.b', t: 0.5 })?.value, 0.9);
    assert.equal(evaluateParameter(weight, scopes, { tensor: 'a.norm.b', t: 0.5 })?.value, 0.5);
  });

  it('are the method’s own where nothing gives them, or none', () => {
    const place = { tensor: 'x', t: 0 };
    assert.equal(evaluateParameter({ ...weight, fallback: 7 }, [], place)?.value, 7);
    assert.equal(evaluateParameter(weight, [scope({ filter: 'y', value: 1 })], place), null);
  });
});
