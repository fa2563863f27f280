import type { TensorStatistics } from '../../src/core/checkpoint/tensorStatistics';
import { tensorGroups, tensorPlace } from '../../src/core/merging/plan/tensorPlace';
import {
  addSums,
  describeDifference,
  noDifference,
  type DifferenceSums,
  type LayerDifference,
} from '../../src/core/merging/weightDifference';
import { differenceView } from '../../src/extension/merging/differenceView';
import type {
  CheckpointContent,
  CheckpointView,
  ComparisonState,
  ListedTensor,
} from '../../src/protocol/checkpointView';
import { seededRandom } from '../fixtures/seededRandom';

/** An 8B Llama in four shards, or one with more layers. */
export function fixtureContent({
  layers = 32,
  shards = 4,
}: { layers?: number; shards?: number } = {}): CheckpointContent {
  const shapes: (readonly [string, readonly number[]])[] = [
    ['model.embed_tokens.weight', [128_256, 4096]],
    ...Array.from({ length: layers }, (_, layer): (readonly [string, readonly number[]])[] =>
      (
        [
          ['input_layernorm.weight', [4096]],
          ['mlp.down_proj.weight', [4096, 14_336]],
          ['mlp.gate_proj.weight', [14_336, 4096]],
          ['mlp.up_proj.weight', [14_336, 4096]],
          ['post_attention_layernorm.weight', [4096]],
          ['self_attn.k_proj.weight', [1024, 4096]],
          ['self_attn.o_proj.weight', [4096, 4096]],
          ['self_attn.q_proj.weight', [4096, 4096]],
          ['self_attn.v_proj.weight', [1024, 4096]],
        ] as const
      ).map(([name, shape]) => [`model.layers.${layer}.${name}`, shape]),
    ).flat(),
    ['model.norm.weight', [4096]],
    ['score.weight', [1, 4096]],
  ];
  const files = Array.from({ length: shards }, (_, index) => ({
    name: shards === 1 ? 'model.safetensors' : `model-0000${index + 1}-of-0000${shards}.safetensors`,
    size: 4_000_000_000 + index,
  }));
  let offset = 9_272;
  const tensors = shapes.map(([name, shape], index): ListedTensor => {
    const dtype = name.includes('norm') ? 'F32' : 'BF16';
    const bytes = shape.reduce((product, size) => product * size, dtype === 'F32' ? 4 : 2);
    offset += bytes;
    return { name, dtype, shape, bytes, file: Math.floor((index * shards) / shapes.length), offset: offset - bytes };
  });
  return {
    name: shards === 1 ? 'model.safetensors' : 'model.safetensors.index.json',
    path: '/models/reward-8b/model.safetensors',
    format: 'safetensors',
    files,
    tensors,
    metadata: [{ key: 'format', value: 'pt' }],
    metadataLeftOut: 0,
    config: { name: 'config.json', text: '{"architectures":["LlamaForSequenceClassification"],"hidden_size":4096}' },
    problems: [],
  };
}

export function fixtureView(content = fixtureContent(), comparison: ComparisonState | null = null): CheckpointView {
  return { state: { kind: 'content', content }, comparison };
}

/** Later layers differ more, norms do not differ at all. */
export function fixtureComparison(content: CheckpointContent, layerCount = Infinity): ComparisonState {
  const random = seededRandom(9);
  const places = new Map<number | null, ListedTensor[]>();
  for (const tensor of content.tensors) {
    const { layer } = tensorPlace(tensor.name);
    places.set(layer, [...(places.get(layer) ?? []), tensor]);
  }
  const total = noDifference();
  const layers = [...places].slice(0, layerCount).map(([layer, tensors]): LayerDifference => {
    const ofLayer = noDifference();
    const ofGroups = new Map<string, DifferenceSums>();
    const compared = tensors.map((tensor) => {
      const { group } = tensorPlace(tensor.name);
      const values = tensor.shape.reduce((product, size) => product * size, 1);
      const distance = group === 'norm' ? 0 : (0.01 + 0.002 * (layer ?? 0)) * (0.7 + 0.6 * random.next());
      const sums: DifferenceSums = {
        ...{ values, changed: distance === 0 ? 0 : Math.round(0.8 * values), nonFinite: 0 },
        ...{ firstSquares: values, secondSquares: values, dot: values * (1 - distance ** 2 / 2) },
        differenceSquares: values * distance ** 2,
      };
      addSums(ofLayer, sums);
      const sumsOfGroup = ofGroups.get(group) ?? noDifference();
      ofGroups.set(group, sumsOfGroup);
      addSums(sumsOfGroup, sums);
      const { name, shape, dtype } = tensor;
      return { name, shape, dtypes: [dtype, dtype] as const, layer, group, ...describeDifference(sums) };
    });
    addSums(total, ofLayer);
    return {
      layer,
      ...describeDifference(ofLayer),
      groups: tensorGroups.flatMap((group) => {
        const sums = ofGroups.get(group);
        return sums === undefined ? [] : [{ group, ...describeDifference(sums) }];
      }),
      tensors: compared,
    };
  });
  return {
    other: { name: 'org/reward-8b-sft', path: '/hub/models--org--reward-8b-sft/snapshots/abc' },
    work: { kind: 'done' },
    difference: differenceView({ first: content.name, second: 'org/reward-8b-sft' }, layers),
    tensors: layers.flatMap(({ tensors }) => tensors),
    total: describeDifference(total),
    uncompared: [{ name: 'score.bias', reason: 'onlyInSecond', detail: 'BF16 [1]' }],
  };
}

/** A bell of values around 0. */
export const fixtureStatistics: TensorStatistics = {
  values: 16_777_216,
  zeros: 1204,
  nan: 0,
  infinite: 0,
  min: -0.8125,
  max: 0.765625,
  mean: 0.0000123,
  standardDeviation: 0.0213,
  norm: 87.24,
  histogram: {
    low: -0.0852,
    high: 0.0852,
    counts: Array.from({ length: 64 }, (_, index) => Math.round(1e6 * Math.exp(-(((index - 31.5) / 8) ** 2) / 2))),
    below: 310,
    above: 287,
  },
};
