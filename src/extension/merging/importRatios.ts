import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { l10n, Uri, window } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { BlockRatios } from '../../core/merging/hma/blockRatios';
import { meanOf, ratiosOfParts } from '../../core/merging/hma/heldMean';
import { blocksOfCuts, type LayerBlock } from '../../core/merging/hma/layerBlocks';
import { readMaskAlphas } from '../../core/merging/hma/readMaskAlphas';
import { parseSplitTag, type SplitTag } from '../../core/merging/hma/splitTag';
import type { RatioChange } from './ratioEdits';

/** Bytes; what HMA's code writes has some thousand. */
const longestMask = 16_000_000;

/**
 * Ratios that HMA's reference code has written, for a recipe of the same depth; null: the user has thought better of it.
 * @param near a path: the dialog opens there.
 * @throws AlidadeError, FormatError for files that are none, or are of models of another depth.
 */
export async function importRatios(current: BlockRatios, near: string): Promise<RatioChange | null> {
  const tag = { label: l10n.t('Tag'), description: 'split|10#20|0.4|0.3|0.2' };
  const mask = { label: l10n.t('File of learnt ratios…'), description: 'mask_alphas.bin' };
  const picked = await window.showQuickPick([tag, mask], {
    title: l10n.t('Import Ratios'),
    placeHolder: l10n.t('As the reference code of HMA writes them: shares of the model before RLHF'),
  });
  if (picked === undefined) return null;
  return picked === tag ? askForTag(current) : chooseMask(current, near);
}

async function askForTag(current: BlockRatios): Promise<RatioChange | null> {
  const text = await window.showInputBox({
    title: l10n.t('Import Ratios'),
    prompt: l10n.t('A tag, or the name of a folder that has one: last layers of the blocks, then their ratios'),
    placeHolder: 'split|10#20|0.4|0.3|0.2',
    validateInput: (value) => {
      const read = value.trim() === '' ? null : readTag(value, current);
      return read !== null && 'problem' in read ? read.problem : null;
    },
  });
  const read = text === undefined || text.trim() === '' ? null : readTag(text, current);
  return read === null || 'problem' in read ? null : ratiosOfTag(read, current);
}

/** The norm after the last layer and the head stay as they are; `split0` takes the head from after RLHF. */
export function ratiosOfTag(
  { tag, blocks }: { readonly tag: SplitTag; readonly blocks: readonly LayerBlock[] },
  { finalNorm, head }: Pick<BlockRatios, 'finalNorm' | 'head'>,
): RatioChange {
  const { ratios } = tag;
  const outside = { embedding: ratios[0] ?? 0, finalNorm, head: tag.isHeadAfter ? 0 : head, isLinearOnly: false };
  return { blocks, ratios, outside };
}

function readTag(
  text: string,
  { layerCount }: BlockRatios,
): { readonly tag: SplitTag; readonly blocks: readonly LayerBlock[] } | { readonly problem: string } {
  const tag = parseSplitTag(text);
  if ('problem' in tag) return tag;
  const blocks = blocksOfCuts(tag.value.cuts, layerCount);
  return 'problem' in blocks ? blocks : { tag: tag.value, blocks: blocks.value };
}

async function chooseMask(current: BlockRatios, near: string): Promise<RatioChange | null> {
  const [chosen] =
    (await window.showOpenDialog({
      title: l10n.t('Import Ratios'),
      openLabel: l10n.t('Import'),
      defaultUri: Uri.file(dirname(near)),
      filters: { 'mask_alphas.bin': ['bin'], [l10n.t('All files')]: ['*'] },
    })) ?? [];
  if (chosen === undefined) return null;
  const { size } = await stat(chosen.fsPath);
  if (longestMask < size) {
    throw new AlidadeError({ code: 'format', message: l10n.t('{0} is too large for a file of ratios', chosen.fsPath) });
  }
  return ratiosOfMask(await readFile(chosen.fsPath), chosen.fsPath, current);
}

/** What was learnt averages linear layers alone; ratios above 1 are held at 1, and the others raised to keep the mean. */
export function ratiosOfMask(
  bytes: Uint8Array,
  file: string,
  { layerCount }: Pick<BlockRatios, 'layerCount'>,
): RatioChange {
  const { blocks, ratios, alpha } = readMaskAlphas(bytes, file);
  const layers = (blocks.at(-1)?.last ?? -1) + 1;
  if (layers !== layerCount) {
    throw new AlidadeError({
      code: 'recipe',
      message: l10n.t('{0} has ratios for {1} layers, the models have {2}', file, layers, layerCount),
      hint: l10n.t('choose the file of these models'),
    });
  }
  const isClamped = ratios.some((ratio) => 1 < ratio);
  return {
    blocks,
    ratios: isClamped ? ratiosOfParts(ratios, Math.min(1, meanOf(ratios))) : ratios,
    outside: { embedding: 1, finalNorm: 1, head: file.includes('final0') ? 0 : alpha, isLinearOnly: true },
  };
}
