import type { Span } from '../promptFile/locateJson';

/** Something wrong, or worth knowing, in a recipe. */
export interface RecipeProblem {
  /** In words that do not change: `unknown_key`, `layer_range`, … */
  readonly code: string;
  /** Errors prevent what the recipe is for. */
  readonly severity: 'error' | 'warning' | 'information';
  readonly message: string;
  readonly span: Span;
  /** What was probably meant: a text for the place. */
  readonly suggestion?: string;
}
