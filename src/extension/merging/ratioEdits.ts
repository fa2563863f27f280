import type { BlockRatios } from '../../core/merging/hma/blockRatios';
import { withRatios } from '../../core/merging/hma/blockRatios';
import { meanOf } from '../../core/merging/hma/heldMean';
import { defaultBlocks, layerwiseBlocks, valuesOfLayers, type LayerBlock } from '../../core/merging/hma/layerBlocks';
import { writeBlockRatios, type RecipeEdit } from '../../core/merging/hma/writeBlockRatios';
import { blockRatiosOf, type PlannedRecipe } from './planView';

/** Decimals of a mean that is written into a recipe. */
const decimals = 6;

export interface RatioChange {
  /** One a block. */
  readonly ratios: readonly number[];
  readonly blocks: readonly LayerBlock[];
  /** What lies outside the blocks; default: as it is, embeddings with the first block where they went with it. */
  readonly outside?: Pick<BlockRatios, 'embedding' | 'finalNorm' | 'head' | 'isLinearOnly'>;
}

/** The edits with which the recipe says these ratios; null: it is no average by blocks, or of another depth. */
export function ratioEdits(
  text: string,
  planned: PlannedRecipe,
  { ratios, blocks, outside }: RatioChange,
): readonly RecipeEdit[] | null {
  const current = blockRatiosOf(planned, null);
  const [recipe] = planned.recipes;
  const [plan] = planned.stages;
  if (current === null || recipe === undefined || plan === undefined) return null;
  if (ratios.length !== blocks.length || blocks.at(-1)?.last !== current.layerCount - 1) return null;
  const tensors = plan.tensors.map(({ name }) => name);
  return writeBlockRatios(text, recipe, { ...withRatios(current, ratios), blocks, ...outside }, tensors);
}

/** The same recipe in as many blocks, each with the mean of what its layers had. */
export function recut(current: BlockRatios, count: number): RatioChange {
  const { layerCount } = current;
  const blocks = layerCount <= count ? layerwiseBlocks(layerCount) : defaultBlocks(layerCount, Math.max(1, count));
  const layers = valuesOfLayers(current.blocks, current.ratios);
  const ratios = blocks.map(({ first, last }) => Number(meanOf(layers.slice(first, last + 1)).toFixed(decimals)));
  return { blocks, ratios };
}
