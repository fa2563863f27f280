import { AlidadeError } from '../../core/alidadeError';
import { defaultBlocks, layerwiseBlocks, parseBlocks, type LayerBlock } from '../../core/merging/hma/layerBlocks';

/**
 * Blocks as `--blocks` has them: a number of them, `layers` for each layer one, or ranges of layers.
 * @throws AlidadeError `usage` for what is no such thing, `recipe` when it does not fit models of so many layers.
 */
export function readBlocks(text: string | undefined, layerCount: number): readonly LayerBlock[] {
  if (text === undefined) return defaultBlocks(layerCount, Math.min(3, layerCount));
  if (text.trim() === 'layers') return layerwiseBlocks(layerCount);
  if (/^\s*\d{1,6}\s*$/.test(text)) {
    const count = Number(text);
    if (1 <= count && count <= layerCount) return defaultBlocks(layerCount, count);
    throw new AlidadeError({
      code: 'recipe',
      message: `--blocks ${count}: models of ${layerCount} layers have from 1 to ${layerCount} blocks`,
    });
  }
  const read = parseBlocks(text, layerCount);
  if ('value' in read) return read.value;
  throw new AlidadeError({ code: 'recipe', message: `--blocks ${text}: ${read.problem}` });
}
