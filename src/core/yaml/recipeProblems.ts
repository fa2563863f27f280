import type { Span } from '../promptFile/locateJson';
import type { RecipeProblem } from './recipeProblem';

/** Collects what is wrong with a recipe, the same thing at the same place once. */
export class RecipeProblems {
  readonly #problems = new Map<string, RecipeProblem>();

  get hasErrors(): boolean {
    return this.#all.some(({ severity }) => severity === 'error');
  }

  error(code: string, message: string, span: Span): void {
    this.add({ code, severity: 'error', message, span });
  }

  warning(code: string, message: string, span: Span): void {
    this.add({ code, severity: 'warning', message, span });
  }

  information(code: string, message: string, span: Span): void {
    this.add({ code, severity: 'information', message, span });
  }

  add(problem: RecipeProblem): void {
    const { code, message, span } = problem;
    const key = `${code} ${span.start} ${span.end} ${message}`;
    if (!this.#problems.has(key)) this.#problems.set(key, problem);
  }

  /** In the order of the text, the first 500: more say nothing new, and an editor has to draw each of them. */
  inOrder(): readonly RecipeProblem[] {
    return this.#all.sort((a, b) => a.span.start - b.span.start).slice(0, mostProblems);
  }

  get #all(): RecipeProblem[] {
    return [...this.#problems.values()];
  }
}

const mostProblems = 500;
