import { setJsonValue } from './editJson';
import type { MergeDtype } from '../methods/mergeMethod';
import type { MergeSource } from './mergeSource';

/** Which layer of which model a layer of the output follows. */
export interface LayerOrigin {
  readonly source: MergeSource;
  readonly layer: number;
}

export interface OutputConfigParams {
  /** The model whose config.json is taken. */
  readonly donor: MergeSource;
  readonly dtype: MergeDtype;
  /** One a layer of the output. */
  readonly layers: readonly LayerOrigin[];
  /** The output has a head of its own that makes tokens. */
  readonly hasHead: boolean;
  /** Where a tokenizer policy says which tokens the output has: their number, and the model that they come from. */
  readonly vocabulary: { readonly rows: number; readonly origin: MergeSource } | null;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Names under which configurations have the number of layers. */
export const layerCountKeys = ['num_hidden_layers', 'n_layer', 'num_layers', 'n_layers'] as const;

/**
 * config.json of the output: the donor's as it is written, with the number of layers, the number format, the vocabulary and
 * whether embeddings are tied. Lists with an entry a layer (`layer_types`) follow the layers.
 */
export function outputConfig({ donor, dtype, layers, hasHead, vocabulary }: OutputConfigParams): string {
  const { config } = donor;
  const place = textConfigKey(config);
  const inner = innerConfig(config);
  let text = donor.configText.replace(/^\uFEFF/, '');
  const set = (path: readonly string[], value: unknown): void => {
    text = setJsonValue(text, path, value);
  };
  const setInner = (key: string, value: unknown): void => set(place === null ? [key] : [place, key], value);
  const countKey = layerCountKeys.find((key) => typeof inner[key] === 'number');
  const isWhole =
    layers.length === donor.layerCount && layers.every(({ source, layer }, i) => source === donor && layer === i);
  if (countKey !== undefined && inner[countKey] !== layers.length) setInner(countKey, layers.length);
  for (const [key, value] of isWhole ? [] : Object.entries(inner)) {
    if (!Array.isArray(value) || !key.includes('layer') || value.length !== donor.layerCount) continue;
    setInner(
      key,
      layers.map(({ source, layer }) => listOf(source, key)?.[layer] ?? (value[layer] as unknown)),
    );
  }
  if (vocabulary !== null) {
    setInner('vocab_size', vocabulary.rows);
    // The ends of texts are those of the tokenizer's own model.
    const other = innerConfig(vocabulary.origin.config);
    for (const key of vocabulary.origin === donor ? [] : ['bos_token_id', 'eos_token_id', 'pad_token_id']) {
      if (key in inner || key in other) setInner(key, other[key]);
    }
  }
  if (hasHead && inner['tie_word_embeddings'] === true) setInner('tie_word_embeddings', false);
  if (hasHead && config['tie_word_embeddings'] === true) set(['tie_word_embeddings'], false);
  const dtypeKeys = ['torch_dtype', 'dtype'].filter((key) => typeof config[key] === 'string');
  for (const key of dtypeKeys.length === 0 ? ['torch_dtype'] : dtypeKeys) {
    if (config[key] !== dtype) set([key], dtype);
  }
  for (const key of place === null ? [] : ['torch_dtype', 'dtype']) {
    if (typeof inner[key] === 'string' && inner[key] !== dtype) setInner(key, dtype);
  }
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** Where a model of text and images has the part that concerns text; null: it is the whole configuration. */
export function textConfigKey(config: JsonObject): string | null {
  for (const key of ['text_config', 'language_config', 'llm_config']) {
    const inner = config[key];
    if (typeof inner === 'object' && inner !== null && layerCountKeys.some((count) => count in inner)) return key;
  }
  return null;
}

/** The part of a configuration that concerns text. */
export function innerConfig(config: JsonObject): JsonObject {
  const place = textConfigKey(config);
  return place === null ? config : (config[place] as JsonObject);
}

function listOf({ config }: MergeSource, key: string): readonly unknown[] | null {
  const list = innerConfig(config)[key];
  return Array.isArray(list) ? list : null;
}
