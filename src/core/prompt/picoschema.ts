import { memberOf, plainOf, textOf, type LocatedMap, type LocatedValue } from './locatedValue';
import type { DeclaredVariable } from './promptVariables';

export interface DeclaredInputs {
  readonly declared: readonly DeclaredVariable[];
  /** Other names are allowed. */
  readonly isOpen: boolean;
}

/** The variables of Dotprompt's `input`: its schema, in Picoschema or JSON Schema, and its defaults. */
export function readDotpromptInputs(input: LocatedValue | null): DeclaredInputs {
  const schema = memberOf(input, 'schema');
  const defaults = memberOf(input, 'default');
  const fields = schema?.kind === 'map' ? readSchema(schema) : { declared: [], isOpen: true };
  const declared = new Map(fields.declared.map((each) => [each.name, each]));
  for (const { key, keySpan, value } of defaults?.kind === 'map' ? defaults.entries : []) {
    const before = declared.get(key) ?? { name: key, span: keySpan };
    declared.set(key, { ...before, defaultValue: plainOf(value) });
  }
  return { declared: [...declared.values()], isOpen: fields.isOpen };
}

function readSchema(schema: LocatedMap): DeclaredInputs {
  const properties = memberOf(schema, 'properties');
  if (properties?.kind === 'map') return readJsonSchema(schema, properties);
  const declared = schema.entries.flatMap(({ key, keySpan, value }): readonly DeclaredVariable[] => {
    // name?(array, what it is): string, what it is
    const match = /^([^?(\s]+)(\?)?\s*(?:\(([^,)]*)(?:,([^]*))?\))?$/.exec(key);
    const name = match?.[1];
    if (name === undefined || name === '') return [];
    const written = textOf(value);
    const comma = written?.indexOf(',') ?? -1;
    const described = match?.[4]?.trim() ?? (0 <= comma ? written?.slice(comma + 1).trim() : undefined);
    const choices = match?.[3]?.trim() === 'enum' && value.kind === 'list' ? { choices: value.items.map(plainOf) } : {};
    const span = { start: keySpan.start, end: Math.min(keySpan.end, keySpan.start + name.length) };
    const required = match?.[2] === undefined ? {} : { required: false };
    return [{ name, span, description: described ?? null, ...required, ...choices }];
  });
  return { declared, isOpen: schema.entries.some(({ key }) => key.startsWith('(')) };
}

function readJsonSchema(schema: LocatedMap, properties: LocatedMap): DeclaredInputs {
  const required = memberOf(schema, 'required');
  const names = new Set(required?.kind === 'list' ? required.items.map(textOf) : []);
  const declared = properties.entries.map(({ key, keySpan, value }): DeclaredVariable => {
    const defaultValue = memberOf(value, 'default');
    const choices = memberOf(value, 'enum');
    return {
      name: key,
      span: keySpan,
      description: textOf(memberOf(value, 'description')),
      ...(required === null || names.has(key) ? {} : { required: false }),
      ...(defaultValue === null ? {} : { defaultValue: plainOf(defaultValue) }),
      ...(choices?.kind === 'list' ? { choices: choices.items.map(plainOf) } : {}),
    };
  });
  const additional = memberOf(schema, 'additionalProperties');
  return { declared, isOpen: additional?.kind === 'scalar' ? additional.value !== false : additional !== null };
}
