import { widenHalves } from '../../checkpoint/halfPrecision';
import { FormatError } from '../../formatError';
import { layerBlocksOf, type LayerBlock } from './layerBlocks';
import { PickleCall, PickleName, PickleReference, readPickle, type PickleValue } from './readPickle';
import { readStoredZip } from './readStoredZip';

/** What the reference code has learnt. */
export interface MaskAlphas {
  readonly blocks: readonly LayerBlock[];
  /** Shares of the model before RLHF, one a block, as the reference's merge makes them; they may exceed 1. */
  readonly ratios: readonly number[];
  /** The mean that was held (`init_val`): the share of the model before RLHF in the head. */
  readonly alpha: number;
  readonly epsilon: number;
}

/**
 * Reads `mask_alphas.bin` of HMA's reference code (mask_trainer.py), executing nothing of it. It holds logits, a parameter
 * a block, which the linear modules of its layers share; the ratio of a block is
 * `init_val · K · (sigmoid(logit) + epsilon) / Σ(sigmoid(logits) + epsilon)` over the K blocks (weight_mask_merge.py).
 * @param file named in errors
 * @throws FormatError when it is none, or was learnt for each module on its own (`linearwise`, whose sum is empty).
 */
export function readMaskAlphas(bytes: Uint8Array, file: string): MaskAlphas {
  const entries = readStoredZip(bytes, file);
  const name = [...entries.keys()].find((entry) => /(?:^|\/)data\.pkl$/.test(entry));
  const pickle = name === undefined ? undefined : entries.get(name);
  const fail = (problem: string): never => {
    throw new FormatError({ problem, file, hint: "it has to be the mask_alphas.bin of HMA's mask_trainer.py" });
  };
  if (name === undefined || pickle === undefined) return fail('it has no data.pkl');
  const data = readPickle(pickle, `${file}, ${name}`);
  if (!(data instanceof Map)) return fail('it holds no dictionary');
  const [modules, normalisers] = [data.get('mask_alphas'), data.get('mask_bkp_alphas')];
  const [alpha, epsilon = 1e-6] = [data.get('init_val'), data.get('epsilon')];
  if (!(modules instanceof Map)) return fail('it has no mask_alphas');
  if (!(normalisers instanceof Map) || normalisers.size === 0) {
    return fail(
      'it has no logits of blocks (mask_bkp_alphas): ratios of single modules cannot be brought to their mean',
    );
  }
  if (typeof alpha !== 'number' || typeof epsilon !== 'number') return fail('it has no init_val, or no epsilon');
  const folder = name.slice(0, -'data.pkl'.length);
  const part = (tensor: PickleValue): number => {
    const logit = scalarOf(tensor, (key) => entries.get(`${folder}data/${key}`)) ?? fail('a logit is no single number');
    return 1 / (1 + Math.exp(-logit)) + epsilon;
  };
  let sum = 0;
  for (const logit of normalisers.values()) sum += part(logit);
  const layers = new Map<number, PickleValue>();
  for (const [module, logit] of modules) {
    const layer = typeof module === 'string' ? /(?:^|\.)layers\.(\d{1,5})\./.exec(module)?.[1] : undefined;
    if (layer === undefined) continue;
    const other = layers.get(Number(layer));
    if (other !== undefined && other !== logit) return fail(`the modules of layer ${layer} have logits of their own`);
    layers.set(Number(layer), logit);
  }
  const logits = Array.from(layers.keys(), (_, layer) => layers.get(layer) ?? fail(`layer ${layer} is missing`));
  if (logits.length === 0) return fail('it has no layers');
  const blocks = layerBlocksOf(logits);
  const ratios = blocks.map(({ first }) => ((alpha * part(logits[first] ?? null)) / sum) * normalisers.size);
  if (!ratios.every((ratio) => Number.isFinite(ratio) && 0 <= ratio)) return fail('its logits give no ratios');
  return { blocks, ratios, alpha, epsilon };
}

/** The value of a tensor, or of a parameter, with one element. */
function scalarOf(value: PickleValue, storage: (key: string) => Uint8Array | undefined): number | null {
  if (!(value instanceof PickleCall) || !(value.callee instanceof PickleName) || !Array.isArray(value.args))
    return null;
  const args: readonly PickleValue[] = value.args;
  if (value.callee.name.startsWith('torch._utils _rebuild_parameter')) return scalarOf(args[0] ?? null, storage);
  const [reference, offset, shape] = args;
  if (value.callee.name !== 'torch._utils _rebuild_tensor_v2' || !(reference instanceof PickleReference)) return null;
  const sizes: readonly unknown[] = Array.isArray(shape) ? shape : [NaN];
  if (!sizes.every((size) => size === 1) || typeof offset !== 'number' || !Array.isArray(reference.id)) return null;
  const id: readonly PickleValue[] = reference.id;
  const [, kind, key] = id;
  const bytes = typeof key === 'string' ? storage(key) : undefined;
  if (!(kind instanceof PickleName) || bytes === undefined) return null;
  return numberAt(bytes, kind.name, offset);
}

function numberAt(bytes: Uint8Array, kind: string, index: number): number | null {
  const size = {
    'torch DoubleStorage': 8,
    'torch FloatStorage': 4,
    'torch HalfStorage': 2,
    'torch BFloat16Storage': 2,
  }[kind];
  if (size === undefined || !Number.isInteger(index) || index < 0 || bytes.length < (index + 1) * size) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + index * size, size);
  if (size === 8) return view.getFloat64(0, true);
  if (size === 4) return view.getFloat32(0, true);
  const words = new Uint32Array(1);
  const halves = Uint16Array.of(view.getUint16(0, true));
  if (kind === 'torch HalfStorage') widenHalves(halves, words);
  else words[0] = halves[0] << 16;
  return new Float32Array(words.buffer)[0];
}
