import type { MergeDtype } from './mergeMethod';
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
  /** The output has a head of its own. */
  readonly hasHead: boolean;
  /** Rows of the embeddings, where a tokenizer policy gives another number. */
  readonly vocabSize: number | null;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Names under which configurations have the number of layers. */
export const layerCountKeys = ['num_hidden_layers', 'n_layer', 'num_layers', 'n_layers'] as const;

/**
 * config.json of the output: the donor's, with its number of layers, number format, vocabulary and whether embeddings are
 * tied. Lists with an entry a layer (`layer_types`) follow the layers.
 */
export function outputConfig({ donor, dtype, layers, hasHead, vocabSize }: OutputConfigParams): string {
  const place = textConfigKey(donor.config);
  const inner = place === null ? donor.config : (donor.config[place] as JsonObject);
  const changed: Record<string, unknown> = { ...inner };
  const countKey = layerCountKeys.find((key) => typeof inner[key] === 'number');
  if (countKey !== undefined) changed[countKey] = layers.length;
  for (const [key, value] of Object.entries(inner)) {
    if (Array.isArray(value) && key.includes('layer') && value.length === donor.layerCount) {
      changed[key] = layers.map(({ source, layer }) => listOf(source, key)?.[layer] ?? (value[layer] as unknown));
    }
  }
  if (vocabSize !== null) changed['vocab_size'] = vocabSize;
  if (hasHead && inner['tie_word_embeddings'] === true) changed['tie_word_embeddings'] = false;
  const whole: Record<string, unknown> = place === null ? changed : { ...donor.config, [place]: changed };
  if (hasHead && whole['tie_word_embeddings'] === true) whole['tie_word_embeddings'] = false;
  const dtypeKeys = ['torch_dtype', 'dtype'].filter((key) => typeof whole[key] === 'string');
  for (const key of dtypeKeys.length === 0 ? ['torch_dtype'] : dtypeKeys) whole[key] = dtype;
  return `${JSON.stringify(whole, null, 2)}\n`;
}

/** Where a model of text and images has the part that concerns text; null: it is the whole configuration. */
export function textConfigKey(config: JsonObject): string | null {
  for (const key of ['text_config', 'language_config', 'llm_config']) {
    const inner = config[key];
    if (typeof inner === 'object' && inner !== null && layerCountKeys.some((count) => count in inner)) return key;
  }
  return null;
}

function listOf({ config }: MergeSource, key: string): readonly unknown[] | null {
  const place = textConfigKey(config);
  const inner = place === null ? config : (config[place] as JsonObject);
  const list = inner[key];
  return Array.isArray(list) ? list : null;
}
