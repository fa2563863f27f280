import type { ModelConfig } from '../../checkpoint/modelConfig';
import type { AttentionLayer, DecoderDescription, DecoderLayer, MlpLayer, NormLayer } from '../decoderDescription';
import { assembleDecoder, decoderParts } from './decoderParts';

/** What sets the members of the Llama family apart. */
export interface LlamaLikeTraits {
  /** Bias on query, key and value. */
  readonly queryKeyValueBias?: boolean;
  readonly outputBias?: boolean;
  readonly mlpBias?: boolean;
  /** RMS norms on query and key before the rotary embedding: on every head, or on all heads together. */
  readonly queryKeyNorms?: 'perHead' | 'allHeads';
  /** Where the norms of a layer are: before attention and MLP (Llama), after them (OLMo 2), or both (Gemma). */
  readonly norms?: 'before' | 'after' | 'around';
  /** One matrix for query, key and value, and one for gate and up (Phi-3). */
  readonly isFused?: boolean;
}

/** A decoder with rotary grouped-query attention, a gated MLP and RMS norms, in the naming of Llama. */
export function describeLlamaLike(config: ModelConfig, traits: LlamaLikeTraits): DecoderDescription {
  const { rmsNorm } = decoderParts(config);
  return assembleDecoder(config, {
    embedding: 'model.embed_tokens.weight',
    layer: (index) => ({
      ...layerNorms(config, traits, `model.layers.${index}`),
      attention: attention(config, traits, index),
      mlp: mlp(config, traits, `model.layers.${index}.mlp`),
    }),
    finalNorm: rmsNorm('model.norm', config.hiddenSize),
  });
}

type LayerNorms = Omit<DecoderLayer, 'attention' | 'mlp'>;

/** The same names stand for other places: what follows attention is read by the MLP in Llama, and ends attention in Gemma. */
function layerNorms(config: ModelConfig, { norms = 'before' }: LlamaLikeTraits, prefix: string): LayerNorms {
  const norm = (name: string): NormLayer => decoderParts(config).rmsNorm(`${prefix}.${name}`, config.hiddenSize);
  const isBefore = norms !== 'after';
  const isAfter = norms !== 'before';
  const mlpNorm = isAfter ? 'pre_feedforward_layernorm' : 'post_attention_layernorm';
  return {
    attentionNorm: isBefore ? norm('input_layernorm') : null,
    attentionOutputNorm: isAfter ? norm('post_attention_layernorm') : null,
    mlpNorm: isBefore ? norm(mlpNorm) : null,
    mlpOutputNorm: isAfter ? norm('post_feedforward_layernorm') : null,
  };
}

function attention(config: ModelConfig, traits: LlamaLikeTraits, index: number): AttentionLayer {
  const { hiddenSize, headCount, keyValueHeadCount, headDim } = config;
  const { queryKeyValueBias = false, outputBias = false, queryKeyNorms, isFused = false } = traits;
  const parts = decoderParts(config);
  const prefix = `model.layers.${index}.self_attn`;
  const [queries, keys] = [headCount * headDim, keyValueHeadCount * headDim];
  const project = (name: string, outputs: number): ReturnType<typeof parts.linear> =>
    parts.linear(`${prefix}.${name}`, outputs, hiddenSize, queryKeyValueBias);
  const norm = (name: string, all: number): NormLayer | null =>
    queryKeyNorms === undefined
      ? null
      : parts.rmsNorm(`${prefix}.${name}`, queryKeyNorms === 'perHead' ? headDim : all);
  return {
    projections: isFused
      ? { kind: 'sections', fused: project('qkv_proj', queries + 2 * keys) }
      : {
          kind: 'separate',
          query: project('q_proj', queries),
          key: project('k_proj', keys),
          value: project('v_proj', keys),
        },
    output: parts.linear(`${prefix}.o_proj`, hiddenSize, queries, outputBias),
    queryNorm: norm('q_norm', queries),
    keyNorm: norm('k_norm', keys),
    ...parts.attention(index),
  };
}

function mlp(config: ModelConfig, { mlpBias = false, isFused = false }: LlamaLikeTraits, prefix: string): MlpLayer {
  const { hiddenSize, intermediateSize, activation } = config;
  const { linear } = decoderParts(config);
  const down = linear(`${prefix}.down_proj`, hiddenSize, intermediateSize, mlpBias);
  if (isFused) {
    const gateUp = linear(`${prefix}.gate_up_proj`, 2 * intermediateSize, hiddenSize, mlpBias);
    return { kind: 'gatedSections', gateUp, down, activation };
  }
  const gate = linear(`${prefix}.gate_proj`, intermediateSize, hiddenSize, mlpBias);
  const up = linear(`${prefix}.up_proj`, intermediateSize, hiddenSize, mlpBias);
  return { kind: 'gated', gate, up, down, activation };
}
