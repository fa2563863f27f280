import { AlidadeError } from '../alidadeError';
import { ConfigReader } from './configReader';
import { findFamily, modelFamilies, supportedModelTypes } from '../onnx/architectures/modelFamilies';
import type { ModelFamily } from '../onnx/architectures/modelFamily';
import type { GatingConfig, ModelConfig } from './modelConfig';
import { parseRotaryConfig } from './parseRotaryConfig';

const mostLayers = 1024;
const mostWidth = 1 << 20;
const mostHeads = 4096;
const mostTokens = 1 << 24;
const mostContext = 2 ** 31 - 1;
const mostLabels = 65_536;

/**
 * A parsed config.json in any spelling of transformers 4.x and 5.x; each key is read on its own, whatever version wrote it.
 * @throws FormatError for missing or impossible values, AlidadeError `unsupported` for what cannot be compiled, by name.
 */
export function parseModelConfig(json: unknown, file: string): ModelConfig {
  const config = new ConfigReader(json, file);
  const { family, architecture } = readFamily(config);
  refuseQuantised(config);
  const { defaults } = family;
  const hiddenSize = config.requiredCount('hidden_size', { most: mostWidth });
  const layerCount = config.requiredCount('num_hidden_layers', { most: mostLayers });
  const headCount = config.requiredCount('num_attention_heads', { most: mostHeads });
  const keyValueHeadCount = readKeyValueHeads(config, headCount, family);
  const headDim = readHeadDim(config, { hiddenSize, headCount, family });
  const contextLength = config.count('max_position_embeddings', { most: mostContext }) ?? defaults.contextLength;
  return {
    architecture,
    modelType: family.modelType,
    hiddenSize,
    intermediateSize: config.requiredCount('intermediate_size', { most: mostWidth * 8 }),
    layerCount,
    headCount,
    keyValueHeadCount,
    headDim,
    vocabSize: config.requiredCount('vocab_size', { most: mostTokens }),
    contextLength,
    normEpsilon: config.positive('rms_norm_eps') ?? defaults.normEpsilon,
    activation: readActivation(config, family),
    attentionBias: config.flag('attention_bias') ?? false,
    mlpBias: config.flag('mlp_bias') ?? false,
    windowPerLayer: readWindows(config, layerCount, family),
    rotary: parseRotaryConfig(config, { family, headDim, contextLength }),
    bosTokenId: config.has('bos_token_id') ? (readTokenIds(config, 'bos_token_id')[0] ?? null) : defaults.bosTokenId,
    eosTokenIds: readEos(config, family),
    padTokenId: readTokenIds(config, 'pad_token_id')[0] ?? null,
    labels: readLabels(config),
    gating: readGating(config, architecture),
    tiedEmbeddingsKey: config.flag('tie_word_embeddings'),
  };
}

function readFamily(config: ConfigReader): { readonly family: ModelFamily; readonly architecture: string } {
  const [first] = config.list('architectures') ?? [];
  if (first !== undefined && typeof first !== 'string') config.fail('architectures does not hold names');
  const modelType =
    config.text('model_type') ??
    modelFamilies.find(({ classPrefix }) => first?.startsWith(`${classPrefix}For`))?.modelType;
  const family = modelType === undefined ? undefined : findFamily(modelType);
  const isOther = first !== undefined && family !== undefined && !isClassOf(family, first);
  if (family === undefined || isOther) {
    if (modelType === undefined && first === undefined) config.fail('neither model_type nor architectures is there');
    const named = [first, modelType === undefined ? undefined : `model type ${modelType}`].filter(
      (part) => part !== undefined,
    );
    throw new AlidadeError({
      code: 'unsupported',
      message: `${config.file}: the architecture ${named.join(', ')} is not supported`,
      hint: `supported model types: ${supportedModelTypes()}`,
    });
  }
  return { family, architecture: first ?? `${family.classPrefix}Model` };
}

/** `LlamaForCausalLM` and `LlamaModel` are Llama's; a class of someone's own on that body is theirs to name. */
function isClassOf(family: ModelFamily, architecture: string): boolean {
  const other = modelFamilies.find(
    ({ classPrefix }) => architecture.startsWith(`${classPrefix}For`) || architecture === `${classPrefix}Model`,
  );
  return other === undefined || other === family;
}

function refuseQuantised(config: ConfigReader): void {
  const quantisation = config.object('quantization_config');
  if (quantisation === null) return;
  const method = quantisation.text('quant_method') ?? 'unnamed';
  throw new AlidadeError({
    code: 'unsupported',
    message: `${config.file}: weights quantised by the method ${JSON.stringify(method)} are not supported`,
    hint: 'use the checkpoint in F32, F16 or BF16, or a GGUF file in Q4_1 or Q8_0',
  });
}

function readKeyValueHeads(config: ConfigReader, headCount: number, family: ModelFamily): number {
  const written = config.count('num_key_value_heads', { most: mostHeads });
  // An explicit null means as many as heads in every family.
  const assumed = config.has('num_key_value_heads') ? headCount : (family.defaults.keyValueHeads ?? headCount);
  const keyValueHeads = written ?? assumed;
  if (headCount % keyValueHeads !== 0) {
    config.fail(`num_attention_heads ${headCount} is not a multiple of num_key_value_heads ${keyValueHeads}`);
  }
  return keyValueHeads;
}

interface HeadDimParams {
  readonly hiddenSize: number;
  readonly headCount: number;
  readonly family: ModelFamily;
}

function readHeadDim(config: ConfigReader, { hiddenSize, headCount, family }: HeadDimParams): number {
  const assumed = config.has('head_dim') ? null : family.defaults.headDim;
  const headDim = config.count('head_dim', { most: 65_536 }) ?? assumed ?? hiddenSize / headCount;
  if (!Number.isInteger(headDim))
    config.fail(`hidden_size ${hiddenSize} is not a multiple of num_attention_heads ${headCount}`);
  if (headDim % 2 !== 0) config.fail(`heads of ${headDim} dimensions cannot be rotated in pairs`);
  return headDim;
}

function readActivation(config: ConfigReader, family: ModelFamily): string {
  const activation = config.text('hidden_act') ?? config.text('hidden_activation') ?? family.defaults.activation;
  if (activation === 'silu' || activation === 'swish') return 'silu';
  throw new AlidadeError({
    code: 'unsupported',
    message: `${config.file}: the activation ${JSON.stringify(activation)} is not supported for ${family.modelType}`,
    hint: 'supported: silu',
  });
}

function readWindows(config: ConfigReader, layerCount: number, family: ModelFamily): (number | null)[] {
  const full = new Array<number | null>(layerCount).fill(null);
  if (family.windowRule === 'none') return full;
  const written = config.count('sliding_window', { most: mostContext });
  const window = written ?? (config.has('sliding_window') ? null : family.defaults.slidingWindow);
  const kinds = config.list('layer_types');
  if (kinds !== null) {
    if (kinds.length !== layerCount) config.fail(`layer_types has ${kinds.length} entries for ${layerCount} layers`);
    return kinds.map((kind) => {
      if (kind === 'full_attention' || kind === 'attention') return null;
      if (kind !== 'sliding_attention') config.fail(`layer_types has the unknown kind ${JSON.stringify(kind)}`);
      return window ?? config.fail('layer_types has sliding_attention, but sliding_window is not set');
    });
  }
  if (window === null) return full;
  if (family.windowRule === 'everyLayer') return full.fill(window);
  if (config.flag('use_sliding_window') !== true) return full;
  const first = config.count('max_window_layers', { least: 0, most: mostContext }) ?? family.defaults.maxWindowLayers;
  return first < layerCount ? full.fill(window, first) : full;
}

/** One id or a list of them; generation settings use both. */
function readTokenIds(config: ConfigReader, key: string): number[] {
  const value = config.raw(key) ?? null;
  const ids: readonly unknown[] = value === null ? [] : Array.isArray(value) ? value : [value];
  if (ids.length > 1024) config.fail(`${key} has ${ids.length} entries`);
  // −1 stands for "none" in some older files.
  return ids.filter((id): id is number => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < -1 || mostTokens <= id) {
      config.fail(`${key} is not a token id`);
    }
    return 0 <= id;
  });
}

function readEos(config: ConfigReader, { defaults }: ModelFamily): number[] {
  if (config.has('eos_token_id')) return readTokenIds(config, 'eos_token_id');
  return defaults.eosTokenId === null ? [] : [defaults.eosTokenId];
}

function readLabels(config: ConfigReader): string[] | null {
  const labels = config.object('id2label');
  if (labels === null) return null;
  const keys = labels.keys();
  if (keys.length === 0) return null;
  if (mostLabels < keys.length) config.fail(`id2label has ${keys.length} entries`);
  // Ids without gaps from 0, in any order: a gap would give a label to the wrong row.
  return keys.map(
    (_, id) => labels.text(String(id)) ?? config.fail(`id2label has ${keys.length} entries, but none for ${id}`),
  );
}

function readGating(config: ConfigReader, architecture: string): GatingConfig | null {
  if (!architecture.endsWith('ForRewardModelWithGating')) return null;
  // The defaults are those of ArmoRM's own class.
  return {
    objectives: config.count('num_objectives', { most: mostLabels }) ?? 19,
    temperature: config.positive('gating_temperature') ?? 10,
    hiddenSize: config.count('gating_hidden_dim', { most: mostWidth }) ?? 1024,
    hiddenLayers: config.count('gating_n_hidden', { least: 0, most: 64 }) ?? 3,
  };
}
