import assert from 'node:assert/strict';
import { shareMeasure, weightMap } from '../../../../src/core/merging/plan/weightMap';
import { fixturePlan } from '../../../webview/fixtureMerge';

describe('weightMap', () => {
  it('has a cell for each layer and group, and one for each tensor outside the layers', () => {
    const plan = fixturePlan({ layers: 4, names: ['a', 'b'], weight: (source) => [0.25, 0.75][source] ?? 0 });
    const { layerCount, layerGroups, outerGroups, measures } = weightMap(plan);
    assert.equal(layerCount, 4);
    assert.deepEqual(layerGroups, ['attention', 'mlp', 'norm']);
    assert.deepEqual(outerGroups, ['embedding', 'finalNorm', 'head']);
    assert.deepEqual(
      measures.map(({ name }) => name),
      [shareMeasure],
    );
    const [first, second] = measures[0]?.strips ?? [];
    assert.deepEqual(
      first?.layers,
      [1, 2, 3].map(() => [0.25, 0.25, 0.25, 0.25]),
    );
    assert.deepEqual(second?.outside, [0.75, 0.75, 0.75]);
  });

  it('says mean, least and most where the tensors of a place differ', () => {
    const plan = fixturePlan({ layers: 2, names: ['a', 'b'], weight: () => 0.5 });
    const tensors = plan.tensors.map((tensor) =>
      tensor.name !== 'model.layers.1.self_attn.q_proj.weight'
        ? tensor
        : { ...tensor, sources: tensor.sources.map((source, index) => ({ ...source, weight: index })) },
    );
    const { measures } = weightMap({ ...plan, tensors });
    // Four tensors of attention: one of them 0, the others 0.5.
    assert.deepEqual(measures[0]?.strips[0]?.layers[0], [0.5, [0.375, 0, 0.5]]);
  });

  it('leaves empty where a model takes no part', () => {
    const plan = fixturePlan({ layers: 2, names: ['a', 'b'], weight: () => 1, method: 'passthrough' });
    const tensors = plan.tensors.map((tensor) => ({
      ...tensor,
      sources: tensor.sources.filter(({ model }) => model === (tensor.layer === 1 ? 1 : 0)),
    }));
    const { measures } = weightMap({ ...plan, tensors });
    assert.deepEqual(measures[0]?.strips[0]?.layers[0], [1, null]);
    assert.deepEqual(measures[0]?.strips[1]?.layers[0], [null, 1]);
    assert.deepEqual(measures[0]?.strips[1]?.outside, [null, null, null]);
  });

  it('shows the parameters of a method that is no average, and no shares of copies beside them', () => {
    const plan = fixturePlan({
      layers: 2,
      names: ['base', 'a'],
      method: 'ties',
      weight: () => null,
      parameters: (source) => ({ weight: source, density: 0.5 }),
    });
    const [first, ...others] = plan.tensors;
    const copied = { ...first, method: 'copy' as const, sources: first === undefined ? [] : first.sources.slice(0, 1) };
    const { measures } = weightMap({ ...plan, tensors: [copied, ...others] as typeof plan.tensors });
    assert.deepEqual(
      measures.map(({ name }) => name),
      ['weight', 'density'],
    );
  });

  it('shows parameters beside shares only where they say something else', () => {
    const normalised = fixturePlan({
      layers: 2,
      names: ['a', 'b'],
      weight: () => 0.5,
      parameters: () => ({ weight: 0.5 }),
    });
    assert.equal(weightMap(normalised).measures.length, 1);
    const doubled = fixturePlan({ layers: 2, names: ['a', 'b'], weight: () => 0.5, parameters: () => ({ weight: 1 }) });
    assert.deepEqual(
      weightMap(doubled).measures.map(({ name }) => name),
      [shareMeasure, 'weight'],
    );
  });

  it('is quick for three models of 80 layers', () => {
    const plan = fixturePlan({ layers: 80, names: ['a', 'b', 'c'], weight: () => 1 / 3 });
    const began = performance.now();
    weightMap(plan);
    assert.ok(performance.now() - began < 200);
  });
});
