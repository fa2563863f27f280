import { modelsToRead, needVocabularies } from '../../core/merging/recipe/modelsOfRecipe';
import { joinProblems } from '../../core/yaml/joinProblems';
import type { MergePlan } from '../../core/merging/plan/mergePlan';
import type { RecipeProblem } from '../../core/yaml/recipeProblem';
import { parseMergeRecipe } from '../../core/merging/recipe/parseMergeRecipe';
import { planMerge } from '../../core/merging/plan/planMerge';
import type { PlanOptions } from '../../core/merging/plan/planMerge';
import type { JobContext } from '../../core/jobContext';
import { readMergeSources } from './readMergeSources';

export interface RecipeToPlan {
  readonly text: string;
  /** From which relative paths are taken, in this order: the recipe's folder, the current one. */
  readonly folders: readonly string[];
  readonly options: Omit<PlanOptions, 'text' | 'version'>;
}

/** What a recipe comes to. */
export interface PlannedText {
  /** One a document; empty where there are errors. */
  readonly stages: readonly MergePlan[];
  /** Of the recipe and of the plan. */
  readonly problems: readonly RecipeProblem[];
}

/**
 * Plans the merge that a text describes, with its models as they are on disk now.
 * @throws AlidadeError `cancelled`; what is wrong with the recipe or its models is among the problems.
 */
export async function planRecipeText(
  { text, folders, options }: RecipeToPlan,
  context: Pick<JobContext, 'signal'>,
): Promise<PlannedText> {
  const { recipes, problems } = parseMergeRecipe(text);
  const withVocabulary = needVocabularies(recipes);
  const sources = await readMergeSources({ models: modelsToRead(recipes), folders, withVocabulary }, context);
  const version = process.env['ALIDADE_VERSION'] ?? '';
  const planning = planMerge({ recipes, sources, options: { ...options, version, text } });
  const all = joinProblems(problems, planning.problems);
  return { stages: all.some(({ severity }) => severity === 'error') ? [] : planning.stages, problems: all };
}

/** The line on which a problem begins, from 1. */
export function lineOf(text: string, { span }: Pick<RecipeProblem, 'span'>): number {
  return text.slice(0, span.start).split('\n').length;
}
