import { methodParameters } from './recipeKeys';
import type { MergeRecipe, ParameterScope, RecipeModule } from './mergeRecipe';
import type { RecipeProblems } from '../../yaml/recipeProblems';

/** Outside the layers, as most architectures call them: gradients are taken at their beginning there. */
const outside = {
  embeddings: 'model.embed_tokens.weight',
  'final norm': 'model.norm.weight',
  head: 'lm_head.weight',
} as const;

type Outside = keyof typeof outside;

/**
 * What surprises about values that run over the layers: embeddings, final norm and head take the first of them (mergekit
 * evaluates all three at t = 0), and a slice of one layer takes the last.
 */
export function checkGradients(recipe: MergeRecipe, problems: RecipeProblems): void {
  const names = methodParameters(recipe.method.value, 'shared').map(({ name }) => name);
  for (const module of recipe.modules) {
    const last = module.slices.length - 1;
    module.slices.forEach(({ sources, parameters }, index) => {
      const ends: readonly Outside[] = [
        ...(index === 0 ? (['embeddings'] as const) : []),
        ...(index === last ? (['final norm', 'head'] as const) : []),
      ];
      const hasOneLayer = sources.some(
        ({ layerRange }) => layerRange !== null && layerRange.end - layerRange.start === 1,
      );
      for (const scope of [parameters, ...sources.map((source) => source.parameters)]) {
        checkScope(scope, names, ends, hasOneLayer, problems);
      }
    });
  }
  for (const scope of [recipe.parameters, ...recipe.modules.map(({ parameters }) => parameters)]) {
    checkScope(scope, names, Object.keys(outside) as Outside[], recipe.modules.every(hasOnlySingleLayers), problems);
  }
}

function hasOnlySingleLayers({ slices }: RecipeModule): boolean {
  const ranges = slices.flatMap(({ sources }) => sources.map(({ layerRange }) => layerRange));
  return ranges.every((range) => range !== null && range.end - range.start === 1);
}

function checkScope(
  scope: ParameterScope,
  names: readonly string[],
  ends: readonly Outside[],
  hasOneLayer: boolean,
  problems: RecipeProblems,
): void {
  for (const { name, rules } of scope.values()) {
    if (!names.includes(name)) continue;
    rules.forEach(({ value, filter, span }, index) => {
      if (typeof value === 'number' || typeof value === 'boolean' || value.length < 2) return;
      const [first, last] = [value[0], value[value.length - 1]];
      if (first === last) return;
      // An earlier rule may have them already.
      const taken = ends.filter(
        (end) =>
          (filter === null || outside[end].includes(filter)) &&
          !rules.slice(0, index).some((rule) => rule.filter === null || outside[end].includes(rule.filter)),
      );
      if (0 < taken.length) {
        const verb = taken.length === 1 && taken[0] !== 'embeddings' ? 'takes' : 'take';
        const message = `${listed(taken)} ${verb} the first value, ${first}: the list runs over the layers only`;
        problems.information('gradient_ends', message, span);
      }
      if (hasOneLayer) {
        const message = `a slice of one layer takes the last value, ${last}`;
        problems.information('gradient_one_layer', message, span);
      }
    });
  }
}

function listed(ends: readonly Outside[]): string {
  const names = ends.map((end) => `the ${end}`);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
