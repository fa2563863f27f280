import { FormatError } from '../formatError';

/**
 * Keys of one JSON object with checked types and ranges. A key that is absent or null gives null.
 * Every error is a FormatError that names the key.
 */
export class ConfigReader {
  readonly file: string;
  private readonly values: Readonly<Record<string, unknown>>;
  private readonly prefix: string;
  private readonly spellings: Readonly<Record<string, string>>;

  constructor(values: unknown, file: string, prefix = '', spellings: Readonly<Record<string, string>> = {}) {
    this.file = file;
    this.prefix = prefix;
    this.spellings = spellings;
    if (!isRecord(values)) {
      const what = prefix === '' ? 'the configuration' : prefix.slice(0, -1);
      throw new FormatError({ problem: `${what} is not a JSON object`, file, hint: configHint });
    }
    this.values = values;
  }

  fail(problem: string): never {
    throw new FormatError({ problem, file: this.file, hint: configHint });
  }

  /** The same values, some of which go by names of their own: usual name -> name in the file, where it is there. */
  withSpellings(spellings: Readonly<Record<string, string>>): ConfigReader {
    return new ConfigReader(this.values, this.file, this.prefix, spellings);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.values, this.spell(key));
  }

  /** The value as it stands; undefined when absent. */
  raw(key: string): unknown {
    return this.has(key) ? this.values[this.spell(key)] : undefined;
  }

  /** A whole number from `least` to `most`. */
  count(key: string, { least = 1, most }: { readonly least?: number; readonly most: number }): number | null {
    const value = this.raw(key) ?? null;
    if (value === null) return null;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || most < value) {
      this.fail(
        `${this.prefix}${this.spell(key)} is ${show(value)}, a whole number from ${least} to ${most} was expected`,
      );
    }
    return value;
  }

  /** As `count`, but the key must be there. */
  requiredCount(key: string, range: { readonly least?: number; readonly most: number }): number {
    return this.count(key, range) ?? this.fail(`${this.prefix}${this.spellings[key] ?? key} is missing`);
  }

  /** A finite number above 0. */
  positive(key: string): number | null {
    let value = this.raw(key) ?? null;
    // transformers 5 writes what JSON cannot hold as {"__float__": "Infinity"}.
    if (isRecord(value) && Object.hasOwn(value, '__float__')) value = Number(value['__float__']);
    if (value === null) return null;
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
      this.fail(`${this.prefix}${this.spell(key)} is ${show(value)}, a finite number above 0 was expected`);
    }
    return value;
  }

  /** Any finite number. */
  number(key: string): number | null {
    const value = this.raw(key) ?? null;
    if (value !== null && (typeof value !== 'number' || !Number.isFinite(value)))
      this.fail(`${this.prefix}${this.spell(key)} is ${show(value)}, a finite number was expected`);
    return value;
  }

  flag(key: string): boolean | null {
    const value = this.raw(key) ?? null;
    if (value !== null && typeof value !== 'boolean')
      this.fail(`${this.prefix}${this.spell(key)} is ${show(value)}, true or false was expected`);
    return value;
  }

  text(key: string): string | null {
    const value = this.raw(key) ?? null;
    if (value !== null && typeof value !== 'string')
      this.fail(`${this.prefix}${this.spell(key)} is ${show(value)}, a text was expected`);
    return value;
  }

  list(key: string): readonly unknown[] | null {
    const value = this.raw(key) ?? null;
    if (value === null) return null;
    if (!Array.isArray(value)) this.fail(`${this.prefix}${this.spell(key)} is ${show(value)}, a list was expected`);
    return value as readonly unknown[];
  }

  object(key: string): ConfigReader | null {
    const value = this.raw(key) ?? null;
    return value === null ? null : new ConfigReader(value, this.file, `${this.prefix}${key}.`);
  }

  keys(): readonly string[] {
    return Object.keys(this.values);
  }

  private spell(key: string): string {
    const own = Object.hasOwn(this.spellings, key) ? this.spellings[key] : key;
    return Object.hasOwn(this.values, own) ? own : key;
  }
}

const configHint = 'compare the configuration with the one that was published';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
