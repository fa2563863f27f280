import type { KeySpec, KeyTable, ValueSpec } from '../yaml/keySpec';

const text = { kind: 'text' } as const;

function range(description: string): KeySpec {
  const keys: KeyTable = {
    min: { value: { kind: 'number' }, description: 'The least value that passes.' },
    max: { value: { kind: 'number' }, description: 'The largest value that passes.' },
  };
  return { value: { kind: 'mapping', keys }, description };
}

function least(description: string, limits: { readonly least?: number; readonly most?: number } = {}): KeySpec {
  const keys: KeyTable = {
    min: { value: { kind: 'number', ...limits }, description: 'The least value that passes.' },
  };
  return { value: { kind: 'mapping', keys, required: ['min'] }, description };
}

const beats: KeySpec = {
  description:
    'A baseline whose score has to be exceeded: the text of another response to the same conversation, or a file. A ' +
    '`.jsonl` file holds recorded scores (of `alidade score` or `alidade test --record`), found by id; any other file ' +
    'holds the text of a response.',
  value: {
    kind: 'either',
    forms: [
      text,
      {
        kind: 'mapping',
        keys: {
          text: { value: text, description: 'Another response to the same conversation, scored along with the test.' },
          file: {
            value: text,
            description: 'A file with the baseline, relative to this one: a text, or recorded scores (`.jsonl`).',
          },
          id: { value: text, description: 'Which recorded score is meant. Default: the name of the test.' },
          by: {
            value: { kind: 'number', least: 0 },
            description: 'By how much at least. Default: any amount above 0.',
          },
        },
      },
    ],
  },
};

const measures: KeyTable = {
  score: range('Bounds for the score: the sum of all contributions.'),
  objectives: {
    description:
      "Bounds for single objectives of the model: their reward, before it is weighted. Names are the model's.",
    value: { kind: 'named', names: 'objective', value: range('Bounds for the reward of this objective.').value },
  },
  ratings: {
    description: 'Bounds for objectives on their own scale (such as 0 to 4), for models whose objectives have one.',
    value: { kind: 'named', names: 'objective', value: range('Bounds for the rating of this objective.').value },
  },
  beats,
};

function group(which: string): KeySpec {
  return { description: `What has to hold for ${which}.`, value: { kind: 'mapping', keys: measures } };
}

const expect: KeySpec = {
  description:
    'What has to hold. For one response: `score`, `objectives`, `ratings`, `beats`. For several: the same under ' +
    '`best`, `mean` or `all`, and `ranks`. For rows: also `accuracy` and `margin`.',
  value: {
    kind: 'mapping',
    keys: {
      ...measures,
      best: group('the response with the highest score'),
      mean: group('the mean of all responses'),
      all: group('every single response'),
      ranks: {
        description: 'Names of `responses` from the best to the worst: each has to score higher than the next.',
        value: { kind: 'list', item: text },
      },
      margin: least(
        'How far each response of `ranks` has to be above the next; for rows: the mean of chosen minus rejected.',
      ),
      accuracy: least('For rows with pairs: the share of pairs in which chosen scores higher than rejected, 0 to 1.', {
        least: 0,
        most: 1,
      }),
    },
  },
};

const generationKeys: KeyTable = {
  model: { value: text, description: 'The language model that answers: as `model` above. Default: `starter`.' },
  answers: {
    value: { kind: 'number', least: 1, most: 256, isInteger: true },
    description: 'How many answers are made. Default: 4.',
  },
  temperature: {
    value: { kind: 'number', least: 0, most: 10 },
    description: '0 always takes the most likely token. Default: 0.7.',
  },
  maxNewTokens: {
    value: { kind: 'number', least: 1, most: 100_000, isInteger: true },
    description: 'An answer ends after so many tokens. Default: 256.',
  },
  seed: {
    value: { kind: 'number', least: 0, most: 4_294_967_295, isInteger: true },
    description: 'The same seed gives the same answers. Default: 0.',
  },
};

const message: ValueSpec = {
  kind: 'mapping',
  required: ['role', 'content'],
  keys: {
    role: {
      value: { kind: 'word', words: ['system', 'developer', 'user', 'assistant', 'tool'] },
      description: 'Who speaks.',
    },
    content: { value: { kind: 'text', mayBeEmpty: true }, description: 'What is said.' },
  },
};

/** A test of a file. */
export const testSpec: ValueSpec & { readonly kind: 'mapping' } = {
  kind: 'mapping',
  required: ['name', 'expect'],
  keys: {
    name: { value: text, description: 'What the test states. Recorded scores are found again by it.' },
    skip: {
      value: { kind: 'either', forms: [{ kind: 'boolean' }, text] },
      description: 'Leaves the test out: `true`, or the reason why.',
    },
    prompt: {
      value: text,
      description: "The user's turn. A line break at its end is dropped, here and in all texts of a conversation.",
    },
    messages: {
      value: { kind: 'list', item: message },
      description:
        'The conversation, in place of `prompt`. If its last turn is the assistant’s and no response is given elsewhere, ' +
        'that turn is scored.',
    },
    promptFile: {
      value: text,
      description: 'A prompt file, relative to this one (`.prompty`, `.prompt.md`, …), in place of `prompt`.',
    },
    promptLabel: { value: text, description: 'Which prompt of the file is meant, where it holds several.' },
    inputs: {
      value: {
        kind: 'either',
        forms: [text, { kind: 'named', names: 'variable', value: { kind: 'any' } }],
      },
      description:
        "Values for the variables of the prompt file, or the name of one of the file's own inputs. Default: the first of those.",
    },
    response: { value: text, description: 'The response that is scored.' },
    responses: {
      value: {
        kind: 'either',
        forms: [
          { kind: 'named', names: 'response', value: text },
          { kind: 'list', item: text },
        ],
      },
      description: 'Several responses to the conversation, each under a name; those of a list are named 1, 2, ….',
    },
    generate: {
      value: {
        kind: 'either',
        forms: [
          { kind: 'number', least: 1, most: 256, isInteger: true },
          { kind: 'mapping', keys: generationKeys },
        ],
      },
      description: 'Lets a local model answer and scores its answers: how many, or what differs from `generate` above.',
    },
    rows: {
      value: text,
      description: 'A data file, relative to this one, whose rows are scored: JSONL, JSON, CSV or Parquet.',
    },
    expect,
  },
};

/** Every key of a `*.reward.yaml` file: the one source of its parser, its JSON schema, its hover and its completion. */
export const rewardTestSpec: ValueSpec & { readonly kind: 'mapping' } = {
  kind: 'mapping',
  required: ['tests'],
  keys: {
    model: {
      value: text,
      description:
        'The reward model: a checkpoint folder or `.gguf` file (relative to this file), a hub id in the local cache, or ' +
        '`starter`. `--model` replaces it.',
    },
    dtype: {
      value: { kind: 'word', words: ['auto', 'f32', 'f16', 'int8', 'int4'] },
      description: 'The number format to compute in. Scores differ a little between formats.',
    },
    maxTokens: {
      value: { kind: 'number', least: 1, isInteger: true },
      description: "Longer texts are errors unless `truncate`. Default: the model's context.",
    },
    truncate: { value: { kind: 'boolean' }, description: 'Drops tokens of longer texts from the left instead.' },
    weights: {
      value: { kind: 'named', names: 'objective', value: { kind: 'number' } },
      description: 'Coefficients of objectives, for models without a gate.',
    },
    generate: {
      value: { kind: 'mapping', keys: generationKeys },
      description: 'How answers are made in tests that say `generate`.',
    },
    tests: { value: { kind: 'list', item: testSpec }, description: 'The tests, run in this order.' },
  },
};
