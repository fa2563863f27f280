import type { KeySpec, KeyTable, ValueSpec } from '../../yaml/keySpec';
import { trainingKeys } from './trainingKeys';

const text = { kind: 'text' } as const;

function textOrList(): ValueSpec {
  return { kind: 'either', forms: [text, { kind: 'list', item: text }] };
}

const data: ValueSpec = {
  kind: 'named',
  names: 'data set',
  value: {
    kind: 'either',
    forms: [
      text,
      { kind: 'list', item: text },
      {
        kind: 'mapping',
        required: ['files'],
        keys: {
          files: {
            value: textOrList(),
            description:
              'JSONL, JSON, CSV or Parquet files, relative to this file or to a folder that the command is given. One, or a list.',
          },
          group: {
            value: text,
            description:
              'A field (`a.b` reaches inside) whose rows are never on both sides of a split. Default: the prompt.',
          },
          source: { value: text, description: 'Where the rows are from. Stands on the model card.' },
          licence: { value: text, description: 'The licence of the rows. Stands on the model card.' },
          labels: { value: text, description: 'Who, or what, made the labels. Stands on the model card.' },
        },
      },
    ],
  },
};

/** What a label may be made of, besides a field. */
export const labelWords = ['exchanged', 'shuffled', 'chosen'] as const;

const label: ValueSpec = {
  kind: 'either',
  forms: [
    text,
    {
      kind: 'mapping',
      keys: {
        field: {
          value: text,
          description: 'The field (`a.b` reaches inside) that holds the label. Rows without it are not used.',
        },
        values: {
          value: { kind: 'named', names: 'value', value: { kind: 'number' } },
          description:
            'What the field may say, and the number that each stands for. Rows that say anything else are not used.',
        },
        kind: {
          value: { kind: 'word', words: labelWords },
          description:
            '`exchanged`: responses in their place (1) and given to another prompt (0). `shuffled`: as they are (1) and with ' +
            'their words shuffled (0). `chosen`: the chosen response of a pair (1), the rejected one (0).',
        },
        least_words: {
          value: { kind: 'number', least: 1, isInteger: true },
          description:
            'Of `exchanged` and `shuffled`: shorter responses are not used, as they fit any prompt. Default: 8.',
        },
      },
    },
  ],
};

const labelDescription =
  'Where the label comes from: a field of the rows, or `exchanged` (responses in their place and given to another prompt), ' +
  '`shuffled` (as they are and with their words shuffled), `chosen` (the responses of pairs). With `field` and `values` ' +
  'where the field holds words.';

const scale: ValueSpec = {
  kind: 'mapping',
  required: ['min', 'max'],
  keys: {
    min: { value: { kind: 'number' }, description: 'The lowest rating.' },
    max: { value: { kind: 'number' }, description: 'The highest rating.' },
    levels: {
      value: { kind: 'number', least: 2, isInteger: true },
      description:
        'Steps of the scale: (rating − min + 0.5) / levels is learnt, as ArmoRM does. Default: the line from 0 to 1.',
    },
    unit: { value: text, description: 'What a rating is counted in, such as `stars`.' },
  },
};

export const objectiveKinds = ['yes_no', 'rating'] as const;

const objectives: ValueSpec = {
  kind: 'list',
  item: {
    kind: 'mapping',
    required: ['name'],
    keys: {
      name: { value: text, description: 'What the objective is called wherever it is shown.' },
      kind: {
        value: { kind: 'word', words: objectiveKinds },
        description:
          '`rating`: ridge regression on numbers (the default for a field). `yes_no`: logistic regression on 0 and 1 (the ' +
          'default for the other labels).',
      },
      compute: {
        value: { kind: 'word', words: ['log_tokens'] },
        description: 'Computed, not learnt: `log_tokens` is the logarithm of the response’s length in tokens.',
      },
      data: { value: text, description: 'The name of the data, as under `data`.' },
      label: { value: label, description: labelDescription },
      scale: {
        value: scale,
        description: 'The scale of the ratings; what is learnt lies between 0 and 1. Ratings outside are not used.',
      },
      words: {
        value: { kind: 'word', words: ['response', 'cosine'] },
        description:
          'What words alone are compared: `response`, those of the response (the default); `cosine`, how like they are to ' +
          'those of the prompt, for objectives about both.',
      },
      description: { value: text, description: 'What a high value means, in a sentence. Stands in the head file.' },
    },
  },
};

const checks: ValueSpec = {
  kind: 'list',
  item: {
    kind: 'mapping',
    required: ['name', 'data'],
    keys: {
      name: { value: text, description: 'What the check is called on the model card.' },
      data: { value: text, description: 'The name of the data, as under `data`. It is not trained on.' },
      objective: {
        value: text,
        description: 'The objective that is looked at. Default: the score, on pairs.',
      },
      label: { value: label, description: labelDescription + ' Default: the label of the objective.' },
      groups: {
        value: {
          kind: 'either',
          forms: [
            text,
            {
              kind: 'mapping',
              keys: {
                field: { value: text, description: 'A field (`a.b` reaches inside) that holds the group.' },
                terms: {
                  value: { kind: 'list', item: text },
                  description: 'Words, such as names of identities; each is the group of the responses it occurs in.',
                },
              },
            },
          ],
        },
        description:
          'Groups whose error rates are told apart: a field of the rows, or `terms` that occur in the response.',
      },
    },
  },
};

const card: ValueSpec = {
  kind: 'mapping',
  keys: {
    about: { value: text, description: 'What the head is, in Markdown.' },
    intended_use: { value: text, description: 'What it is meant for, and what not, in Markdown.' },
    known_faults: {
      value: textOrList(),
      description: 'What is known to be wrong with it, in Markdown. One, or a list.',
    },
    licence: { value: text, description: 'The licence of the head.' },
  },
};

const body: KeyTable = {
  name: { value: text, description: 'What the head is called.' },
  model: {
    value: text,
    description: 'The body, which stays as it is: a checkpoint folder, a hub id in the local cache, or `starter`.',
  },
  pooling: {
    description: 'Which hidden states the head reads.',
    value: {
      kind: 'mapping',
      keys: {
        place: {
          value: { kind: 'word', words: ['last', 'mean'] },
          description: '`last`: the last token (the default). `mean`: the mean over the tokens of the response.',
        },
        layer: {
          value: {
            kind: 'either',
            forms: [
              { kind: 'number', least: 1, isInteger: true },
              { kind: 'word', words: ['final'] },
            ],
          },
          description:
            'After how many layers: only these are computed. `final` (the default): all of them, and the last norm.',
        },
      },
    },
  },
  max_tokens: {
    value: { kind: 'number', least: 1, isInteger: true },
    description: 'Longer texts lose their beginning. Default: the model’s context, and longer texts are refused.',
  },
  seed: {
    value: { kind: 'number', least: 0, most: 2 ** 32 - 1, isInteger: true },
    description: 'Of everything that is left to chance: the same seed gives the same head. Default: 0.',
  },
};

const objectivesKey: KeySpec = {
  value: objectives,
  description: 'What the head rates, in its order. In place of `preference`.',
};

/** The keys of a head recipe. */
export const headRecipeSpec: ValueSpec & { readonly kind: 'mapping' } = {
  kind: 'mapping',
  required: ['name', 'model', 'data'],
  keys: {
    ...body,
    data: { value: data, description: 'Labelled rows, each set under a name. A file, a list of files, or a mapping.' },
    objectives: objectivesKey,
    ...trainingKeys,
    checks: { value: checks, description: 'Rows that are not trained on, and what is measured on them.' },
    card: { value: card, description: 'What the model card says besides figures.' },
  },
};
