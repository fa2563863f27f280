import type { KeySpec, KeyTable, ValueSpec } from '../../yaml/keySpec';
import { mergeDtypes, mergeMethods, type MergeMethod } from '../methods/mergeMethod';
import { methodTable, type MethodParameter } from '../methods/methodTable';

const text = { kind: 'text' } as const;

const modelPath: ValueSpec = {
  kind: 'either',
  forms: [
    text,
    {
      kind: 'mapping',
      required: ['path'],
      keys: {
        path: { value: text, description: 'A checkpoint folder, or a hub id in the local cache.' },
        revision: { value: text, description: 'Branch, tag or commit of the hub id.' },
      },
    },
  ],
};

/** A model in any of the ways to name it. */
const model: ValueSpec = {
  kind: 'either',
  forms: [
    text,
    {
      kind: 'mapping',
      required: ['model'],
      keys: {
        model: { value: modelPath, description: 'The model: a checkpoint folder, or a hub id in the local cache.' },
        lora: { value: modelPath, description: 'A LoRA adapter that is merged into it first.' },
        override_architecture: { value: text, description: 'Read by mergekit; not needed here, and not used.' },
      },
    },
  ],
};

const modelDescription =
  'A checkpoint folder (relative to this file), a hub id in the local cache (`org/name`, `org/name@revision`), either with ' +
  '`+adapter`, or the `name` of a document above.';

/** Whose parameters a mapping holds: of one model, or of all of them. */
export type ParameterPlace = 'model' | 'shared';

/** The parameters of a method at a place; what is given once has no effect under a model. */
export function methodParameters(method: MergeMethod, place: ParameterPlace): readonly MethodParameter[] {
  const { perModel, shared } = methodTable[method];
  return place === 'model' ? perModel : [...shared, ...perModel];
}

function parameterValue({ kind, least, most, isInteger }: MethodParameter): ValueSpec {
  const scalar: ValueSpec =
    kind === 'boolean'
      ? { kind }
      : {
          kind,
          ...(least === undefined ? {} : { least }),
          ...(most === undefined ? {} : { most }),
          ...(isInteger === undefined ? {} : { isInteger }),
        };
  const gradient: readonly ValueSpec[] = kind === 'boolean' ? [] : [{ kind: 'list', item: scalar }];
  const rule: ValueSpec = {
    kind: 'mapping',
    required: ['value'],
    keys: {
      filter: {
        value: text,
        description:
          'Which tensors: those with this in their names, such as `self_attn`, `mlp` or `norm`. Default: all.',
      },
      value: {
        value: { kind: 'either', forms: [scalar, ...gradient] },
        description:
          'The value for these tensors: one, or a list that runs evenly from the first layer of the slice to its last.',
      },
    },
  };
  const items: ValueSpec = kind === 'boolean' ? rule : { kind: 'either', forms: [scalar, rule] };
  return { kind: 'either', forms: [scalar, { kind: 'list', item: items }, rule] };
}

/** What hover and completion say about a parameter. */
export function describeParameter(parameter: MethodParameter): string {
  const { description, fallback, least, most } = parameter;
  const bounds =
    least === undefined
      ? most === undefined
        ? ''
        : ` At most ${most}.`
      : most === undefined
        ? ` At least ${least}.`
        : ` From ${least} to ${most}.`;
  const given = fallback === null ? ' Has to be given.' : ` Default: ${fallback}.`;
  const gradient =
    parameter.kind === 'number'
      ? '\n\nOne value, a list that runs over the layers, or a list of `filter` and `value` (the first that fits counts).'
      : '';
  return `${description}${bounds}${given}${gradient}`;
}

/** The same objects wherever they are used, so that the schema has them once. */
interface ParameterSpecs {
  readonly model: ValueSpec;
  readonly shared: ValueSpec;
}

function parameterSpecs(method: MergeMethod | null): ParameterSpecs {
  const values = new Map<string, ValueSpec>();
  const valueOf = (parameter: MethodParameter): ValueSpec => {
    const key = JSON.stringify([parameter.kind, parameter.least, parameter.most, parameter.isInteger]);
    const value = values.get(key) ?? parameterValue(parameter);
    values.set(key, value);
    return value;
  };
  const specOf = (place: ParameterPlace): ValueSpec => {
    const keys: Record<string, KeySpec> = {};
    for (const parameter of (method === null ? mergeMethods : [method]).flatMap((each) =>
      methodParameters(each, place),
    )) {
      keys[parameter.name] ??= {
        // The bounds of one method are not those of another.
        value: valueOf(method === null ? withoutBounds(parameter) : parameter),
        description: method === null ? parameter.description : describeParameter(parameter),
      };
    }
    return { kind: 'mapping', keys };
  };
  return { model: specOf('model'), shared: specOf('shared') };
}

function withoutBounds({ name, kind, fallback, description }: MethodParameter): MethodParameter {
  return { name, kind, fallback, description };
}

const ofModel = 'Parameters of this model. They go before those of the slice, the module and the recipe.';

function modelsKey(parameters: ParameterSpecs): KeySpec {
  return {
    description:
      'The models, layer by layer: all have the same layers. In place of `slices` or `modules`. A base that is not listed ' +
      'is added.',
    value: {
      kind: 'list',
      item: {
        kind: 'mapping',
        required: ['model'],
        keys: {
          model: { value: model, description: modelDescription },
          parameters: { value: parameters.model, description: ofModel },
        },
      },
    },
  };
}

function slicesKey(parameters: ParameterSpecs): KeySpec {
  return {
    description: 'Layers of the result from the first to the last, each slice made of layers of its sources.',
    value: {
      kind: 'list',
      item: {
        kind: 'mapping',
        required: ['sources'],
        keys: {
          sources: {
            description: 'The models with the layers that are merged: as many of each.',
            value: {
              kind: 'list',
              item: {
                kind: 'mapping',
                required: ['model', 'layer_range'],
                keys: {
                  model: { value: model, description: modelDescription },
                  layer_range: {
                    value: { kind: 'list', item: { kind: 'number', least: 0, isInteger: true } },
                    description: 'The first layer, from 0, and the one after the last: `[0, 8]` are eight layers.',
                  },
                  parameters: { value: parameters.model, description: ofModel },
                },
              },
            },
          },
          base_model: { value: model, description: "The base of this slice, in place of the recipe's." },
          parameters: {
            value: parameters.shared,
            description: 'Parameters of this slice. They go before those of the recipe.',
          },
          residual_weight: { value: { kind: 'number' }, description: 'Not used, here or by mergekit.' },
        },
      },
    },
  };
}

/** The keys of a recipe; with a method, the parameters that it has, else those of all methods. */
export function recipeSpec(method: MergeMethod | null): ValueSpec & { readonly kind: 'mapping' } {
  const parameters = parameterSpecs(method);
  const models = modelsKey(parameters);
  const slices = slicesKey(parameters);
  const keys: KeyTable = {
    merge_method: {
      value: { kind: 'word', words: mergeMethods },
      description:
        method === null
          ? 'How tensors are merged.'
          : `How tensors are merged.\n\n\`${method}\`: ${methodTable[method].description} (${methodTable[method].source})`,
    },
    base_model: {
      value: model,
      description:
        'The model from which differences are taken, or the first of the two that are between. ' + modelDescription,
    },
    models,
    slices,
    modules: {
      description: 'For models of several parts: each part by its name, with its `models` or `slices`.',
      value: {
        kind: 'named',
        names: 'module',
        value: {
          kind: 'mapping',
          keys: { models, slices, parameters: { value: parameters.shared, description: 'Parameters of this part.' } },
        },
      },
    },
    parameters: { value: parameters.shared, description: 'Parameters for everything that has none of its own.' },
    dtype: {
      value: { kind: 'word', words: mergeDtypes },
      description:
        'The number format of the result where `out_dtype` gives none. mergekit also computes in it, and rounds what it ' +
        'reads to it; here sums are taken in doubles and rounded at the end, unless mergekit’s arithmetic is asked for.',
    },
    out_dtype: { value: { kind: 'word', words: mergeDtypes }, description: 'The number format of the result.' },
    tokenizer_source: {
      value: model,
      description:
        'Whose tokens the result has, where vocabularies differ: `base`, `union` of all, or a model. In place of ' +
        '`tokenizer`.',
    },
    tokenizer,
    chat_template: {
      value: text,
      description:
        'The chat template of the result: `auto` (the one that most models have), the name of a known one, or Jinja.',
    },
    name: {
      value: text,
      description: 'Where a file has several documents: what the documents below call the result of this one.',
    },
  };
  return { kind: 'mapping', required: ['merge_method'], keys };
}

const tokenizer: KeySpec = {
  description: 'How vocabularies that differ are brought together.',
  value: {
    kind: 'mapping',
    keys: {
      source: { value: model, description: 'Whose tokens: `base`, `union` of all (the default), or a model.' },
      tokens: {
        description: 'Tokens that get embeddings of their own.',
        value: {
          kind: 'named',
          names: 'token',
          value: {
            kind: 'mapping',
            keys: {
              source: {
                description: "Where its embedding comes from: a model, another model's token, or zeros.",
                value: {
                  kind: 'either',
                  forms: [
                    text,
                    {
                      kind: 'mapping',
                      keys: {
                        kind: {
                          value: { kind: 'word', words: ['model_token', 'zero'] },
                          description: '`model_token`: the embedding of a token of a model. `zero`: zeros.',
                        },
                        model: { value: model, description: modelDescription },
                        token: { value: text, description: 'The token, as the vocabulary has it.' },
                        token_id: {
                          value: { kind: 'number', least: 0, isInteger: true },
                          description: 'The token by its number.',
                        },
                        lora: { value: modelPath, description: 'A LoRA adapter on the model.' },
                      },
                    },
                  ],
                },
              },
              force: {
                value: { kind: 'boolean' },
                description: 'Whether it goes before what models have for this token themselves.',
              },
            },
          },
        },
      },
      pad_to_multiple_of: {
        value: { kind: 'number', least: 1, isInteger: true },
        description: 'Rows are added to embeddings and head until their number is a multiple of this.',
      },
    },
  },
};
