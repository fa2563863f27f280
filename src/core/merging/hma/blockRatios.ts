import type { LayerBlock } from './layerBlocks';

/** Shares of the model before RLHF, from 0 to 1; what remains is the model after RLHF. */
export interface HmaRatios {
  readonly blocks: readonly LayerBlock[];
  /** One a block. */
  readonly ratios: readonly number[];
  /** Of the embeddings: the first block's, and 1 in the learnt variant. */
  readonly embedding: number;
  /** Of the norm after the last layer: alpha, and 1 in the learnt variant. */
  readonly finalNorm: number;
  /** Of the head: alpha, and 0 with `split0`. */
  readonly head: number;
  /** HMA's learnt variant: norms of the layers, too, are those of before RLHF. */
  readonly isLinearOnly: boolean;
}

/** A recipe that averages two models by blocks of layers. */
export interface BlockRatios extends HmaRatios {
  /** The model before RLHF as the recipe names it (`recipeModelKey`): the one that stands first. */
  readonly before: string;
  readonly after: string;
  readonly layerCount: number;
}

/**
 * What belongs to ratios of blocks where nothing else is said. The hand-set variant of HMA (the reference's
 * weight_interpolation.py) averages all tensors, embeddings with the first block, the last norm and the head by alpha;
 * the learnt one (weight_mask_merge.py) averages linear layers, the head by alpha, and keeps embeddings and norms of the
 * model before RLHF.
 */
export function hmaRatios({
  blocks,
  ratios,
  alpha,
  isLinearOnly = false,
  head = alpha,
}: {
  readonly blocks: readonly LayerBlock[];
  readonly ratios: readonly number[];
  readonly alpha: number;
  readonly isLinearOnly?: boolean | undefined;
  readonly head?: number | undefined;
}): HmaRatios {
  const [embedding, finalNorm] = isLinearOnly ? [1, 1] : [ratios[0] ?? alpha, alpha];
  return { blocks, ratios, embedding, finalNorm, head, isLinearOnly };
}

/** Other ratios for the same blocks; embeddings go on following the first block where they did. */
export function withRatios<Ratios extends HmaRatios>(current: Ratios, ratios: readonly number[]): Ratios {
  const follows = !current.isLinearOnly && current.embedding === current.ratios[0];
  return { ...current, ratios, embedding: follows ? (ratios[0] ?? current.embedding) : current.embedding };
}
