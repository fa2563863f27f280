import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { RunKey } from '../../core/journal';
import type { RatioSpace } from '../../core/merging/search/ratioSpace';
import { ratioTrial, type RatioTrial } from '../../core/merging/search/ratioTrial';
import type { RewardedSample } from '../../core/merging/search/searchJournal';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { MeasurableText } from '../generation/measureText';
import type { RowScorer } from '../reward/rowScorer';
import { distilRatios } from './distilRatios';
import type { MergePrompt } from './liveMerge';
import type { LiveRatios } from './liveRatios';
import { answeredRow, rewardAnswers } from './rewardAnswers';
import { SearchFolder } from './searchFolder';
import { searchRatios } from '../../core/merging/search/searchRatios';

/** On what merged models are measured. */
export interface SearchData {
  /** Scored by the merged model itself; empty where another model scores its answers. */
  readonly rows: readonly ScorableRow[];
  /** What merged models answer, and who scores the answers; null: `rows` are scored. */
  readonly answered: { readonly prompts: readonly MergePrompt[]; readonly scorer: RowScorer } | null;
  readonly texts: readonly MeasurableText[];
  /** Longest answer. */
  readonly maxNewTokens: number;
}

/** HMA's proxy distillation. */
export interface ProxySettings {
  /** Of the model after RLHF, to each prompt. */
  readonly answers: number;
  readonly keep: number | undefined;
  readonly temperature: number;
}

export interface SearchMergeParams {
  readonly live: LiveRatios;
  readonly data: SearchData;
  readonly space: RatioSpace;
  readonly seed: number;
  /** Trials of a direct search, likelihoods of a proxy distillation. */
  readonly budget: number;
  /** null: direct search. */
  readonly proxy: ProxySettings | null;
  readonly folder: string;
  readonly resume: boolean;
  readonly key: RunKey;
  readonly onTrial?: ((trial: RatioTrial, index: number) => void) | undefined;
}

/**
 * Searches the ratios of a merge into a folder, step by step (`SearchFolder`): directly on reward and surprise, or by
 * HMA's proxy distillation, whose result is measured too, beside the plain average of the same mean.
 * @returns all trials.
 * @throws AlidadeError as `SearchFolder`, `LiveMerge`, `distilRatios`; `cancelled`, with all that is done in the folder.
 */
export async function searchMerge(params: SearchMergeParams, context: JobContext): Promise<readonly RatioTrial[]> {
  const { live, folder: path, key, resume } = params;
  const folder = await SearchFolder.open({ path, key, resume, recipeOf: (ratios) => live.recipeOf(ratios) });
  try {
    if (params.proxy === null) await searchDirectly(params, folder, context);
    else await searchByProxy(params, params.proxy, folder, context);
    return folder.trials;
  } finally {
    await folder.close();
  }
}

async function searchDirectly(params: SearchMergeParams, folder: SearchFolder, context: JobContext): Promise<void> {
  const { space, seed, budget } = params;
  await searchRatios(
    {
      space,
      seed,
      budget,
      trials: folder.trials,
      measure: (ratios, named) => measureRatios(params, ratios, named),
      nameOf: (trial, trials) => `Trial ${trial} of ${trials}`,
      onTrial: (trial) => note(params, folder, trial),
    },
    context,
  );
}

async function searchByProxy(
  params: SearchMergeParams,
  { answers, keep, temperature }: ProxySettings,
  folder: SearchFolder,
  context: JobContext,
): Promise<void> {
  const { live, data, space, seed, budget } = params;
  const { answered, maxNewTokens } = data;
  if (answered === null || space.mean === null) {
    throw new AlidadeError({
      code: 'usage',
      message: 'proxy distillation needs a reward model for the answers, and a mean that is held',
    });
  }
  const { prompts, scorer } = answered;
  const { mean } = space;
  const best = await distilRatios(
    {
      ...{ space, seed, answers, keep, budget },
      prompts: prompts.length,
      steps: folder.steps,
      onStep: (step) => folder.add(step),
      sample: async (sampleSeed, named) => {
        const after = await live.after(named);
        const made = await after.generate({ prompts, temperature, maxNewTokens, seed: sampleSeed }, named);
        return rewardAnswers(scorer, prompts, made, named);
      },
      logLikelihood: (ratios, samples, named) => likelihoodOf(params, prompts, ratios, samples, named),
    },
    context,
  );
  for (const ratios of [plain(space, mean), best.ratios]) {
    if (folder.trials.some((trial) => trial.ratios.join() === ratios.join())) continue;
    await note(params, folder, await measureRatios(params, ratios, context));
  }
}

async function measureRatios(
  { live, data }: SearchMergeParams,
  ratios: readonly number[],
  context: JobContext,
): Promise<RatioTrial> {
  const { rows, answered, texts, maxNewTokens } = data;
  const merged = await live.at(ratios, context);
  // What it keeps from earlier answers would make a resumed search differ in the last bits.
  answered?.scorer.forget?.();
  const generated = answered === null ? undefined : { ...answered, maxNewTokens, temperature: 0, seed: 0 };
  return ratioTrial(ratios, await merged.measure({ rows, texts, generated }, context));
}

async function likelihoodOf(
  { live }: SearchMergeParams,
  prompts: readonly MergePrompt[],
  ratios: readonly number[],
  samples: readonly RewardedSample[],
  context: JobContext,
): Promise<number> {
  const merged = await live.at(ratios, context);
  const rows = samples.map(({ prompt, text }) => answeredRow(prompts[prompt], text));
  const { logLikelihood, tokens, rows: measured } = await merged.logLikelihood(rows, context);
  if (0 < tokens) return logLikelihood / tokens;
  throw new AlidadeError({ code: 'row', message: measured[0]?.error ?? 'no answer can be read' });
}

async function note({ onTrial }: SearchMergeParams, folder: SearchFolder, trial: RatioTrial): Promise<void> {
  await folder.add({ kind: 'trial', trial });
  onTrial?.(trial, folder.trials.length - 1);
}

function plain({ blocks }: RatioSpace, mean: number): readonly number[] {
  return Array.from({ length: blocks }, () => mean);
}
