import type { ModelConfig } from '../../checkpoint/modelConfig';
import type { DecoderDescription, LinearLayer, NormLayer } from '../decoderDescription';

/** What sets the members of the Llama family apart. */
export interface LlamaLikeTraits {
  /** Bias on query, key and value. */
  readonly queryKeyValueBias: boolean;
  readonly outputBias: boolean;
  readonly mlpBias: boolean;
  /** RMS norm on every head of query and key, before the rotary embedding. */
  readonly headNorms: boolean;
}

/** Pre-norm decoder with rotary grouped-query attention and a gated MLP: Llama, Mistral, Qwen2, Qwen3. */
export function describeLlamaLike(config: ModelConfig, traits: LlamaLikeTraits): DecoderDescription {
  const { hiddenSize, intermediateSize, headCount, keyValueHeadCount, headDim, normEpsilon } = config;
  const norm = (weight: string, size: number): NormLayer => ({ weight, size, epsilon: normEpsilon });
  const linear = (name: string, outputs: number, inputs: number, bias: boolean): LinearLayer => ({
    weight: `${name}.weight`,
    bias: bias ? `${name}.bias` : null,
    outputs,
    inputs,
  });
  const layer = (index: number): DecoderDescription['layers'][number] => {
    const prefix = `model.layers.${index}`;
    const attention = `${prefix}.self_attn`;
    const [queries, keys] = [headCount * headDim, keyValueHeadCount * headDim];
    return {
      inputNorm: norm(`${prefix}.input_layernorm.weight`, hiddenSize),
      attention: {
        query: linear(`${attention}.q_proj`, queries, hiddenSize, traits.queryKeyValueBias),
        key: linear(`${attention}.k_proj`, keys, hiddenSize, traits.queryKeyValueBias),
        value: linear(`${attention}.v_proj`, keys, hiddenSize, traits.queryKeyValueBias),
        output: linear(`${attention}.o_proj`, hiddenSize, queries, traits.outputBias),
        queryNorm: traits.headNorms ? norm(`${attention}.q_norm.weight`, headDim) : null,
        keyNorm: traits.headNorms ? norm(`${attention}.k_norm.weight`, headDim) : null,
        window: config.windowPerLayer[index] ?? null,
        rotary: true,
      },
      postAttentionNorm: norm(`${prefix}.post_attention_layernorm.weight`, hiddenSize),
      mlp: {
        gate: linear(`${prefix}.mlp.gate_proj`, intermediateSize, hiddenSize, traits.mlpBias),
        up: linear(`${prefix}.mlp.up_proj`, intermediateSize, hiddenSize, traits.mlpBias),
        down: linear(`${prefix}.mlp.down_proj`, hiddenSize, intermediateSize, traits.mlpBias),
      },
    };
  };
  return {
    hiddenSize,
    headCount,
    keyValueHeadCount,
    headDim,
    vocabSize: config.vocabSize,
    contextLength: config.contextLength,
    rotary: config.rotary,
    embedding: 'model.embed_tokens.weight',
    layers: Array.from({ length: config.layerCount }, (_, index) => layer(index)),
    finalNorm: norm('model.norm.weight', hiddenSize),
    languageModelHead: 'lm_head.weight',
  };
}
