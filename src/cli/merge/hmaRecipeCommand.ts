import { dirname, resolve } from 'node:path';
import { stat } from 'node:fs/promises';
import { AlidadeError } from '../../core/alidadeError';
import { meanOf, ratiosOfParts } from '../../core/merging/hma/heldMean';
import { hmaRecipe, type HmaRecipe } from '../../core/merging/hma/hmaRecipe';
import { blocksOfCuts, type LayerBlock, type Read } from '../../core/merging/hma/layerBlocks';
import { readMaskAlphas } from '../../core/merging/hma/readMaskAlphas';
import { describeCount } from '../../core/merging/hma/splitTag';
import { readSmallFile } from '../../engine/checkpoint/readSmallFile';
import { readHmaPair } from '../../engine/merging/readHmaPair';
import { replaceFile } from '../../engine/replaceFile';
import { exitStatus, type CommandCall, type ExitStatus } from '../command';
import type { Terminal } from '../terminal';
import { readBlocks } from './hmaBlocks';
import type { hmaOptions } from './mergeOptions';
import { nameFrom } from './nameFrom';

type Options = CommandCall<typeof hmaOptions>['options'];

type Ratios = Pick<HmaRecipe, 'blocks' | 'ratios' | 'alpha' | 'head' | 'linearOnly'>;

/** `alidade merge hma` */
export async function hmaRecipeCommand({
  options,
  terminal,
  context,
}: CommandCall<typeof hmaOptions>): Promise<ExitStatus> {
  checkOptions(options);
  const { before, after, dtype, output, force } = options;
  if (output !== undefined && !force && (await exists(output))) {
    throw new AlidadeError({
      code: 'exists',
      message: `${output} exists already`,
      hint: 'give another name, or --force to replace it',
    });
  }
  const pair = await readHmaPair({ before, after, folders: [process.cwd()] }, context);
  const ratios = await readRatios(options, pair.layerCount, terminal);
  const outDtype = dtype ?? pair.dtype;
  const folder = output === undefined ? undefined : dirname(output);
  const text = hmaRecipe({
    before: await nameFrom(before, folder),
    after: await nameFrom(after, folder),
    ...ratios,
    names: pair.names,
    outDtype,
  });
  if (output === undefined) await terminal.write(text);
  else await replaceFile(output, text);
  return exitStatus.done;
}

/** @throws AlidadeError `usage` */
function checkOptions({ tag, blocks, ratios, alpha, 'mask-alphas': maskAlphas }: Options): void {
  const usage = (message: string): AlidadeError =>
    new AlidadeError({ code: 'usage', message, hint: 'see alidade merge hma --help' });
  const ways = [tag, ratios, maskAlphas].filter((way) => way !== undefined);
  if (1 < ways.length) throw usage('--ratios, --tag and --mask-alphas exclude each other');
  if (blocks !== undefined && (tag !== undefined || maskAlphas !== undefined)) {
    throw usage(`--blocks and ${tag === undefined ? '--mask-alphas' : '--tag'} exclude each other`);
  }
  if (alpha === undefined && maskAlphas === undefined) {
    throw usage('--alpha A is missing: the share of the model before RLHF in the last norm and the head');
  }
}

/** @throws AlidadeError `usage` for ratios that do not fit the blocks, `recipe` for blocks that do not fit the models. */
async function readRatios(options: Options, layerCount: number, terminal: Terminal): Promise<Ratios> {
  const { tag, 'mask-alphas': maskPath, 'linear-only': linearOnly } = options;
  const alpha = options.alpha ?? NaN;
  if (maskPath !== undefined) return readLearntRatios(maskPath, options.alpha, layerCount, terminal);
  if (tag !== undefined) {
    const blocks = fitting(blocksOfCuts(tag.cuts, layerCount), '--tag');
    return { blocks, ratios: tag.ratios, alpha, head: tag.isHeadAfter ? 0 : alpha, linearOnly };
  }
  const blocks = readBlocks(options.blocks, layerCount);
  const ratios = options.ratios ?? blocks.map(() => alpha);
  if (ratios.length !== blocks.length) {
    throw new AlidadeError({
      code: 'usage',
      message: describeCount(ratios.length, blocks.length),
      hint: 'give one ratio a block: the share of the model before RLHF',
    });
  }
  return { blocks, ratios, alpha, linearOnly };
}

/** What the reference has learnt averages linear layers alone; the head is that of after RLHF where a path says `final0`. */
async function readLearntRatios(
  path: string,
  alpha: number | undefined,
  layerCount: number,
  terminal: Terminal,
): Promise<Ratios> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const file = isFolder ? resolve(path, 'mask_alphas.bin') : path;
  const bytes = await readSmallFile({ path: file, most: 16_000_000 });
  if (bytes === null) throw new AlidadeError({ code: 'not_found', message: `${file} does not exist` });
  const learnt = readMaskAlphas(bytes, file);
  const layers = (learnt.blocks.at(-1)?.last ?? -1) + 1;
  if (layers !== layerCount) {
    throw new AlidadeError({
      code: 'recipe',
      message: `${file} has ratios for ${layers} layers, the models have ${layerCount}`,
      hint: 'give the models that it was learnt for',
    });
  }
  const isClamped = learnt.ratios.some((ratio) => 1 < ratio);
  if (isClamped) terminal.warn(`${file}: ratios above 1 are held at 1, and the others raised to keep the mean`);
  const ratios = isClamped ? ratiosOfParts(learnt.ratios, Math.min(1, meanOf(learnt.ratios))) : learnt.ratios;
  const head = file.includes('final0') ? 0 : (alpha ?? learnt.alpha);
  return { blocks: learnt.blocks, ratios, alpha: alpha ?? learnt.alpha, head, linearOnly: true };
}

function fitting(read: Read<readonly LayerBlock[]>, option: string): readonly LayerBlock[] {
  if ('value' in read) return read.value;
  throw new AlidadeError({ code: 'recipe', message: `${option}: ${read.problem}` });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
