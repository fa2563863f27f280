import type { MergeRecipe } from '../recipe/mergeRecipe';
import { recipeModels } from '../recipe/modelsOfRecipe';
import type { RecipeProblems } from '../../yaml/recipeProblems';

/** How documents refer to each other: names are told apart, made before they are used, and used. */
export function checkStages(recipes: readonly MergeRecipe[], problems: RecipeProblems): void {
  const made = new Map<string, number>();
  const last = recipes.length - 1;
  recipes.forEach(({ name, method }, index) => {
    if (name === null) {
      if (index === last) return;
      const message = 'only the last document may go without a `name`: nothing can be made of its result';
      problems.error('document_name', message, method.span);
    } else if (made.has(name.value)) {
      problems.error('document_name', `another document above is called \`${name.value}\` too`, name.span);
    } else {
      made.set(name.value, index);
    }
  });
  const used = new Set<string>();
  recipes.forEach((recipe, index) => {
    for (const { path, span } of recipeModels(recipe)) {
      const maker = made.get(path);
      if (maker === undefined) continue;
      used.add(path);
      if (maker < index) continue;
      const message =
        maker === index
          ? `\`${path}\` is what this document makes itself`
          : `\`${path}\` is made by a document further down: it has to stand above this one`;
      problems.error('document_order', message, span);
    }
  });
  for (const [index, { name }] of recipes.entries()) {
    if (name === null || index === last || used.has(name.value)) continue;
    problems.warning('unused_document', `nothing below uses \`${name.value}\``, name.span);
  }
}
