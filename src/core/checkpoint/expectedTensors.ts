import type { CheckpointHead } from './checkpoint';
import { findFamily } from './families';
import type { ModelConfig } from './modelConfig';

/** A tensor that a configuration asks for. */
export interface ExpectedTensor {
  readonly name: string;
  /** null: any size in this dimension. */
  readonly shape: readonly (number | null)[];
  /** It may be absent (lm_head of a model that uses its embedding instead). */
  readonly optional?: boolean;
  /** The first dimension is a lower bound: embeddings may be padded beyond the tokenizer. */
  readonly atLeastRows?: boolean;
}

/** Every tensor of a model in the naming of transformers, in the order in which they are used. */
export function expectedTensors(config: ModelConfig, head: CheckpointHead): ExpectedTensor[] {
  const { hiddenSize, vocabSize } = config;
  return [
    { name: 'model.embed_tokens.weight', shape: [vocabSize, hiddenSize], atLeastRows: true },
    ...Array.from({ length: config.layerCount }, (_, layer) => layerTensors(config, `model.layers.${layer}.`)).flat(),
    { name: 'model.norm.weight', shape: [hiddenSize] },
    ...headTensors(config, head),
  ];
}

function layerTensors(config: ModelConfig, prefix: string): ExpectedTensor[] {
  const { hiddenSize, intermediateSize, headDim } = config;
  const queryWidth = config.headCount * headDim;
  const keyWidth = config.keyValueHeadCount * headDim;
  const family = findFamily(config.modelType);
  const hasQueryBias = family?.attentionBias === 'queryKeyValue' || config.attentionBias;
  const linear = (name: string, shape: readonly [number, number], hasBias: boolean): ExpectedTensor[] => [
    { name: `${prefix}${name}.weight`, shape },
    ...(hasBias ? [{ name: `${prefix}${name}.bias`, shape: [shape[0]] }] : []),
  ];
  const norm = (name: string, size: number): ExpectedTensor => ({ name: `${prefix}${name}.weight`, shape: [size] });
  return [
    norm('input_layernorm', hiddenSize),
    ...linear('self_attn.q_proj', [queryWidth, hiddenSize], hasQueryBias),
    ...linear('self_attn.k_proj', [keyWidth, hiddenSize], hasQueryBias),
    ...linear('self_attn.v_proj', [keyWidth, hiddenSize], hasQueryBias),
    ...(family?.queryKeyNorm === 'perHead'
      ? [norm('self_attn.q_norm', headDim), norm('self_attn.k_norm', headDim)]
      : []),
    ...linear('self_attn.o_proj', [hiddenSize, queryWidth], config.attentionBias),
    norm('post_attention_layernorm', hiddenSize),
    ...linear('mlp.gate_proj', [intermediateSize, hiddenSize], config.mlpBias),
    ...linear('mlp.up_proj', [intermediateSize, hiddenSize], config.mlpBias),
    ...linear('mlp.down_proj', [hiddenSize, intermediateSize], config.mlpBias),
  ];
}

function headTensors(config: ModelConfig, head: CheckpointHead): ExpectedTensor[] {
  const { hiddenSize, vocabSize, gating } = config;
  if (gating !== null) {
    const layers = Array.from({ length: gating.hiddenLayers + 1 }, (_, layer): ExpectedTensor[] => {
      const rows = layer === gating.hiddenLayers ? gating.objectives : gating.hiddenSize;
      const columns = layer === 0 ? hiddenSize : gating.hiddenSize;
      return [
        { name: `gating.layers.${layer}.weight`, shape: [rows, columns] },
        { name: `gating.layers.${layer}.bias`, shape: [rows] },
      ];
    });
    return [
      { name: 'regression_layer.weight', shape: [gating.objectives, hiddenSize] },
      { name: 'reward_transform_matrix', shape: [gating.objectives, gating.objectives] },
      ...layers.flat(),
      { name: 'gating.logit_scale', shape: [1] },
    ];
  }
  if (head?.kind === 'classification' || config.architecture.endsWith('ForSequenceClassification')) {
    return [
      { name: 'score.weight', shape: [null, hiddenSize] },
      { name: 'score.bias', shape: [null], optional: true },
    ];
  }
  return [{ name: 'lm_head.weight', shape: [vocabSize, hiddenSize], atLeastRows: true, optional: true }];
}
