import type { Span } from '../../promptFile/locateJson';
import type { RecipeProblem } from '../../yaml/recipeProblem';

/** Problems of a plan, each said once: what concerns hundreds of tensors names the first and counts the others. */
export class ProblemCollector {
  readonly #problems = new Map<string, { readonly problem: RecipeProblem; count: number }>();
  #isIncomplete = false;

  /** @param about what makes two problems of a code at one place the same. */
  add(problem: RecipeProblem, about = problem.message): void {
    const key = `${problem.code}\0${problem.span.start}\0${problem.span.end}\0${about}`;
    const known = this.#problems.get(key);
    if (known === undefined) this.#problems.set(key, { problem, count: 1 });
    else known.count += 1;
  }

  /** As `add`, for one of many tensors: they differ in the message alone. */
  addForTensor(code: string, severity: RecipeProblem['severity'], message: string, span: Span, about = ''): void {
    this.add({ code, severity, message, span }, about);
  }

  /** Something is missing that is told elsewhere: there can be no plan. */
  markIncomplete(): void {
    this.#isIncomplete = true;
  }

  get hasErrors(): boolean {
    return this.#isIncomplete || [...this.#problems.values()].some(({ problem }) => problem.severity === 'error');
  }

  /** In the order in which they were met. */
  list(): readonly RecipeProblem[] {
    return [...this.#problems.values()].map(({ problem, count }) =>
      count === 1
        ? problem
        : { ...problem, message: `${problem.message} (and ${count - 1} more ${count === 2 ? 'tensor' : 'tensors'})` },
    );
  }
}
