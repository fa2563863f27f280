import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { withRatios, type BlockRatios } from '../../core/merging/hma/blockRatios';
import { meanOf } from '../../core/merging/hma/heldMean';
import type { LayerBlock } from '../../core/merging/hma/layerBlocks';
import { readBlockRatios } from '../../core/merging/hma/readBlockRatios';
import { applyRecipeEdits, writeBlockRatios } from '../../core/merging/hma/writeBlockRatios';
import type { MergeRecipe } from '../../core/merging/recipe/mergeRecipe';
import { parseMergeRecipe } from '../../core/merging/recipe/parseMergeRecipe';
import type { RatioLikelihood } from '../../core/merging/search/searchJournal';
import type { RowScorer } from '../reward/rowScorer';
import { distilRatios } from './distilRatios';
import { answeredRow, rewardAnswers } from './rewardAnswers';
import type { InputLimits, MergeScorer, MergeSelection } from './mergeScorer';
import { planRecipeText } from './planRecipeText';

export interface DistilRecipeParams {
  /** An average of two models by blocks, as text; its mean is held. */
  readonly merge: MergeSelection & { readonly recipe: string };
  readonly blocks: readonly LayerBlock[];
  /** Absolute. */
  readonly prompts: string;
  readonly limits: InputLimits;
  readonly scorer: RowScorer;
  /** Of the model after RLHF, to each prompt. */
  readonly answers: number;
  readonly temperature: number;
  readonly maxNewTokens: number;
  readonly seed: number;
  /** Likelihoods in all. */
  readonly budget: number;
}

/**
 * HMA's proxy distillation for a recipe in the editor (`distilRatios`), in memory.
 * @throws AlidadeError `recipe` when it is no average by these blocks, and as `MergeScorer` and `distilRatios`.
 */
export async function distilRecipe(
  merges: Pick<MergeScorer, 'generate' | 'logLikelihood' | 'readPrompts'>,
  { merge, blocks, scorer, limits, temperature, maxNewTokens, ...params }: DistilRecipeParams,
  context: JobContext,
): Promise<RatioLikelihood> {
  const { recipe, ratios, tensors } = await readAverage(merge, blocks, context);
  const write = (wanted: BlockRatios): MergeSelection => {
    const edits = writeBlockRatios(merge.recipe, recipe, wanted, tensors);
    return { ...merge, recipe: applyRecipeEdits(merge.recipe, edits) };
  };
  const none = { embedding: 0, finalNorm: 0, head: 0, isLinearOnly: false };
  const after = write({ ...ratios, ...none, ratios: ratios.ratios.map(() => 0) });
  const prompts = await merges.readPrompts(params.prompts, limits, context);
  return distilRatios(
    {
      space: { blocks: blocks.length, mean: meanOf(ratios.ratios), epsilon: 0 },
      seed: params.seed,
      answers: params.answers,
      keep: undefined,
      prompts: prompts.length,
      budget: params.budget,
      steps: [],
      onStep: () => undefined,
      sample: async (seed, named) => {
        const made = await merges.generate({ merge: after, prompts, temperature, maxNewTokens, seed }, named);
        return rewardAnswers(scorer, prompts, made, named);
      },
      logLikelihood: async (tried, samples, named) => {
        const rows = samples.map(({ prompt, text }) => answeredRow(prompts[prompt], text));
        const found = await merges.logLikelihood({ merge: write(withRatios(ratios, tried)), rows }, named);
        if (0 < found.tokens) return found.logLikelihood / found.tokens;
        throw new AlidadeError({ code: 'row', message: found.rows[0]?.error ?? 'no answer can be read' });
      },
    },
    context,
  );
}

async function readAverage(
  { recipe: text, folders }: DistilRecipeParams['merge'],
  blocks: readonly LayerBlock[],
  context: JobContext,
): Promise<{ readonly recipe: MergeRecipe; readonly ratios: BlockRatios; readonly tensors: readonly string[] }> {
  const options = { dtype: null, shardBytes: 5e9, arithmetic: 'exact', seed: 0 } as const;
  const { stages, problems } = await planRecipeText({ text, folders, options }, context);
  const [stage, ...others] = stages;
  const [recipe] = parseMergeRecipe(text).recipes;
  const tensors = stage === undefined ? [] : stage.tensors.map(({ name }) => name);
  const ratios =
    stage === undefined || recipe === undefined || 0 < others.length
      ? null
      : readBlockRatios(recipe, stage.layerCount, { blocks, tensors });
  if (recipe !== undefined && ratios !== null) return { recipe, ratios, tensors };
  const error = problems.find(({ severity }) => severity === 'error');
  throw new AlidadeError({
    code: 'recipe',
    message: error?.message ?? 'the recipe is no average of two models by blocks of layers',
  });
}
