import type { Span } from '../../promptFile/locateJson';
import { unknownName } from '../../yaml/checkValue';
import type { Located } from '../../yaml/yamlValue';
import type { RecipeProblems } from '../../yaml/recipeProblems';
import type { HeadRecipePlace } from './headRecipePlaces';

/** What the readers of a recipe's parts share: the names that it gives, its problems and its places. */
export class RecipeNames {
  readonly #names = { data: new Map<string, Span>(), objective: new Map<string, Span>() };
  readonly #used = new Set<string>();
  readonly places: HeadRecipePlace[] = [];

  constructor(readonly problems: RecipeProblems) {}

  define(kind: 'data' | 'objective', name: string, span: Span): void {
    const names = this.#names[kind];
    if (names.has(name)) {
      this.problems.error('name_twice', `there is another objective \`${name}\`: each has a name of its own`, span);
    } else {
      names.set(name, span);
    }
  }

  /** The name, when it is that of data; else that it is none is among the problems. */
  data({ value: name, span }: Located<string>, use: 'pairs' | 'rows' = 'rows'): string | null {
    const definition = this.#find('data', name, span);
    if (definition === null) return null;
    this.places.push({ kind: 'data', name, use, definition, span });
    this.#used.add(name);
    return name;
  }

  /** The name, when it is that of an objective; else that it is none is among the problems. */
  objective({ value: name, span }: Located<string>): string | null {
    const definition = this.#find('objective', name, span);
    if (definition === null) return null;
    this.places.push({ kind: 'objective', name, definition, span });
    return name;
  }

  #find(kind: 'data' | 'objective', name: string, span: Span): Span | null {
    const names = this.#names[kind];
    const definition = names.get(name);
    if (definition !== undefined) return definition;
    if (names.size === 0) {
      this.problems.error(`unknown_${kind}`, `there is no ${kindWords[kind]} \`${name}\`: there is none at all`, span);
    } else {
      const unknown = unknownName(kindWords[kind], name, [...names.keys()]);
      this.problems.add({ code: `unknown_${kind}`, severity: 'error', span, ...unknown });
    }
    return null;
  }

  /** Data that nothing has asked for. */
  unused(): readonly Located<string>[] {
    return [...this.#names.data].flatMap(([value, span]) => (this.#used.has(value) ? [] : [{ value, span }]));
  }
}

const kindWords = { data: 'data set', objective: 'objective' } as const;
