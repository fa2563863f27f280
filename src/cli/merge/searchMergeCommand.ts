import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { RunKey } from '../../core/journal';
import { onFront } from '../../core/merging/search/paretoFront';
import { bestTrial, writeTrialLines, type RatioTrial } from '../../core/merging/search/ratioTrial';
import { describeFileError } from '../../engine/checkpoint/describeFileError';
import { LiveRatios } from '../../engine/merging/liveRatios';
import {
  readPromptsToAnswer,
  readRowsToScore,
  readTextsToMeasure,
  type FileContents,
} from '../../engine/merging/mergeInputs';
import { readHmaPair, type HmaPairFacts } from '../../engine/merging/readHmaPair';
import { checkSearchFolder } from '../../engine/merging/searchFolder';
import { searchMerge, type SearchData } from '../../engine/merging/searchMerge';
import { openRowScorer } from '../../engine/reward/openRowScorer';
import { exitStatus, type CommandCall, type ExitStatus } from '../command';
import type { Terminal } from '../terminal';
import { readBlocks } from './hmaBlocks';
import { nameFrom } from './nameFrom';
import type { searchOptions } from './mergeOptions';

type Options = CommandCall<typeof searchOptions>['options'];

/** Bytes of a plain text that are read. */
const longestText = 1_000_000;
const mostRows = 100_000;
/** What the paper recommends. */
const usualMean = 0.2;

/** `alidade merge search` */
export async function searchMergeCommand({
  options,
  terminal,
  context,
}: CommandCall<typeof searchOptions>): Promise<ExitStatus> {
  checkOptions(options);
  const { output, resume, device, threads, head, seed, budget, method } = options;
  await checkSearchFolder({ path: output, resume });
  const folders = [process.cwd()];
  // Recipes lie in the output folder and have to hold there.
  const [before, after] = [await nameFrom(options.before, output), await nameFrom(options.after, output)];
  const pair = await readHmaPair({ before, after, folders }, context);
  const blocks = readBlocks(options.blocks, pair.layerCount);
  const mean = options.mean ?? (method === 'proxy' ? usualMean : null);
  const inputs = await readInputs(options, terminal, context);
  const live = new LiveRatios({
    ...{ before, after, folders, pair, blocks, device, threads },
    linearOnly: options['linear-only'],
    alpha: mean,
    headPath: head === undefined ? undefined : resolve(head),
  });
  const scorer = await openScorer(options, context);
  try {
    const { answers, keep, temperature, epsilon, 'max-new-tokens': maxNewTokens } = options;
    const trials = await searchMerge(
      {
        live,
        data: {
          rows: inputs.rows,
          answered: scorer === null ? null : { prompts: inputs.prompts, scorer },
          texts: inputs.texts,
          maxNewTokens,
        },
        space: { blocks: blocks.length, mean, epsilon },
        seed,
        budget,
        proxy: method === 'proxy' ? { answers, keep, temperature } : null,
        folder: output,
        resume,
        key: await keyOf(options, pair, JSON.stringify(blocks)),
        onTrial: (trial, index) => terminal.log(`trial ${index + 1}: ${describeTrial(trial)}`),
      },
      context,
    );
    await report(trials, output, terminal);
    return exitStatus.done;
  } finally {
    await live.release();
    await scorer?.release();
  }
}

/** @throws AlidadeError `usage` */
function checkOptions({ method, reward, head, mean, blocks }: Options): void {
  const usage = (message: string): AlidadeError =>
    new AlidadeError({ code: 'usage', message, hint: 'see alidade merge search --help' });
  if (reward !== undefined && head !== undefined) {
    throw usage('--reward scores what merged models answer, --head is read on the merged body: give one of them');
  }
  if (method === 'proxy' && reward === undefined) throw usage('--method proxy needs --reward R, which scores answers');
  if (mean !== undefined && blocks?.trim() === '1') throw usage('one block with a held mean leaves nothing to search');
}

interface Inputs {
  readonly rows: SearchData['rows'];
  readonly prompts: NonNullable<SearchData['answered']>['prompts'];
  readonly texts: SearchData['texts'];
}

async function readInputs(options: Options, terminal: Terminal, context: JobContext): Promise<Inputs> {
  const kept = <Item>(path: string, { items, problems }: FileContents<Item>): readonly Item[] => {
    for (const { id, message } of problems) terminal.warn(`${path}, row ${id}: ${message}`);
    return items;
  };
  const { prompts: path, text, reward } = options;
  const prompts = reward === undefined ? [] : kept(path, await readPromptsToAnswer(path, mostRows, context));
  const rows = reward === undefined ? kept(path, await readRowsToScore(path, mostRows, context)) : [];
  const texts = kept(text, await readTextsToMeasure(text, { rows: mostRows, bytes: longestText }, context));
  return { rows, prompts, texts };
}

async function openScorer(
  { reward, device, dtype, threads }: Options,
  context: JobContext,
): Promise<Awaited<ReturnType<typeof openRowScorer>> | null> {
  if (reward === undefined) return null;
  return openRowScorer({ reference: reward, device, dtype, threads }, context);
}

/** What trials depend on: those of another search are not to be mixed in. */
async function keyOf(options: Options, { fingerprint }: HmaPairFacts, blocks: string): Promise<RunKey> {
  const { reward, head, mean, method, seed, answers, keep, temperature, epsilon, dtype } = options;
  return {
    models: fingerprint,
    reward: reward ?? '',
    head: head === undefined ? '' : await hashOf(head),
    prompts: await hashOf(options.prompts),
    text: await hashOf(options.text),
    blocks,
    mean: String(mean ?? ''),
    method: [method, ...(method === 'proxy' ? [answers, keep ?? '', temperature] : [])].join(' '),
    settings: [seed, epsilon, options['linear-only'], options['max-new-tokens'], dtype].join(' '),
  };
}

async function hashOf(path: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } catch (error) {
    throw describeFileError(error, path);
  }
}

async function report(trials: readonly RatioTrial[], output: string, terminal: Terminal): Promise<void> {
  const front = onFront(trials);
  const lines = writeTrialLines(trials).split('\n');
  await terminal.write(lines.filter((_, index) => front[index] === true).join('\n') + '\n');
  const best = bestTrial(trials);
  if (best !== null) terminal.log(`best of both, in ${output}/best.yml: ${describeTrial(best)}`);
}

function describeTrial({ ratios, reward, nll, tokens }: RatioTrial): string {
  const brief = (value: number): string => String(Number(value.toPrecision(5)));
  return [
    `share before RLHF ${ratios.join(', ')}`,
    ...(reward === null ? [] : [`reward ${brief(reward)}`]),
    ...(nll === null ? [] : [`perplexity ${brief(Math.exp(nll / tokens))}`]),
  ].join('; ');
}
