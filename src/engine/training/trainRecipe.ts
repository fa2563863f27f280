import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { parseHeadRecipe } from '../../core/training/recipe/parseHeadRecipe';
import type { TrainingReport } from '../../core/training/trainingReport';
import { lineOf } from '../merging/planRecipeText';
import { trainHead, type TrainHeadParams } from './trainHead';

export interface TrainRecipeParams extends Omit<TrainHeadParams, 'recipe' | 'version'> {
  /** The recipe, as it may be in an editor. */
  readonly text: string;
}

/**
 * Trains what the text of a recipe describes.
 * @throws AlidadeError `recipe` with the first error and how many there are, and what `trainHead` throws.
 */
export async function trainRecipe(
  { text, ...params }: TrainRecipeParams,
  context: JobContext,
): Promise<TrainingReport> {
  const { recipe, problems } = parseHeadRecipe(text);
  const [first, ...others] = problems.filter(({ severity }) => severity === 'error');
  if (first !== undefined || recipe === null) {
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    const place = first === undefined ? '' : `line ${lineOf(text, first)}: `;
    throw new AlidadeError({ code: 'recipe', message: `${place}${first?.message ?? 'there is no recipe'}${more}` });
  }
  return trainHead({ ...params, recipe, version: process.env['ALIDADE_VERSION'] ?? '' }, context);
}
