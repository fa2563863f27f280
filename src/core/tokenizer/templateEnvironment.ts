import { Environment } from '@huggingface/jinja';
import { TemplateRefusal } from './templateInterpreter';

/** The longest range() of Jinja2's sandbox, in which transformers runs templates. */
const maxRange = 100_000;

/** What a template finds by name: Jinja2's globals and the variables that it is given, which may have the same names. */
export function createTemplateEnvironment(variables: Readonly<Record<string, unknown>>): Environment {
  const environment = new Environment();
  const globals: Record<string, unknown> = {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    range: boundedRange,
    raise_exception: (message: unknown) => {
      throw new TemplateRefusal(String(message));
    },
    ...variables,
  };
  for (const [name, value] of Object.entries(globals)) if (name !== 'namespace') environment.set(name, value);
  return environment;
}

function boundedRange(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw new Error('range() step must not be zero');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (maxRange < length || Number.isNaN(length))
    throw new Error(`range() of ${length} steps; at most ${maxRange} are allowed`);
  return Array.from({ length }, (_, index) => start + index * step);
}
