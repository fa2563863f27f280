import type { MergeRecipe } from '../recipe/mergeRecipe';
import { blockLayout, shareAt, type LayoutTensor } from './blockLayout';
import type { BlockRatios } from './blockRatios';
import { layerBlocksOf, type LayerBlock } from './layerBlocks';

export interface ReadBlockRatios {
  /** Blocks to read it in where it is constant in each; default: its slices, or else layers that have the same ratio. */
  readonly blocks?: readonly LayerBlock[] | undefined;
  /** Names of the output's tensors; default: those of Llama. */
  readonly tensors?: readonly string[] | undefined;
}

/**
 * A recipe as ratios of blocks, whoever has written it: an average of two models in which all linear tensors of a layer
 * have one ratio, and norms the same, or all of them that of before RLHF. Null for any other recipe.
 */
export function readBlockRatios(
  recipe: MergeRecipe,
  layerCount: number,
  { blocks: wanted, tensors }: ReadBlockRatios = {},
): BlockRatios | null {
  const layout = blockLayout(recipe, layerCount, tensors);
  if (layout === null) return null;
  const shares: { readonly tensor: LayoutTensor; readonly share: number }[] = [];
  for (const part of layout.slices) {
    for (const tensor of part.tensors) {
      const share = shareAt(layout, part, tensor);
      if (share === null) return null;
      shares.push({ tensor, share });
    }
  }
  const layers: (number | undefined)[] = new Array<number | undefined>(layerCount).fill(undefined);
  for (const { tensor, share } of shares) {
    if (tensor.layer === null || tensor.kind !== 'linear') continue;
    if (!isSame((layers[tensor.layer] ??= share), share)) return null;
  }
  const ratios = layers.filter((share) => share !== undefined);
  if (ratios.length !== layerCount) return null;
  const norms = shares.filter(({ tensor }) => tensor.kind === 'norm');
  const followsBlock = norms.every(({ tensor, share }) => isSame(share, ratios[tensor.layer ?? 0] ?? NaN));
  const isLinearOnly = !followsBlock && norms.every(({ share }) => share === 1);
  if (!followsBlock && !isLinearOnly) return null;
  const one = (kind: LayoutTensor['kind'], missing: number): number | null => {
    const found = shares.filter(({ tensor }) => tensor.kind === kind).map(({ share }) => share);
    const first = found[0] ?? missing;
    return found.every((share) => isSame(share, first)) ? first : null;
  };
  const embedding = one('embedding', ratios[0] ?? NaN);
  const finalNorm = one('finalNorm', isLinearOnly ? 1 : (ratios.at(-1) ?? NaN));
  const head = one('head', finalNorm ?? NaN);
  if (embedding === null || finalNorm === null || head === null) return null;
  const slices = layout.slices.length === 1 ? null : layout.slices;
  const blocks = [wanted, slices, layerBlocksOf(ratios, isSame)].find(
    (candidate) => candidate !== null && candidate !== undefined && isConstant(candidate, ratios),
  );
  if (blocks === null || blocks === undefined) return null;
  return {
    before: layout.before,
    after: layout.after,
    layerCount,
    blocks: blocks.map(({ first, last }) => ({ first, last })),
    ratios: blocks.map(({ first }) => ratios[first] ?? NaN),
    embedding,
    finalNorm,
    head,
    isLinearOnly,
  };
}

/** Whether the blocks cover all layers and each has one ratio. */
function isConstant(blocks: readonly LayerBlock[], ratios: readonly number[]): boolean {
  let next = 0;
  for (const { first, last } of blocks) {
    if (first !== next || last < first) return false;
    for (let layer = first; layer <= last; layer += 1) {
      if (!isSame(ratios[first] ?? NaN, ratios[layer] ?? NaN)) return false;
    }
    next = last + 1;
  }
  return next === ratios.length;
}

function isSame(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-9;
}
