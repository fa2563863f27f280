import { AlidadeError } from '../alidadeError';
import { modelFamilies } from '../onnx/architectures/modelFamilies';
import { FormatError } from '../formatError';
import type { GgufFile, GgufMetadata } from './ggufFile';
import type { ModelConfig } from './modelConfig';
import { parseModelConfig } from './parseModelConfig';

/**
 * The configuration in GGUF metadata: translated to the keys of config.json, so that the same checks apply.
 * `ropeFactors` are the values of `rope_freqs.weight` (llama3 scaling), null when the file has none.
 * @throws FormatError or AlidadeError `unsupported`, as parseModelConfig.
 */
export function ggufModelConfig(gguf: GgufFile, file: string, ropeFactors: Float32Array | null = null): ModelConfig {
  const { metadata } = gguf;
  const architecture = metadata.get('general.architecture');
  if (typeof architecture !== 'string') throw new FormatError({ problem: 'general.architecture is missing', file });
  const family = modelFamilies.find(({ ggufArchitecture }) => ggufArchitecture === architecture);
  if (family === undefined) {
    const supported = modelFamilies.map(({ ggufArchitecture }) => ggufArchitecture).filter((name) => name !== null);
    throw new AlidadeError({
      code: 'unsupported',
      message: `${file}: the GGUF architecture ${JSON.stringify(architecture)} is not supported`,
      hint: `supported: ${supported.join(', ')}`,
    });
  }
  const value = (key: string): unknown => metadata.get(`${architecture}.${key}`);
  const experts = value('expert_count');
  if (experts !== undefined && experts !== 0) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `${file}: models with ${String(experts)} experts are not supported`,
    });
  }
  const json: Record<string, unknown> = {
    architectures: [`${family.classPrefix}ForCausalLM`],
    model_type: family.modelType,
    hidden_size: value('embedding_length'),
    intermediate_size: value('feed_forward_length'),
    num_hidden_layers: value('block_count'),
    num_attention_heads: value('attention.head_count'),
    num_key_value_heads: value('attention.head_count_kv') ?? value('attention.head_count'),
    head_dim: value('attention.key_length'),
    vocab_size: countVocabulary(gguf) ?? value('vocab_size'),
    max_position_embeddings: value('context_length'),
    rms_norm_eps: value('attention.layer_norm_rms_epsilon'),
    rope_theta: value('rope.freq_base'),
    attention_bias: gguf.tensors.has('blk.0.attn_q.bias'),
    mlp_bias: gguf.tensors.has('blk.0.ffn_up.bias'),
    sliding_window: value('attention.sliding_window') ?? null,
    bos_token_id: tokenId(metadata, 'bos'),
    eos_token_id: tokenId(metadata, 'eos'),
    pad_token_id: tokenId(metadata, 'padding'),
    tie_word_embeddings: !gguf.tensors.has('output.weight'),
  };
  // Absent keys must be absent, not undefined: the reader tells null from absent.
  for (const key of Object.keys(json)) if (json[key] === undefined) delete json[key];
  // float32 in the file: 1e-5 reads as 9.99999974e-6. transformers has the decimal number.
  if (typeof json['rms_norm_eps'] === 'number') json['rms_norm_eps'] = Number(json['rms_norm_eps'].toPrecision(7));
  const scaling = readScaling(value, file);
  if (scaling !== null) json['rope_scaling'] = scaling;
  const config = parseModelConfig(json, file);
  const rotated = value('rope.dimension_count');
  if (rotated !== undefined && rotated !== config.headDim) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `${file}: a rotation of ${String(rotated)} of ${config.headDim} dimensions of each head is not supported`,
    });
  }
  return ropeFactors === null ? config : withRopeFactors(config, ropeFactors, file);
}

function countVocabulary({ tensors }: GgufFile): number | undefined {
  return tensors.get('token_embd.weight')?.shape[0];
}

function tokenId(metadata: GgufMetadata, which: string): unknown {
  return metadata.get(`tokenizer.ggml.${which}_token_id`) ?? null;
}

function readScaling(value: (key: string) => unknown, file: string): Record<string, unknown> | null {
  const kind = value('rope.scaling.type');
  if (kind === undefined || kind === 'none') {
    // The oldest files have the factor alone.
    const factor = value('rope.scale_linear');
    return factor === undefined || factor === 1 ? null : { rope_type: 'linear', factor };
  }
  if (typeof kind !== 'string') throw new FormatError({ problem: 'rope.scaling.type is not a text', file });
  return { rope_type: kind, factor: value('rope.scaling.factor') };
}

/** GGUF has llama3 scaling as one divisor a frequency. The parameters are found again by trying the published ones. */
function withRopeFactors(config: ModelConfig, factors: Float32Array, file: string): ModelConfig {
  const factor = Math.round(factors.reduce((most, value) => Math.max(most, value), 1) * 1e4) / 1e4;
  if (factors.every((value) => value === 1)) return config;
  for (const originalContextLength of [8192, config.contextLength]) {
    const scaling = {
      kind: 'llama3',
      factor,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContextLength,
    } as const;
    const expected = llama3Divisors(config, scaling);
    const isEqual = (value: number, i: number): boolean => Math.abs(value - expected[i]) <= 1e-4 * expected[i];
    if (factors.length === expected.length && factors.every(isEqual)) {
      return { ...config, rotary: { ...config.rotary, scaling } };
    }
  }
  throw new AlidadeError({
    code: 'unsupported',
    message: `${file}: the rotary factors in rope_freqs.weight are not those of llama3 scaling`,
    hint: 'use the safetensors checkpoint of the same model',
  });
}

interface Llama3Scaling {
  readonly factor: number;
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
  readonly originalContextLength: number;
}

/** As convert_hf_to_gguf.py computes `rope_freqs.weight`. */
function llama3Divisors({ rotary }: ModelConfig, scaling: Llama3Scaling): number[] {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength } = scaling;
  return Array.from({ length: rotary.dimensions / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * rotary.theta ** ((2 * i) / rotary.dimensions);
    if (wavelength < originalContextLength / highFrequencyFactor) return 1;
    if (originalContextLength / lowFrequencyFactor < wavelength) return factor;
    const share =
      (originalContextLength / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
    return 1 / ((1 - share) / factor + share);
  });
}
