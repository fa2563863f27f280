import { countOf } from '../../describeQuantity';

/** Layers that share a ratio, both ends counted, from 0. */
export interface LayerBlock {
  readonly first: number;
  readonly last: number;
}

/** What a text means, or in words why it means nothing. */
export type Read<Value> = { readonly value: Value } | { readonly problem: string };

/**
 * Blocks as HMA has them where nothing else is said. Three: the cuts of the reference code (after layers 7 and 15 up to
 * 30 layers, after 10 and 20 beyond), unless they leave blocks of very different sizes; then thirds, as the paper cuts
 * its 26 layers (8, 9, 9). Other counts: the reference's `blockN`, floor(layers / N) each and the rest to the last.
 * @param count at most `layerCount`
 */
export function defaultBlocks(layerCount: number, count = 3): readonly LayerBlock[] {
  if (count === 3) {
    const cuts = layerCount <= 30 ? [7, 15] : [10, 20];
    const [size, rest] = [cuts[0] + 1, layerCount - 1 - cuts[1]];
    if (size <= 2 * rest && rest <= 2 * size) return blocksOfStarts([0, cuts[0] + 1, cuts[1] + 1], layerCount);
    return evenBlocks(layerCount, 3);
  }
  const size = Math.floor(layerCount / count);
  return blocksOfStarts(
    Array.from({ length: count }, (_, index) => index * size),
    layerCount,
  );
}

/** As equal as they can be; of 26 layers 8, 9 and 9. */
export function evenBlocks(layerCount: number, count: number): readonly LayerBlock[] {
  return blocksOfStarts(
    Array.from({ length: count }, (_, index) => Math.floor((index * layerCount) / count)),
    layerCount,
  );
}

/** Each layer a block. */
export function layerwiseBlocks(layerCount: number): readonly LayerBlock[] {
  return Array.from({ length: layerCount }, (_, layer) => ({ first: layer, last: layer }));
}

/** Blocks that end at these layers, and one of what is left. */
export function blocksOfCuts(cuts: readonly number[], layerCount: number): Read<readonly LayerBlock[]> {
  for (const [index, cut] of cuts.entries()) {
    const before = cuts[index - 1];
    if (before !== undefined && cut <= before) {
      return { problem: `the cut ${cut} does not come after the cut ${before}` };
    }
    if (layerCount - 2 < cut) {
      return { problem: `the cut ${cut} leaves no layer after it: the models have ${describeLayers(layerCount)}` };
    }
  }
  return { value: blocksOfStarts([0, ...cuts.map((cut) => cut + 1)], layerCount) };
}

/** `0-10,11-20,21-31`, both ends counted; a single layer may be written as `5`. They have to cover every layer once. */
export function parseBlocks(text: string, layerCount: number): Read<readonly LayerBlock[]> {
  const blocks: LayerBlock[] = [];
  for (const part of text.split(',')) {
    const [, start, end = start] = /^\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?$/.exec(part) ?? [];
    if (start === undefined) return { problem: `${JSON.stringify(part)} is no range of layers such as 0-10` };
    const [first, last] = [Number(start), Number(end)];
    const expected = (blocks.at(-1)?.last ?? -1) + 1;
    if (last < first) return { problem: `the block ${first}-${last} ends before it begins` };
    if (first !== expected) {
      return {
        problem: `a block begins at layer ${first}, but layer ${expected} is the next: blocks cover all layers`,
      };
    }
    blocks.push({ first, last });
  }
  const last = blocks.at(-1)?.last ?? -1;
  if (last === layerCount - 1) return { value: blocks };
  return { problem: `the last block ends at layer ${last}, but the models have ${describeLayers(layerCount)}` };
}

/** Runs of layers that have the same thing. */
export function layerBlocksOf<Value>(
  layers: readonly Value[],
  isSame: (one: Value, other: Value) => boolean = Object.is,
): readonly LayerBlock[] {
  const runs: { first: number; last: number }[] = [];
  layers.forEach((value, layer) => {
    const run = runs.at(-1);
    if (run !== undefined && isSame(layers[run.first], value)) run.last = layer;
    else runs.push({ first: layer, last: layer });
  });
  return runs;
}

/** `0-10`, `5` */
export function describeBlock({ first, last }: LayerBlock): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

export function sameBlocks(one: readonly LayerBlock[], other: readonly LayerBlock[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ first, last }, index) => other[index]?.first === first && other[index].last === last)
  );
}

/** The value of each layer's block. */
export function valuesOfLayers(blocks: readonly LayerBlock[], values: readonly number[]): readonly number[] {
  return blocks.flatMap(({ first, last }, index) => new Array<number>(last - first + 1).fill(values[index] ?? NaN));
}

function blocksOfStarts(starts: readonly number[], layerCount: number): readonly LayerBlock[] {
  return starts.map((first, index) => ({ first, last: (starts[index + 1] ?? layerCount) - 1 }));
}

function describeLayers(layerCount: number): string {
  return `${countOf(layerCount, 'layer')}, the last ${layerCount - 1}`;
}
