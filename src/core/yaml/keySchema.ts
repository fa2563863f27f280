import { formsOf, type KeySpec, type ValueSpec } from './keySpec';

type Schema = Record<string, unknown>;

/**
 * The JSON schema of a kind of YAML file, for editors that validate YAML by one; made of its table of keys. What stands in
 * several places of the table (the same object) is written once.
 */
export function keySchema(title: string, spec: ValueSpec): Schema {
  return new SchemaWriter(spec).write(title, spec);
}

class SchemaWriter {
  readonly #uses = new Map<ValueSpec, number>();
  readonly #names = new Map<ValueSpec, string>();
  readonly #definitions: Record<string, Schema> = {};

  constructor(spec: ValueSpec) {
    this.#count(spec);
  }

  write(title: string, spec: ValueSpec): Schema {
    const schema = this.#inPlace(spec);
    const definitions = Object.keys(this.#definitions).length === 0 ? {} : { definitions: this.#definitions };
    return { $schema: 'http://json-schema.org/draft-07/schema#', title, ...schema, ...definitions };
  }

  #count(spec: ValueSpec): void {
    const uses = (this.#uses.get(spec) ?? 0) + 1;
    this.#uses.set(spec, uses);
    if (uses === 1) childrenOf(spec).forEach((child) => this.#count(child));
  }

  /** @param name what a definition is called, where there will be one. */
  #schema(spec: ValueSpec, name: string): Schema {
    if (childrenOf(spec).length === 0 || (this.#uses.get(spec) ?? 0) < 2) return this.#inPlace(spec);
    let known = this.#names.get(spec);
    if (known === undefined) {
      known = this.#freeName(name);
      this.#names.set(spec, known);
      // Its place is kept, so that definitions stand in the order in which they are met.
      this.#definitions[known] = {};
      this.#definitions[known] = this.#inPlace(spec);
    }
    return { $ref: `#/definitions/${known}` };
  }

  #freeName(name: string): string {
    for (let count = 1; ; count += 1) {
      const candidate = count === 1 ? name : `${name}${count}`;
      if (!Object.hasOwn(this.#definitions, candidate)) return candidate;
    }
  }

  #inPlace(spec: ValueSpec): Schema {
    switch (spec.kind) {
      case 'text':
        // A number or a truth value stands for what is written.
        return { type: ['string', 'number', 'boolean'] };
      case 'number': {
        const { least, most, isInteger = false } = spec;
        return {
          type: isInteger ? 'integer' : 'number',
          ...(least === undefined ? {} : { minimum: least }),
          ...(most === undefined ? {} : { maximum: most }),
        };
      }
      case 'boolean':
        return { type: 'boolean' };
      case 'word':
        return { enum: spec.words };
      case 'list':
        return { type: 'array', minItems: 1, items: this.#schema(spec.item, 'item') };
      case 'named':
        return { type: 'object', minProperties: 1, additionalProperties: this.#schema(spec.value, spec.names) };
      case 'mapping': {
        const { keys, required = [] } = spec;
        return {
          type: 'object',
          properties: Object.fromEntries(
            Object.entries(keys).map(([key, value]) => [key, this.#described(key, value)]),
          ),
          ...(required.length === 0 ? {} : { required }),
          additionalProperties: false,
        };
      }
      case 'any':
        return {};
      case 'either':
        return { anyOf: formsOf(spec).map((form) => this.#schema(form, 'form')) };
    }
  }

  #described(key: string, { value, description }: KeySpec): Schema {
    const schema = this.#schema(value, key);
    // Draft 7 looks at nothing beside a reference.
    const inner = Object.hasOwn(schema, '$ref') ? { allOf: [schema] } : schema;
    return { description: plainText(description), markdownDescription: description, ...inner };
  }
}

function childrenOf(spec: ValueSpec): readonly ValueSpec[] {
  switch (spec.kind) {
    case 'list':
      return [spec.item];
    case 'named':
      return [spec.value];
    case 'mapping':
      return Object.values(spec.keys).map(({ value }) => value);
    case 'either':
      return spec.forms;
    default:
      return [];
  }
}

function plainText(markdown: string): string {
  return markdown.replaceAll('`', '');
}
