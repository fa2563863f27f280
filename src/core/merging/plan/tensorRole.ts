import type { TensorGroup } from './mergePlan';
import type { MergeSource } from './mergeSource';
import { groupOfPart } from './tensorPlace';

/** Where the layers of a model are among its tensors. */
export interface LayerNaming {
  /** What stands before the number of a layer: `model.layers`; null: no tensor belongs to a layer. */
  readonly prefix: string | null;
  /** What stands before the names of the body: `model.`, `transformer.`, or nothing. */
  readonly body: string;
}

/** A tensor's part in its model. */
export interface TensorRole {
  /** null: outside the layers. */
  readonly layer: number | null;
  /** What stands behind the number of the layer; outside the layers, the name. */
  readonly rest: string;
}

/** Finds the numbered list that has as many entries as the model has layers: a head may have numbered layers too. */
export function findLayers({ tensors, layerCount }: Pick<MergeSource, 'tensors' | 'layerCount'>): LayerNaming {
  const lists = new Map<string, { most: number; tensors: number }>();
  for (const name of tensors.keys()) {
    const numbered = splitNumber(name);
    if (numbered === null) continue;
    const list = lists.get(numbered.prefix) ?? { most: 0, tensors: 0 };
    lists.set(numbered.prefix, { most: Math.max(list.most, numbered.index), tensors: list.tensors + 1 });
  }
  const sizes = [...lists].sort(([, a], [, b]) => b.tensors - a.tensors);
  const found = sizes.find(([, { most }]) => most + 1 === layerCount) ?? sizes[0];
  if (found === undefined) return { prefix: null, body: '' };
  const [prefix] = found;
  return { prefix, body: prefix.slice(0, prefix.lastIndexOf('.') + 1) };
}

/** @returns how many layers there are weights for. */
export function countLayers({ tensors }: Pick<MergeSource, 'tensors'>, naming: LayerNaming): number {
  let count = 0;
  for (const name of tensors.keys()) count = Math.max(count, (roleOf(name, naming).layer ?? -1) + 1);
  return count;
}

export function roleOf(name: string, { prefix }: LayerNaming): TensorRole {
  const numbered = splitNumber(name);
  if (numbered === null || numbered.prefix !== prefix) return { layer: null, rest: name };
  return { layer: numbered.index, rest: numbered.rest };
}

/** The name of a tensor of a layer. */
export function layerTensorName({ prefix }: LayerNaming, layer: number, rest: string): string {
  return `${prefix ?? ''}.${layer}.${rest}`;
}

export function groupOf({ layer, rest }: TensorRole): TensorGroup {
  return groupOfPart(rest, layer !== null);
}

/** Tables and masks that older files carry although the model computes them. */
export function isComputedTable(name: string): boolean {
  return /(^|\.)(rotary_emb\.inv_freq|num_batches_tracked|(attn|attention)\.(masked_)?bias)$/.test(name);
}

/** Whether it is the table of the tokens' embeddings. */
export function isEmbeddingTable(name: string): boolean {
  return /(^|\.)(embed_tokens|wte|word_embeddings|embed_in|tok_embeddings)\.weight$/.test(name);
}

/** Whether the rows of a tensor outside the layers are tokens. */
export function isIndexedByTokens(name: string): boolean {
  return (
    isEmbeddingTable(name) ||
    /(^|\.)(lm_head|embed_out|output_layer)\.(weight|bias)$|^(model\.)?output\.weight$/.test(name)
  );
}

/** Whether it is the head that makes tokens, which may be the same weights as the embeddings. */
export function isLanguageModelHead(name: string): boolean {
  return /(^|\.)(lm_head|embed_out|output_layer)\.weight$|^(model\.)?output\.weight$/.test(name);
}

function splitNumber(name: string): { readonly prefix: string; readonly index: number; readonly rest: string } | null {
  const match = /^(.*?)\.(\d{1,6})\.(.+)$/.exec(name);
  return match === null ? null : { prefix: match[1], index: Number(match[2]), rest: match[3] };
}
