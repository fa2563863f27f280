import { formsOf, type KeySpec, type ValueSpec } from './keySpec';

/** The JSON schema of a kind of YAML file, for editors that validate YAML by one; made of its table of keys. */
export function keySchema(title: string, spec: ValueSpec): Record<string, unknown> {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title, ...schemaOf(spec) };
}

function schemaOf(spec: ValueSpec): Record<string, unknown> {
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
      return { type: 'array', minItems: 1, items: schemaOf(spec.item) };
    case 'named':
      return { type: 'object', minProperties: 1, additionalProperties: schemaOf(spec.value) };
    case 'mapping': {
      const { keys, required = [] } = spec;
      return {
        type: 'object',
        properties: Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, describedSchema(value)])),
        ...(required.length === 0 ? {} : { required }),
        additionalProperties: false,
      };
    }
    case 'any':
      return {};
    case 'either':
      return { anyOf: formsOf(spec).map(schemaOf) };
  }
}

function describedSchema({ value, description }: KeySpec): Record<string, unknown> {
  return { description: plainText(description), markdownDescription: description, ...schemaOf(value) };
}

function plainText(markdown: string): string {
  return markdown.replaceAll('`', '');
}
