import { dirname } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { MergePlan } from '../../core/merging/plan/mergePlan';
import type { RecipeProblem } from '../../core/yaml/recipeProblem';
import { readSmallFile } from '../../engine/checkpoint/readSmallFile';
import { lineOf, planRecipeText } from '../../engine/merging/planRecipeText';
import type { OptionValues } from '../command';
import type { Terminal } from '../terminal';
import type { planningOptions } from './mergeOptions';

export interface PlanRecipeParams {
  /** Path of the recipe. */
  readonly path: string;
  readonly options: OptionValues<typeof planningOptions>;
  readonly terminal: Terminal;
}

export interface PlannedRecipe {
  readonly text: string;
  readonly stages: readonly MergePlan[];
  /** Warnings and what is worth knowing; errors were thrown. */
  readonly problems: readonly RecipeProblem[];
}

/** Bytes. */
const maximumRecipeLength = 4_000_000;

/**
 * Plans the merge that a file describes, as every command does that needs a plan. Warnings go to standard error.
 * @throws AlidadeError `recipe` with all errors, each with its line; `not_found`.
 */
export async function planRecipe(
  { path, options, terminal }: PlanRecipeParams,
  context: JobContext,
): Promise<PlannedRecipe> {
  const bytes = await readSmallFile({ path, most: maximumRecipeLength });
  if (bytes === null) throw new AlidadeError({ code: 'not_found', message: `${path} does not exist` });
  const text = new TextDecoder().decode(bytes);
  const { stages, problems } = await planRecipeText(
    {
      text,
      folders: [dirname(path), process.cwd()],
      options: {
        dtype: options.dtype ?? null,
        shardBytes: options['shard-size'],
        arithmetic: options['mergekit-compatible'] ? 'mergekit' : 'exact',
        seed: options.seed,
      },
    },
    context,
  );
  const place = (problem: RecipeProblem): string => `${path}:${lineOf(text, problem)}`;
  const errors = problems.filter(({ severity }) => severity === 'error');
  for (const problem of problems) {
    if (problem.severity === 'warning') terminal.warn(`${place(problem)}: ${problem.message}`);
  }
  if (0 < errors.length) {
    const last = errors[errors.length - 1];
    for (const error of errors.slice(0, -1)) terminal.fail(`${place(error)}: ${error.message}`);
    throw new AlidadeError({ code: 'recipe', message: `${place(last)}: ${last.message}` });
  }
  return { text, stages, problems };
}
