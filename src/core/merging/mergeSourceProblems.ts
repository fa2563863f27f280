import type { TensorEntry } from '../checkpoint/tensorEntry';
import { innerConfig, layerCountKeys } from './outputConfig';

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
