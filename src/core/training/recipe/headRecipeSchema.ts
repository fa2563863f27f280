import { keySchema } from '../../yaml/keySchema';
import { headRecipeSpec } from './headRecipeKeys';

/** The JSON schema of a head recipe. */
export function headRecipeSchema(): Record<string, unknown> {
  return keySchema('Head recipes (Alidade)', headRecipeSpec);
}
