import { describeJsonError } from '../core/promptFile/describeJsonError';
import { describeJson, isRecord } from '../core/promptFile/rowProblem';
import { OptionProblem, type OptionSpec } from './command';

interface Texts {
  readonly summary: string;
  readonly placeholder: string;
}

/** An option without a value. */
export function flag(summary: string): OptionSpec<boolean> {
  return { kind: 'flag', summary, fallback: false, showsDefault: false, isRequired: false, parse: () => true };
}

export function text(texts: Texts): OptionSpec<string | undefined> {
  return { ...optional(texts), parse: (value) => value };
}

/** A text that must be given. */
export function requiredText(texts: Texts): OptionSpec<string> {
  return { kind: 'value', ...texts, fallback: '', showsDefault: false, isRequired: true, parse: (value) => value };
}

/** One of a few words; the first is the default. */
export function choice<Word extends string>({
  summary,
  placeholder,
  words,
}: Texts & { readonly words: readonly [Word, ...Word[]] }): OptionSpec<Word> {
  return {
    kind: 'value',
    summary: `${summary}: ${words.join(', ')}`,
    placeholder,
    fallback: words[0],
    showsDefault: true,
    isRequired: false,
    parse(value) {
      const found = words.find((word) => word === value);
      if (found === undefined) throw new OptionProblem(`is not one of ${words.join(', ')}`);
      return found;
    },
  };
}

/** One of a few words, or nothing. */
export function optionalChoice<Word extends string>({
  summary,
  placeholder,
  words,
}: Texts & { readonly words: readonly Word[] }): OptionSpec<Word | undefined> {
  const parse = (value: string): Word => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new OptionProblem(`is not one of ${words.join(', ')}`);
    return found;
  };
  return { ...optional({ summary: `${summary}: ${words.join(', ')}`, placeholder }), parse };
}

/** Some of a few words, with commas between them; by default all. */
export function choices<Word extends string>({
  summary,
  placeholder,
  words,
  fallback = words,
}: Texts & { readonly words: readonly Word[]; readonly fallback?: readonly NoInfer<Word>[] }): OptionSpec<
  readonly Word[]
> {
  return {
    kind: 'value',
    summary: `${summary} (default: ${fallback.join(',')})`,
    placeholder,
    fallback,
    showsDefault: false,
    isRequired: false,
    parse: (value) =>
      value.split(',').map((part) => {
        const found = words.find((word) => word === part.trim());
        if (found === undefined) throw new OptionProblem(`has ${JSON.stringify(part)}, not one of ${words.join(', ')}`);
        return found;
      }),
  };
}

export interface NumberRange {
  readonly least?: number;
  readonly most?: number;
  /** `least` itself is too small. */
  readonly isAbove?: boolean;
  readonly isInteger?: boolean;
}

/** A number that is always in force. */
export function number(texts: Texts & NumberRange & { readonly fallback: number }): OptionSpec<number> {
  const { summary, placeholder, fallback } = texts;
  const parse = (value: string): number => parseNumber(value, texts);
  return { kind: 'value', summary, placeholder, fallback, showsDefault: true, isRequired: false, parse };
}

export function optionalNumber(texts: Texts & NumberRange): OptionSpec<number | undefined> {
  return { ...optional(texts), parse: (value) => parseNumber(value, texts) };
}

/** A number of bytes, in decimal units: 8000000, 500kB, 8MB, 5GB. */
export function byteSize(texts: Texts & { readonly fallback: string }): OptionSpec<number> {
  const { summary, placeholder, fallback } = texts;
  const parse = (value: string): number => {
    const [, digits, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([kMGT]?)B?\s*$/i.exec(value) ?? [];
    const bytes = Number(digits) * 1000 ** ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase());
    if (Number.isSafeInteger(bytes) && 0 < bytes) return bytes;
    throw new OptionProblem(`is ${JSON.stringify(value)}, not a size such as ${fallback}`);
  };
  return {
    kind: 'value',
    summary: `${summary} (default: ${fallback})`,
    placeholder,
    fallback: parse(fallback),
    showsDefault: false,
    isRequired: false,
    parse,
  };
}

/** Token ids with commas between them. */
export function tokenIds(texts: Texts): OptionSpec<readonly number[] | undefined> {
  const parse = (value: string): readonly number[] =>
    value.split(',').map((part) => {
      if (/^\s*\d{1,10}\s*$/.test(part)) return Number(part);
      throw new OptionProblem(`has ${JSON.stringify(part)} where a token id should be`);
    });
  return { ...optional(texts), parse };
}

/** `I/N` with 0 ≤ I < N. */
export function shard(texts: Texts): OptionSpec<{ readonly index: number; readonly count: number } | undefined> {
  const parse = (value: string): { readonly index: number; readonly count: number } => {
    const [, first, second] = /^(\d{1,9})\/(\d{1,9})$/.exec(value.trim()) ?? [];
    const [index, count] = [Number(first), Number(second)];
    if (index < count) return { index, count };
    throw new OptionProblem(`is ${JSON.stringify(value)}, but has to be I/N with I from 0 to N-1`);
  };
  return { ...optional(texts), parse };
}

/** `name=value,…` with a number for each name. */
export function namedNumbers(texts: Texts): OptionSpec<Readonly<Record<string, number>> | undefined> {
  const parse = (value: string): Readonly<Record<string, number>> => {
    const pairs = value.split(',').map((part): readonly [string, number] => {
      const equals = part.lastIndexOf('=');
      const name = part.slice(0, Math.max(0, equals)).trim();
      if (name === '') throw new OptionProblem(`has ${JSON.stringify(part)} where name=value should be`);
      return [name, parseNumber(part.slice(equals + 1), {})];
    });
    const names = pairs.map(([name]) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new OptionProblem(`names ${twice} twice`);
    return Object.fromEntries(pairs);
  };
  return { ...optional(texts), parse };
}

/** `name=text,…` with a text for each name. */
export function namedTexts(texts: Texts): OptionSpec<Readonly<Record<string, string>> | undefined> {
  const parse = (value: string): Readonly<Record<string, string>> => {
    const pairs = value.split(',').map((part): readonly [string, string] => {
      const equals = part.indexOf('=');
      const [name, given] = [part.slice(0, Math.max(0, equals)).trim(), part.slice(equals + 1).trim()];
      if (name === '' || given === '') throw new OptionProblem(`has ${JSON.stringify(part)} where name=name should be`);
      return [name, given];
    });
    return Object.fromEntries(pairs);
  };
  return { ...optional(texts), parse };
}

/** `name=text`, given once for each name. */
export function repeatedText(texts: Texts): OptionSpec<Readonly<Record<string, string>> | undefined> {
  const parse = (
    value: string,
    before: Readonly<Record<string, string>> | undefined,
  ): Readonly<Record<string, string>> => {
    const equals = value.indexOf('=');
    const name = value.slice(0, Math.max(0, equals)).trim();
    if (name === '') throw new OptionProblem(`is ${JSON.stringify(value)}, but has to be name=text`);
    if (before !== undefined && Object.hasOwn(before, name)) throw new OptionProblem(`names ${name} twice`);
    return { ...before, [name]: value.slice(equals + 1) };
  };
  return { ...optional(texts), parse };
}

/** Texts, each given with an option of its own. */
export function severalTexts(texts: Texts): OptionSpec<readonly string[]> {
  const parse = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  return { kind: 'value', ...texts, fallback: [], showsDefault: false, isRequired: false, parse };
}

/** A JSON object. */
export function jsonObject(texts: Texts): OptionSpec<Readonly<Record<string, unknown>> | undefined> {
  const parse = (value: string): Readonly<Record<string, unknown>> => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(value);
    } catch {
      throw new OptionProblem(`is no JSON: ${describeJsonError(value).message}`);
    }
    if (isRecord(parsed)) return parsed;
    throw new OptionProblem(`is ${describeJson(parsed)}, not a JSON object of names and values`);
  };
  return { ...optional(texts), parse };
}

type Optional = Omit<OptionSpec<undefined>, 'parse'>;

function optional({ summary, placeholder }: Texts): Optional {
  return { kind: 'value', summary, placeholder, fallback: undefined, showsDefault: false, isRequired: false };
}

function parseNumber(value: string, { least, most, isAbove = false, isInteger = false }: NumberRange): number {
  const trimmed = value.trim();
  const isNumber = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(trimmed);
  const parsed = isNumber ? Number(trimmed) : NaN;
  if (!Number.isFinite(parsed)) throw new OptionProblem(`is ${JSON.stringify(value)}, not a number`);
  if (isInteger && !Number.isSafeInteger(parsed)) throw new OptionProblem(`is ${value}, not a whole number`);
  if (least !== undefined && (parsed < least || (isAbove && parsed === least))) {
    throw new OptionProblem(`is ${value}, but has to be ${isAbove ? 'above' : 'at least'} ${least}`);
  }
  if (most !== undefined && most < parsed) throw new OptionProblem(`is ${value}, but has to be at most ${most}`);
  return parsed;
}
