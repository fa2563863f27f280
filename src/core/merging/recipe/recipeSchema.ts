import { keySchema } from '../../yaml/keySchema';
import { recipeSpec } from './recipeKeys';

/** The JSON schema of a merge recipe; the parameters of all methods stand in it. */
export function recipeSchema(): Record<string, unknown> {
  return keySchema('Merge recipes (mergekit)', recipeSpec(null));
}
