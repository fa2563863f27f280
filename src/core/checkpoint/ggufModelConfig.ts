import { AlidadeError } from '../alidadeError';
import { modelFamilies } from '../onnx/architectures/modelFamilies';
import type { ModelFamily } from '../onnx/architectures/modelFamily';
import { FormatError } from '../formatError';
import type { GgufFile, GgufMetadata } from './ggufFile';
import type { ModelConfig, RotaryConfig } from './modelConfig';
import { parseModelConfig } from './parseModelConfig';
import { reasonAgainst } from './unsupportedModel';

/** Tables of rotary factors that lie among the tensors; null: the file has none. */
export interface GgufRopeFactors {
  /** `rope_freqs.weight`: one divisor a frequency, as llama3 scaling gives them. */
  readonly frequencies: Float32Array | null;
  /** `rope_factors_short.weight` and `rope_factors_long.weight` of longrope. */
  readonly short: Float32Array | null;
  readonly long: Float32Array | null;
}

/** The family of a GGUF file. @throws FormatError, AlidadeError `unsupported`. */
export function ggufFamily({ metadata }: GgufFile, file: string): GgufFamily {
  const architecture = metadata.get('general.architecture');
  if (typeof architecture !== 'string') throw new FormatError({ problem: 'general.architecture is missing', file });
  const candidates = modelFamilies.flatMap((family) =>
    family.gguf?.architecture === architecture ? [{ ...family, gguf: family.gguf }] : [],
  );
  const isMarked = ({ gguf }: GgufFamily): boolean =>
    gguf.marker !== undefined && Boolean(metadata.get(`${architecture}.${gguf.marker}`));
  const found = candidates.find(isMarked) ?? candidates.find(({ gguf }) => gguf.marker === undefined);
  if (found !== undefined) return found;
  const supported = modelFamilies.flatMap(({ gguf }) => (gguf === null ? [] : [gguf.architecture]));
  const known = reasonAgainst(architecture);
  const reason = known === undefined ? '' : `: ${known}`;
  throw new AlidadeError({
    code: 'unsupported',
    message: `${file}: the GGUF architecture ${JSON.stringify(architecture)} is not supported${reason}`,
    hint: `supported: ${supported.join(', ')}`,
  });
}

export type GgufFamily = ModelFamily & { readonly gguf: NonNullable<ModelFamily['gguf']> };

/**
 * The configuration in GGUF metadata: translated to the keys of config.json, so that the same checks apply.
 * @throws FormatError or AlidadeError `unsupported`, as parseModelConfig.
 */
export function ggufModelConfig(gguf: GgufFile, file: string, factors: GgufRopeFactors = noFactors): ModelConfig {
  const { metadata, tensors } = gguf;
  const family = ggufFamily(gguf, file);
  const value = (key: string): unknown => decimal(metadata.get(`${family.gguf.architecture}.${key}`));
  const experts = value('expert_count');
  if (experts !== undefined && experts !== 0) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `${file}: models with ${String(experts)} experts are not supported`,
    });
  }
  const headDim =
    value('attention.key_length') ?? Number(value('embedding_length')) / Number(value('attention.head_count'));
  const rotated = value('rope.dimension_count');
  const isPartial = family.rotary.kind === 'all' && family.rotary.part !== undefined && typeof rotated === 'number';
  const json: Record<string, unknown> = {
    architectures: [`${family.classPrefixes[0]}ForCausalLM`],
    model_type: family.modelType,
    hidden_size: value('embedding_length'),
    intermediate_size: value('feed_forward_length'),
    num_hidden_layers: value('block_count'),
    num_attention_heads: value('attention.head_count'),
    num_key_value_heads: value('attention.head_count_kv') ?? value('attention.head_count'),
    head_dim: headDim,
    vocab_size: tensors.get('token_embd.weight')?.shape[0] ?? value('vocab_size'),
    max_position_embeddings: value('context_length'),
    rms_norm_eps: value('attention.layer_norm_rms_epsilon') ?? value('attention.layer_norm_epsilon'),
    rope_theta: value('rope.freq_base'),
    rope_local_base_freq: value('rope.freq_base_swa'),
    // Half a dimension more, so that rounding down gives the number in the file.
    partial_rotary_factor: isPartial ? (rotated === headDim ? 1 : (rotated + 0.5) / Number(headDim)) : undefined,
    original_max_position_embeddings: value('rope.scaling.original_context_length'),
    attention_bias: tensors.has('blk.0.attn_q.bias') || tensors.has('blk.0.attn_qkv.bias'),
    mlp_bias: tensors.has('blk.0.ffn_up.bias'),
    sliding_window: value('attention.sliding_window') || null,
    // Written as a table of layers by some converters; the family's own pattern is that table.
    sliding_window_pattern: numberOnly(value('attention.sliding_window_pattern')),
    attn_logit_softcapping: value('attn_logit_softcapping'),
    final_logit_softcapping: value('final_logit_softcapping'),
    query_pre_attn_scalar: gemmaQueryScalar(family, value, headDim),
    attention_multiplier: value('attention.scale'),
    embedding_multiplier: value('embedding_scale'),
    residual_multiplier: value('residual_scale'),
    logits_scaling: value('logit_scale'),
    use_parallel_residual: value('use_parallel_residual'),
    bos_token_id: tokenId(metadata, 'bos'),
    eos_token_id: tokenId(metadata, 'eos'),
    pad_token_id: tokenId(metadata, 'padding'),
    tie_word_embeddings: !tensors.has('output.weight'),
    rope_scaling: readScaling(value, file, factors),
  };
  // Absent keys must be absent, not undefined: the reader tells null from absent.
  for (const key of Object.keys(json)) if (json[key] === undefined) delete json[key];
  const parsed = parseModelConfig(json, file);
  const config = { ...parsed, traits: { ...parsed.traits, ...family.gguf.traits } };
  if (!isPartial && rotated !== undefined && 0 < config.rotaries.length && rotated !== config.headDim) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `${file}: a rotation of ${String(rotated)} of ${config.headDim} dimensions of each head is not supported`,
    });
  }
  return factors.frequencies === null ? config : withRopeFactors(config, factors.frequencies, file);
}

const noFactors: GgufRopeFactors = { frequencies: null, short: null, long: null };

/** float32 in the file: 1e-5 reads as 9.99999974e-6. transformers has the decimal number. */
function decimal(value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(7)) : value;
}

function numberOnly(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Not in the file. llama.cpp knows the largest models of both generations by their layers (`llama-model.cpp`). */
function gemmaQueryScalar(family: ModelFamily, value: (key: string) => unknown, headDim: unknown): unknown {
  if (!family.modelType.startsWith('gemma')) return undefined;
  const isLargest = value('block_count') === (family.modelType === 'gemma2' ? 46 : 62);
  return isLargest ? Number(value('embedding_length')) / Number(value('attention.head_count')) : headDim;
}

function tokenId(metadata: GgufMetadata, which: string): unknown {
  return metadata.get(`tokenizer.ggml.${which}_token_id`) ?? null;
}

function readScaling(value: (key: string) => unknown, file: string, { short, long }: GgufRopeFactors): unknown {
  if (short !== null && long !== null) {
    return {
      rope_type: 'longrope',
      short_factor: Array.from(short),
      long_factor: Array.from(long),
      ...given({ attention_factor: value('rope.scaling.attn_factor') }),
    };
  }
  const kind = value('rope.scaling.type');
  if (kind === undefined || kind === 'none') {
    // The oldest files have the factor alone.
    const factor = value('rope.scale_linear');
    return factor === undefined || factor === 1 ? undefined : { rope_type: 'linear', factor };
  }
  if (typeof kind !== 'string') throw new FormatError({ problem: 'rope.scaling.type is not a text', file });
  return {
    rope_type: kind,
    ...given({
      factor: value('rope.scaling.factor'),
      beta_fast: value('rope.scaling.yarn_beta_fast'),
      beta_slow: value('rope.scaling.yarn_beta_slow'),
    }),
  };
}

/** Without the keys that have no value. */
function given(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
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
    const expected = config.rotaries.flatMap((rotary) => llama3Divisors(rotary, scaling));
    const isEqual = (value: number, i: number): boolean => Math.abs(value - expected[i]) <= 1e-4 * expected[i];
    if (factors.length === expected.length && factors.every(isEqual)) {
      return { ...config, rotaries: config.rotaries.map((rotary) => ({ ...rotary, scaling })) };
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
function llama3Divisors({ theta, dimensions }: RotaryConfig, scaling: Llama3Scaling): number[] {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength } = scaling;
  return Array.from({ length: dimensions / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * theta ** ((2 * i) / dimensions);
    if (wavelength < originalContextLength / highFrequencyFactor) return 1;
    if (originalContextLength / lowFrequencyFactor < wavelength) return factor;
    const share =
      (originalContextLength / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
    return 1 / ((1 - share) / factor + share);
  });
}
