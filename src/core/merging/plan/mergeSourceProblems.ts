import type { AdapterParts } from '../../checkpoint/mergeAdapter';
import type { TensorEntry } from '../../checkpoint/tensorEntry';
import { innerConfig, layerCountKeys } from './outputConfig';
import { isEmbeddingTable, isLanguageModelHead } from './tensorRole';

type JsonObject = Readonly<Record<string, unknown>>;

/** `num_hidden_layers`, wherever a configuration has it; null: nowhere. */
export function layerCountOf(config: JsonObject): number | null {
  const inner = innerConfig(config);
  for (const key of layerCountKeys) {
    const value = inner[key];
    if (typeof value === 'number' && Number.isSafeInteger(value) && 0 < value && value <= 100_000) return value;
  }
  return null;
}

/** Why a checkpoint cannot be merged although it can be read, in words. */
export function findQuantisation(config: JsonObject, tensors: ReadonlyMap<string, TensorEntry>): string | null {
  const settings = config['quantization_config'];
  if (typeof settings === 'object' && settings !== null) {
    const method = (settings as JsonObject)['quant_method'];
    return `it is quantised${typeof method === 'string' ? ` (${method})` : ''}: merging needs weights in F32, F16 or BF16`;
  }
  for (const name of tensors.keys()) {
    if (/\.(qweight|qzeros|weight_packed|weight_scale_inv|absmax|SCB)$/.test(name)) {
      return `it is quantised (${name}): merging needs weights in F32, F16 or BF16`;
    }
  }
  return null;
}

/** What adapters have to know of a model of any architecture, from its names. */
export function findAdaptable(
  config: JsonObject,
  tensors: ReadonlyMap<string, TensorEntry>,
): Pick<AdapterParts, 'conv1d' | 'embedding' | 'languageModelHead'> {
  const names = [...tensors.keys()];
  const isConv1d = config['model_type'] === 'gpt2' || config['model_type'] === 'gpt_bigcode';
  return {
    conv1d: new Set(isConv1d ? names.filter((name) => /\.(c_attn|q_attn|c_proj|c_fc)\.weight$/.test(name)) : []),
    embedding: names.find(isEmbeddingTable) ?? 'model.embed_tokens.weight',
    languageModelHead: names.find(isLanguageModelHead) ?? 'lm_head.weight',
  };
}
