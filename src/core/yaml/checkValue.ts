import { nearestName } from '../nearestName';
import type { Span } from '../promptFile/locateJson';
import { formsOf, type KeyTable, type ValueSpec } from './keySpec';
import type { YamlProblem, YamlValue } from './yamlValue';

/** Something that the table of keys does not allow. */
export interface ValueProblem extends YamlProblem {
  readonly code: 'wrong_value' | 'unknown_key' | 'missing_key';
  /** The key that was probably meant. */
  readonly suggestion?: string;
}

/** Everything that is wrong with a value according to the table of keys, each at its place. */
export function checkValue(spec: ValueSpec, value: YamlValue): readonly ValueProblem[] {
  const form = formsOf(spec).find((candidate) => hasForm(candidate, value));
  if (form === undefined) {
    return wrong(`${describeValue(value)} stands here, not ${describeSpec(spec)}`, value.span);
  }
  switch (form.kind) {
    case 'text':
      if (form.mayBeEmpty === true || value.kind !== 'text' || value.value.trim() !== '') return [];
      return wrong('the text is empty', value.span);
    case 'number':
      return checkNumber(form, value);
    case 'boolean':
    case 'any':
      return [];
    case 'word':
      return checkWord(form.words, value);
    case 'list':
      if (value.kind !== 'list') return [];
      if (value.items.length === 0) return wrong('the list is empty', value.span);
      return value.items.flatMap((item) => checkValue(form.item, item));
    case 'named':
      if (value.kind !== 'mapping') return [];
      if (value.entries.length === 0) return wrong('it is empty', value.span);
      return value.entries.flatMap((entry) => checkValue(form.value, entry.value));
    case 'mapping':
      return checkMapping(form, value);
    case 'either':
      return checkValue(form, value);
  }
}

function checkMapping(
  { keys, required = [] }: { readonly keys: KeyTable; readonly required?: readonly string[] },
  value: YamlValue,
): readonly ValueProblem[] {
  if (value.kind !== 'mapping') return [];
  const problems = value.entries.flatMap(({ key, keySpan, value: inner }) =>
    Object.hasOwn(keys, key)
      ? checkValue(keys[key].value, inner)
      : [{ code: 'unknown_key' as const, ...unknownName('key', key, Object.keys(keys)), span: keySpan }],
  );
  const given = new Set(value.entries.map(({ key }) => key));
  const missing = required.filter((key) => !given.has(key));
  const { start } = value.span;
  const place = value.entries[0]?.keySpan ?? { start, end: Math.max(start, value.span.end) };
  return [
    ...problems,
    ...missing.map((key) => ({ code: 'missing_key' as const, message: `\`${key}\` is missing`, span: place })),
  ];
}

function wrong(message: string, span: Span): readonly ValueProblem[] {
  return [{ code: 'wrong_value', message, span }];
}

/** "unknown key `nmae`: did you mean `name`?" */
export function unknownName(
  kind: string,
  name: string,
  known: readonly string[],
): { readonly message: string; readonly suggestion?: string } {
  const near = nearestName(name, known);
  if (near === null) return { message: `unknown ${kind} \`${name}\`: known here: ${known.join(', ')}` };
  return { message: `unknown ${kind} \`${name}\`: did you mean \`${near}\`?`, suggestion: near };
}

function checkNumber(
  spec: { readonly least?: number; readonly most?: number; readonly isInteger?: boolean },
  value: YamlValue,
): readonly ValueProblem[] {
  if (value.kind !== 'number') return [];
  const { value: number, source, span } = value;
  const { least = -Infinity, most = Infinity, isInteger = false } = spec;
  if (!Number.isFinite(number)) return wrong(`${source} is not a finite number`, span);
  if (isInteger && !Number.isInteger(number)) return wrong(`${source} is not a whole number`, span);
  if (number < least) return wrong(`${source} is less than ${least}`, span);
  return most < number ? wrong(`${source} is more than ${most}`, span) : [];
}

function checkWord(words: readonly string[], value: YamlValue): readonly ValueProblem[] {
  const word = 'source' in value ? value.source : value.kind === 'text' ? value.value : '';
  if (words.includes(word)) return [];
  const near = nearestName(word, words);
  const hint = near === null ? `one of ${words.join(', ')}` : `did you mean ${near}?`;
  return wrong(`${JSON.stringify(word)} is not known here: ${hint}`, value.span);
}

function hasForm(spec: ValueSpec, { kind }: YamlValue): boolean {
  switch (spec.kind) {
    case 'any':
      return true;
    case 'text':
    case 'word':
      return kind === 'text' || kind === 'number' || kind === 'boolean';
    case 'named':
    case 'mapping':
      return kind === 'mapping';
    default:
      return spec.kind === kind;
  }
}

function describeSpec(spec: ValueSpec): string {
  const forms = formsOf(spec).map((form) => {
    switch (form.kind) {
      case 'mapping':
        return `a mapping (${Object.keys(form.keys).join(', ')})`;
      case 'named':
        return `a mapping of ${form.names}s`;
      case 'word':
        return `one of ${form.words.join(', ')}`;
      case 'boolean':
        return 'true or false';
      case 'any':
      case 'either':
        return 'a value';
      default:
        return `a ${form.kind}`;
    }
  });
  return forms.join(' or ');
}

function describeValue(value: YamlValue): string {
  if (value.kind === 'null') return 'nothing';
  return value.kind === 'boolean' ? value.source : `a ${value.kind}`;
}
