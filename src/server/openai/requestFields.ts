import { badRequest } from '../http/httpError';
import type { HttpError } from '../http/httpError';

export interface NumberRange {
  readonly least?: number;
  readonly most?: number;
  readonly isInteger?: boolean;
}

/** The fields of a request's JSON object, read with their checks. A null counts as absent, as in OpenAI's API. */
export class RequestFields {
  readonly #fields: Readonly<Record<string, unknown>>;

  /** @throws HttpError 400 when the body is no object. */
  constructor(body: unknown) {
    if (!isObject(body)) throw badRequest(`the body is ${nameOf(body)}: it has to be a JSON object`);
    this.#fields = body;
  }

  names(): readonly string[] {
    return Object.keys(this.#fields);
  }

  /** Undefined when absent. */
  get(name: string): unknown {
    // Own fields only: `constructor` and the like are none.
    const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
    return value === null ? undefined : value;
  }

  number(name: string, { least = -Infinity, most = Infinity, isInteger = false }: NumberRange): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || (isInteger && !Number.isSafeInteger(value))) {
      throw this.refusal(name, `is ${nameOf(value)}, not a ${isInteger ? 'whole ' : ''}number`);
    }
    if (value < least) throw this.refusal(name, `is ${value}, but has to be at least ${least}`);
    if (most < value) throw this.refusal(name, `is ${value}, but has to be at most ${most}`);
    return value;
  }

  boolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.refusal(name, `is ${nameOf(value)}, not true or false`);
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.get(name);
    if (value === undefined || Array.isArray(value)) return value;
    throw this.refusal(name, `is ${nameOf(value)}, not a list`);
  }

  object(name: string): RequestFields | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw this.refusal(name, `is ${nameOf(value)}, not an object`);
    return new RequestFields(value);
  }

  refusal(name: string, problem: string): HttpError {
    return badRequest(`\`${name}\` ${problem}`, name);
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a value is, in a few words. */
export function nameOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'object' ? 'an object' : String(value);
}
