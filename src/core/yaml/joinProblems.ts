import type { RecipeProblem } from './recipeProblem';

/**
 * What is wrong with a recipe by itself and as a plan, in the order of the text. Where both say something of one place, an
 * error of the recipe stands for what the plan makes of it.
 */
export function joinProblems(
  ofRecipe: readonly RecipeProblem[],
  ofPlan: readonly RecipeProblem[],
): readonly RecipeProblem[] {
  const added = ofPlan.filter(
    ({ code, span }) =>
      !ofRecipe.some(
        (known) =>
          known.span.start === span.start &&
          known.span.end === span.end &&
          (known.code === code || known.severity === 'error'),
      ),
  );
  return [...ofRecipe, ...added].sort((a, b) => a.span.start - b.span.start);
}
