import { dirname } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { MergeResult } from '../../core/merging/mergeResult';
import { lineOf, planRecipeText } from './planRecipeText';
import { runMerge } from './runMerge';

export interface RunRecipeParams {
  /** The recipe, as it may be in an editor. */
  readonly text: string;
  /** Its absolute path: models are looked for from its folder. */
  readonly path: string;
  /** Absolute path of the folder that is made. */
  readonly target: string;
  readonly resume: boolean;
  /** A folder that is there is replaced at the end. */
  readonly force: boolean;
  readonly mergekitCompatible: boolean;
  /** Decimal bytes of a weight file at most. */
  readonly shardBytes: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * Plans what a recipe says and does it.
 * @throws AlidadeError `recipe` with the first error and how many there are, and what `runMerge` throws.
 */
export async function runRecipe(params: RunRecipeParams, context: JobContext): Promise<MergeResult> {
  const { text, path, target, resume, force, mergekitCompatible, shardBytes, seed = 0 } = params;
  const arithmetic = mergekitCompatible ? 'mergekit' : 'exact';
  const { stages, problems } = await planRecipeText(
    { text, folders: [dirname(path)], options: { dtype: null, shardBytes, arithmetic, seed } },
    context,
  );
  const [first, ...others] = problems.filter(({ severity }) => severity === 'error');
  if (first !== undefined) {
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    throw new AlidadeError({ code: 'recipe', message: `${path}:${lineOf(text, first)}: ${first.message}${more}` });
  }
  const version = process.env['ALIDADE_VERSION'] ?? '';
  return runMerge({ stages, target, resume, force, version }, context);
}
