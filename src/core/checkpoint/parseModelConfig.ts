import { AlidadeError } from '../alidadeError';
import { ConfigReader } from './configReader';
import { findFamily, modelFamilies } from '../onnx/architectures/modelFamilies';
import type { ModelFamily } from '../onnx/architectures/modelFamily';
import type { Activation, GatingConfig, ModelConfig, RotaryScaling } from './modelConfig';
import { parseRotaryConfig, readMarks } from './parseRotaryConfig';
import { unsupportedModel } from './unsupportedModel';

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
  const outer = textConfig(json, file);
  const { family, architecture } = readFamily(outer);
  const config = outer.withSpellings(family.keys ?? {});
  refuseQuantised(config);
  const { defaults } = family;
  const required = (key: string, most: number): number =>
    config.count(key, { most }) ?? family.sizes?.[key] ?? config.requiredCount(key, { most });
  const hiddenSize = required('hidden_size', mostWidth);
  const layerCount = required('num_hidden_layers', mostLayers);
  const headCount = required('num_attention_heads', mostHeads);
  const keyValueHeadCount = readKeyValueHeads(config, headCount, family);
  const headDim = readHeadDim(config, { hiddenSize, headCount, family });
  const positions = config.count('max_position_embeddings', { most: mostContext }) ?? defaults.contextLength;
  const windowPerLayer = readWindows(config, layerCount, family);
  const rotary = parseRotaryConfig(config, { family, headDim, contextLength: positions, windowPerLayer });
  return {
    architecture,
    modelType: family.modelType,
    hiddenSize,
    intermediateSize: readIntermediateSize(config, hiddenSize, family),
    layerCount,
    headCount,
    keyValueHeadCount,
    headDim,
    vocabSize: required('vocab_size', mostTokens),
    contextLength: Math.max(positions, ...rotary.rotaries.map(({ scaling }) => extendedContext(scaling))),
    normEpsilon: config.positive('rms_norm_eps') ?? defaults.normEpsilon,
    activation: readActivation(config, family),
    attentionBias: config.flag('attention_bias') ?? defaults.attentionBias ?? false,
    mlpBias: config.flag('mlp_bias') ?? false,
    windowPerLayer,
    ...rotary,
    traits: {
      ...plainTraits,
      attentionScale: headDim ** -0.5,
      ...family.readTraits?.(config, { hiddenSize, headDim, layerCount }),
    },
    bosTokenId: readTokenId(config, 'bos_token_id', defaults.bosTokenId),
    eosTokenIds: readEos(config, family),
    padTokenId: readTokenId(config, 'pad_token_id', defaults.padTokenId ?? null),
    labels: readLabels(config),
    gating: readGating(config, architecture),
    ...readOrigin(config),
    tiedEmbeddingsKey: config.flag('tie_word_embeddings') ?? defaults.tiedEmbeddings ?? null,
  };
}

const plainTraits = {
  isScaledByLayer: false,
  attentionSoftcap: null,
  logitSoftcap: null,
  embeddingMultiplier: 1,
  residualMultiplier: 1,
  logitMultiplier: 1,
  normOffset: 0,
  hasParallelResidual: false,
  linearLayout: 'linear',
  fusedOrder: 'sections',
} as const;

/** The part that describes the decoder: a model that also sees images has it in `text_config`. */
function textConfig(json: unknown, file: string): ConfigReader {
  const outer = new ConfigReader(json, file);
  const isWhole = modelFamilies.some(({ wholeModelType }) => wholeModelType === (outer.text('model_type') ?? null));
  if (!isWhole || outer.object('text_config') === null) return outer;
  const ofWhole = ['architectures', 'bos_token_id', 'eos_token_id', 'id2label', 'quantization_config'];
  const whole = ofWhole.filter((key) => outer.has(key)).map((key) => [key, outer.raw(key)] as const);
  return new ConfigReader(
    { ...(outer.raw('text_config') as object), ...Object.fromEntries(whole) },
    file,
    'text_config.',
  );
}

/** What configurations call the number of their experts. */
const expertKeys = ['num_local_experts', 'num_experts', 'n_routed_experts', 'moe_num_experts', 'num_moe_experts'];

function readFamily(config: ConfigReader): { readonly family: ModelFamily; readonly architecture: string } {
  const [first] = config.list('architectures') ?? [];
  if (first !== undefined && typeof first !== 'string') config.fail('architectures does not hold names');
  const modelType =
    config.text('model_type') ??
    modelFamilies.find((family) => first !== undefined && isClassOf(family, first))?.modelType;
  const family = modelType === undefined ? undefined : findFamily(modelType);
  const owner = first === undefined ? undefined : modelFamilies.find((other) => isClassOf(other, first));
  if (family === undefined || (owner !== undefined && owner !== family)) {
    if (modelType === undefined && first === undefined) config.fail('neither model_type nor architectures is there');
    throw unsupportedModel({
      file: config.file,
      modelType: modelType ?? null,
      architecture: first ?? null,
      hasExperts: expertKeys.some((key) => 1 < Number(config.raw(key) ?? 0)),
    });
  }
  return { family, architecture: first ?? `${family.classPrefixes[0]}Model` };
}

/** `LlamaForCausalLM` and `LlamaModel` are Llama's; a class of someone's own on that body is theirs to name. */
function isClassOf({ classPrefixes }: ModelFamily, architecture: string): boolean {
  return classPrefixes.some(
    (prefix) =>
      architecture.startsWith(prefix) && /^(For[A-Z].*|Model|LMHeadModel)$/.test(architecture.slice(prefix.length)),
  );
}

/** Scalings that go beyond `max_position_embeddings` rather than name the length they reach. */
function extendedContext(scaling: RotaryScaling): number {
  return scaling.kind === 'yarn' || scaling.kind === 'dynamic'
    ? Math.min(mostContext, Math.round(scaling.originalContextLength * scaling.factor))
    : 0;
}

function refuseQuantised(config: ConfigReader): void {
  const quantisation = config.object('quantization_config');
  if (quantisation === null) return;
  const method = quantisation.text('quant_method') ?? 'unnamed';
  throw new AlidadeError({
    code: 'unsupported',
    message: `${config.file}: weights quantised by the method ${JSON.stringify(method)} are not supported`,
    hint: 'use the checkpoint in F32, F16 or BF16, or a GGUF file',
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
  return headDim;
}

function readIntermediateSize(config: ConfigReader, hiddenSize: number, family: ModelFamily): number {
  const most = mostWidth * 8;
  const written = config.count('intermediate_size', { most });
  if (written !== null) return written;
  const factor = family.defaults.intermediateFactor;
  if (factor !== undefined) return factor * hiddenSize;
  return family.sizes?.['intermediate_size'] ?? config.requiredCount('intermediate_size', { most });
}

/** Names of functions in transformers (`activations.py`). */
const activations: Readonly<Record<string, Activation>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  gelu_accurate: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu_python_tanh: 'gelu_tanh',
  relu: 'relu',
};

function readActivation(config: ConfigReader, family: ModelFamily): Activation {
  const name = config.text('hidden_act');
  if (name === null) return family.defaults.activation;
  if (Object.hasOwn(activations, name)) return activations[name];
  throw new AlidadeError({
    code: 'unsupported',
    message: `${config.file}: the activation ${JSON.stringify(name)} is not supported for ${family.modelType}`,
    hint: `supported: ${Object.keys(activations).join(', ')}`,
  });
}

function readWindows(config: ConfigReader, layerCount: number, family: ModelFamily): (number | null)[] {
  const { windowRule, defaults } = family;
  const full = new Array<number | null>(layerCount).fill(null);
  if (windowRule === 'none') return full;
  const written = config.count('sliding_window', { most: mostContext });
  const window = written ?? (config.has('sliding_window') ? null : defaults.slidingWindow);
  const isSwitchedOff = windowRule === 'unrotated' && config.flag('use_sliding_window') !== true;
  const kinds = config.list('layer_types');
  if (kinds !== null) {
    if (kinds.length !== layerCount) config.fail(`layer_types has ${kinds.length} entries for ${layerCount} layers`);
    return kinds.map((kind) => {
      if (kind === 'full_attention' || kind === 'attention') return null;
      if (kind !== 'sliding_attention') config.fail(`layer_types has the unknown kind ${JSON.stringify(kind)}`);
      if (isSwitchedOff) return null;
      return window ?? config.fail('layer_types has sliding_attention, but sliding_window is not set');
    });
  }
  if (window === null || isSwitchedOff) return full;
  const slides = slidingLayers(config, layerCount, family);
  return full.map((_, index) => (slides(index) ? window : null));
}

function slidingLayers(config: ConfigReader, layerCount: number, family: ModelFamily): (index: number) => boolean {
  switch (family.windowRule) {
    case 'none':
      return () => false;
    case 'everyLayer':
      return () => true;
    case 'everySecond':
      return (index) => index % 2 === 0;
    case 'pattern': {
      const pattern =
        config.count('sliding_window_pattern', { most: mostContext }) ?? family.defaults.windowPattern ?? 1;
      return (index) => (index + 1) % pattern !== 0;
    }
    case 'unrotated': {
      const isRotated = readMarks(config, layerCount);
      return (index) => !isRotated[index];
    }
    case 'fromLayer': {
      if (config.flag('use_sliding_window') !== true) return () => false;
      const most = mostContext;
      const first = config.count('max_window_layers', { least: 0, most }) ?? family.defaults.maxWindowLayers ?? 0;
      return (index) => first <= index;
    }
  }
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

function readTokenId(config: ConfigReader, key: string, assumed: number | null): number | null {
  return config.has(key) ? (readTokenIds(config, key)[0] ?? null) : assumed;
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

/** What tells a published model whose own code decides how it is used. */
function readOrigin(config: ConfigReader): Pick<ModelConfig, 'remoteClass' | 'savedName'> {
  const remoteClass = config.raw('auto_map') === undefined ? null : classOf(config.object('auto_map'));
  const savedName = config.raw('_name_or_path');
  return {
    ...(remoteClass === null ? {} : { remoteClass }),
    ...(typeof savedName === 'string' && savedName !== '' ? { savedName } : {}),
  };
}

/** `file.Class`, or a list whose first part is that. */
function classOf(map: ConfigReader | null): string | null {
  const value = map?.raw('AutoModelForSequenceClassification');
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : null;
}

function readGating(config: ConfigReader, architecture: string): GatingConfig | null {
  if (!/ForRewardModelWithGating\d*$/.test(architecture)) return null;
  const quantiles = config.count('num_quantiles', { most: 4096 });
  const text = config.text('gating_text') ?? '';
  // The defaults are those of ArmoRM's own class, which QRM's shares.
  return {
    objectives: config.count('num_objectives', { most: mostLabels }) ?? 19,
    temperature: config.positive('gating_temperature') ?? 10,
    hiddenSize: config.count('gating_hidden_dim', { most: mostWidth }) ?? 1024,
    hiddenLayers: config.count('gating_n_hidden', { least: 0, most: 64 }) ?? 3,
    ...(quantiles === null ? {} : { quantiles }),
    ...(text === '' ? {} : { text }),
  };
}
