import type { TensorGroup } from './mergePlan';

/** Where in a model a tensor belongs, as far as its name says it; for any architecture and for the names of GGUF. */
export interface TensorPlace {
  /** From 0; null: outside the layers. */
  readonly layer: number | null;
  readonly group: TensorGroup;
}

/** In the order in which they are shown: from the input of a model to its output. */
export const tensorGroups: readonly TensorGroup[] = [
  'embedding',
  'attention',
  'mlp',
  'norm',
  'finalNorm',
  'head',
  'other',
];

const layerPattern = /(?:^|\.)(?:layers?|h|blocks?|blk)\.(0|[1-9]\d{0,5})\.(.+)$/;

/** The first that fits. Norms stand first: `self_attn.q_norm`, `post_attention_layernorm` and `ffn_norm` are norms. */
const groupsInLayer: readonly (readonly [RegExp, TensorGroup])[] = [
  [/norm|(^|[._])ln_?\d|(^|\.)ln_/i, 'norm'],
  [/attn|attention/i, 'attention'],
  [/mlp|ffn|feed_?forward|experts|(^|\.)fc\d/i, 'mlp'],
];

const headPattern = /^(score|classifier|gating|regression_layer|reward_\w+|rewards?|v_head|value_head)(\.|$)/;

const groupsOutside: readonly (readonly [RegExp, TensorGroup])[] = [
  [headPattern, 'head'],
  [/norm|(^|\.)ln_f\./i, 'finalNorm'],
  [/lm_head|embed_out|(^|\.)output\./i, 'head'],
  [/embed|embd|(^|\.)(wte|wpe)\./i, 'embedding'],
];

/** @param name as the file or transformers has it. */
export function tensorPlace(name: string): TensorPlace {
  // A reward head may have layers of its own (`gating.layers.0`), which are none of the model's.
  const match = headPattern.test(name) ? null : layerPattern.exec(name);
  if (match === null) return { layer: null, group: groupOfPart(name, false) };
  return { layer: Number(match[1]), group: groupOfPart(match[2], true) };
}

/** @param part what stands behind the number of a layer; outside the layers, the name. */
export function groupOfPart(part: string, isInLayer: boolean): TensorGroup {
  const groups = isInLayer ? groupsInLayer : groupsOutside;
  return groups.find(([pattern]) => pattern.test(part))?.[1] ?? 'other';
}
