import { recipeModelKey, type MergeRecipe, type RecipeModel } from './mergeRecipe';
import type { RecipeProblems } from './recipeProblems';

/** Every model that a recipe names, each time that it does. */
export function recipeModels({ baseModel, modules, tokenizer }: MergeRecipe): readonly RecipeModel[] {
  const slices = modules.flatMap((module) => module.slices);
  const tokens = [...(tokenizer?.tokens.values() ?? [])].flatMap(({ source }) =>
    source === null || source.kind === 'zero' ? [] : [source.model],
  );
  return [
    ...(baseModel === null ? [] : [baseModel]),
    ...slices.flatMap((slice) => [
      ...slice.sources.map(({ model }) => model),
      ...(slice.baseModel === null ? [] : [slice.baseModel]),
    ]),
    ...(tokenizer?.source.value.kind === 'model' ? [tokenizer.source.value.model] : []),
    ...tokens,
  ];
}

/** The models of recipes that are read from disk, each once: those that are not made by an earlier document. */
export function modelsToRead(recipes: readonly MergeRecipe[]): readonly RecipeModel[] {
  const made = new Set<string>();
  const found = new Map<string, RecipeModel>();
  for (const recipe of recipes) {
    for (const model of recipeModels(recipe)) {
      const key = recipeModelKey(model);
      if (!made.has(model.path) && !found.has(key)) found.set(key, model);
    }
    if (recipe.name !== null) made.add(recipe.name.value);
  }
  return [...found.values()];
}

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
