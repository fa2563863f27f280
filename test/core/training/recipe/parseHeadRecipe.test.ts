import assert from 'node:assert/strict';
import { parseHeadRecipe, type HeadRecipeReading } from '../../../../src/core/training/recipe/parseHeadRecipe';
import type { HeadRecipe } from '../../../../src/core/training/recipe/headRecipe';
import { wholeHeadRecipe as whole } from './headRecipeTexts';

const body = 'name: n\nmodel: starter\ndata:\n  d: d.jsonl\n';
const one = 'objectives: [{ name: a, data: d, label: x }]\n';

describe('parseHeadRecipe', () => {
  it('reads a recipe with everything that a recipe may hold', () => {
    const { recipe, problems } = parseHeadRecipe(whole);
    assert.deepEqual(problems, []);
    assert.deepEqual(recipe, {
      name: 'my judge',
      model: 'starter',
      pooling: { kind: 'mean', layer: 20 },
      maxTokens: 512,
      seed: 20,
      data: [
        {
          name: 'toxicity',
          files: ['toxicity.jsonl'],
          group: 'group',
          source: 'comments',
          licence: 'Apache-2.0',
          labels: 'crowd',
        },
        { name: 'dialogues', files: ['a.jsonl', 'b.csv'], ...bare },
        { name: 'pairs', files: ['pairs.jsonl'], ...bare },
        { name: 'more', files: ['more.jsonl', 'still_more.jsonl'], ...bare },
        { name: 'xstest', files: ['xstest.jsonl'], ...bare },
      ],
      ratings: {
        penalties: [10, 100],
        standardise: true,
        intercept: true,
        selection: { kind: 'folds', folds: 5 },
        choice: 'one_standard_error',
        refit: 'all',
      },
      objectives: [
        { ...objective('verbosity'), kind: 'computed', compute: 'log_tokens' },
        {
          ...objective('non-toxicity'),
          kind: 'logistic',
          data: 'toxicity',
          label: { kind: 'field', field: 'toxic', values: { 0: 1, 1: 0 } },
          description: 'Free of abuse.',
        },
        {
          ...objective('on-topic'),
          kind: 'logistic',
          data: 'dialogues',
          label: { kind: 'exchanged', leastWords: 8 },
          wordBaseline: 'cosine',
        },
        {
          ...objective('fluency'),
          kind: 'logistic',
          data: 'dialogues',
          label: { kind: 'shuffled', leastWords: 5 },
        },
        {
          ...objective('engagingness'),
          kind: 'linear',
          data: 'dialogues',
          label: { kind: 'field', field: 'ratings.engagingness', values: null },
          scale: { min: 1, max: 3, levels: null, unit: 'rating' },
        },
      ],
      verbosity: { objective: 'verbosity', threshold: 0.05, grid: [0, 0.5], data: 'pairs' },
      gate: {
        data: ['pairs'],
        hidden: [64, 32],
        temperature: 5,
        optimiser: {
          steps: 200,
          batch: 16,
          learningRate: 0.001,
          weightDecay: 0.01,
          evaluateEvery: 20,
          patience: null,
        },
        dropout: 0.1,
        validation: 0.25,
      },
      preference: null,
      semiSupervised: { data: ['more'], threshold: 0.9, rounds: 2, judge: 'starter' },
      checks: [
        {
          name: 'XSTest',
          data: 'xstest',
          objective: 'non-toxicity',
          label: { kind: 'field', field: 'label', values: { full: 1, refused: 0 } },
          groups: { kind: 'terms', terms: ['gay', 'old'] },
        },
      ],
      card: {
        about: 'A judge.\nOf mine.\n',
        intendedUse: 'Trying things out.',
        knownFaults: ['It is small.'],
        licence: 'MIT',
      },
    } satisfies HeadRecipe);
  });

  it('takes what ArmoRM published where nothing is said', () => {
    const recipe = valid(
      `${body}objectives:\n  - { name: a, data: d, label: x }\n  - { name: b, data: d, label: y }\ngate: { data: d }\n`,
    );
    assert.deepEqual(recipe.pooling, { kind: 'last', layer: 'final' });
    assert.equal(recipe.maxTokens, null);
    assert.equal(recipe.seed, 0);
    assert.deepEqual(recipe.ratings, {
      penalties: [1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000, 10_000],
      standardise: false,
      intercept: false,
      selection: { kind: 'validation', share: 0.2 },
      choice: 'best',
      refit: 'training',
    });
    assert.deepEqual(recipe.gate, {
      data: ['d'],
      hidden: [1024, 1024, 1024],
      temperature: 10,
      optimiser: {
        steps: 2000,
        batch: 1024,
        learningRate: 1e-3,
        weightDecay: 0,
        evaluateEvery: 50,
        patience: 10,
      },
      dropout: 0.2,
      validation: 0.2,
    });
  });

  it('takes the label of an objective for a check of it', () => {
    const text = `${body}objectives:\n  - { name: a, data: d, label: x, kind: yes_no }\nchecks: [{ name: c, data: e, objective: a }]\n`;
    assert.deepEqual(valid(text.replace('d: d.jsonl', 'd: d.jsonl\n  e: e.jsonl')).checks[0]?.label, {
      kind: 'field',
      field: 'x',
      values: null,
    });
  });

  for (const [what, text, code, at, message] of faults()) {
    it(`tells ${what}, at its place`, () => {
      const reading = parseHeadRecipe(text);
      const problem = reading.problems.find((each) => each.code === code);
      assert.ok(problem, `no ${code} among ${JSON.stringify(reading.problems)}`);
      assert.equal(text.slice(problem.span.start, problem.span.end), at);
      assert.match(problem.message, message);
      assert.equal(
        reading.recipe === null,
        reading.problems.some(({ severity }) => severity === 'error'),
      );
    });
  }

  it('says where models, files, fields and names stand, also where there are errors', () => {
    const { recipe, places } = parseHeadRecipe(`${whole}colour: red\n`);
    assert.equal(recipe, null);
    const named = places.map((place) => [place.kind, whole.slice(place.span.start, place.span.end)].join(' '));
    for (const expected of [
      'model starter',
      'file b.csv',
      'field ratings.engagingness',
      'field group',
      'data dialogues',
      'objective verbosity',
    ]) {
      assert.ok(named.includes(expected), `${expected} is not among ${named.join(', ')}`);
    }
  });
});

function valid(text: string): HeadRecipe {
  const { recipe, problems }: HeadRecipeReading = parseHeadRecipe(text);
  assert.ok(recipe, JSON.stringify(problems));
  return recipe;
}

const bare = { group: null, source: null, licence: null, labels: null };

function objective(name: string): HeadRecipe['objectives'][number] {
  return {
    name,
    kind: 'linear',
    compute: null,
    data: null,
    label: null,
    scale: null,
    description: null,
    wordBaseline: 'response',
  };
}

type Fault = readonly [what: string, text: string, code: string, at: string, message: RegExp];

function faults(): readonly Fault[] {
  const objectives = (items: string): string => `${body}objectives: [${items}]\n`;
  const a = '{ name: a, data: d, label: x }';
  return [
    ['a text without a recipe', '', 'no_recipe', '', /there is no recipe/],
    ['a text that is no mapping', '- 1\n', 'wrong_value', '-', /is a mapping with `name`/],
    ['a misspelt key', `${body}${one}rattings: {}\n`, 'unknown_key', 'rattings', /did you mean `ratings`\?/],
    ['a missing key', 'model: m\ndata: { d: d.jsonl }\n' + one, 'missing_key', 'model', /`name` is missing/],
    ['YAML that breaks off', `${body}objectives: [\n`, 'yaml', '\n', /./],
    ['a second document', `${body}${one}---\na: 1\n`, 'yaml', 'a', /second YAML document/],
    ['nothing to train', body, 'nothing_to_train', 'name', /give `objectives` or `preference`/],
    [
      'objectives that are all computed',
      objectives('{ name: v, compute: log_tokens }'),
      'nothing_to_train',
      'objectives',
      /every objective is computed/,
    ],
    [
      'objectives beside a preference',
      `${body}${one}preference: { data: d }\n`,
      'two_forms',
      'preference',
      /either `objectives` or one/,
    ],
    [
      'an objective that is named twice',
      objectives(`${a}, { name: a, data: d, label: y }`),
      'name_twice',
      'a',
      /another objective `a`/,
    ],
    [
      'a computed objective with a label',
      objectives(`${a}, { name: v, compute: log_tokens, label: z }`),
      'computed',
      'label',
      /takes no `label`/,
    ],
    ['an objective without a label', objectives('{ name: a, data: d }'), 'missing_key', 'a', /needs `label`/],
    ['unknown data', objectives('{ name: a, data: dd, label: x }'), 'unknown_data', 'dd', /did you mean `d`\?/],
    [
      'a rating made by exchanging',
      objectives('{ name: a, data: d, kind: rating, label: exchanged }'),
      'label_kind',
      'rating',
      /says yes or no/,
    ],
    [
      'a word that stands for neither yes nor no',
      objectives('{ name: a, data: d, kind: yes_no, label: { field: x, values: { good: 2, bad: 0 } } }'),
      'label_value',
      '2',
      /`good` is 2: yes is 1, and no is 0/,
    ],
    [
      'a scale of a yes/no objective',
      objectives('{ name: a, data: d, label: chosen, scale: { min: 0, max: 1 } }'),
      'scale',
      'scale',
      /has no `scale`/,
    ],
    [
      'a scale upside down',
      objectives('{ name: a, data: d, label: x, scale: { min: 3, max: 1 } }'),
      'scale',
      '1',
      /from 3 to 1/,
    ],
    [
      'a label of two kinds',
      objectives('{ name: a, data: d, label: { field: x, kind: chosen } }'),
      'label',
      '{ field: x, kind: chosen }',
      /either a `field` or a `kind`/,
    ],
    [
      'a value that no mapping of words uses',
      objectives('{ name: a, data: d, label: { kind: chosen, least_words: 3, values: { a: 1 } } }'),
      'unused_key',
      'values',
      /means nothing/,
    ],
    [
      'a gate over one objective',
      `${body}${one}gate: { data: d }\n`,
      'too_few_objectives',
      'gate',
      /two objectives or more/,
    ],
    [
      'a gate beside a preference',
      `${body}preference: { data: d }\ngate: { data: d }\n`,
      'too_few_objectives',
      'gate',
      /two objectives or more/,
    ],
    [
      'an unknown objective',
      `${body}${one}verbosity_correction: { objective: b, data: d }\n`,
      'unknown_objective',
      'b',
      /unknown objective `b`/,
    ],
    [
      'a correction without data',
      objectives(`${a}, { name: v, compute: log_tokens }`) + 'verbosity_correction: { objective: v }\n',
      'missing_key',
      'verbosity_correction',
      /needs `data`/,
    ],
    [
      'a split of two kinds',
      `${body}${one}ratings: { split: { folds: 5, validation: 0.2 } }\n`,
      'split',
      'folds',
      /either `validation` or `folds`/,
    ],
    ['a penalty given twice', `${body}${one}ratings: { penalties: [1, 10, 1.0] }\n`, 'value_twice', '1.0', /twice/],
    ['a penalty of nothing', `${body}${one}ratings: { penalties: [0] }\n`, 'wrong_value', '0', /is less than/],
    [
      'an infinite rate',
      `${body}preference: { data: d, validation: .inf }\n`,
      'wrong_value',
      '.inf',
      /not a finite number/,
    ],
    [
      'semi-supervised training of nothing',
      `${body}${one}semi_supervised: { data: d }\n`,
      'nothing_to_train',
      'semi_supervised',
      /needs a `gate`/,
    ],
    [
      'pairs that are labelled and not',
      `${body}preference: { data: d }\nsemi_supervised: { data: d }\n`,
      'overlap',
      'semi_supervised',
      /has its labels already/,
    ],
    [
      'a check on what is trained on',
      `${body}${one}checks: [{ name: c, data: d, objective: a }]\n`,
      'overlap',
      'checks',
      /trained on/,
    ],
    [
      'groups of two kinds',
      `${body}${one}checks: [{ name: c, data: d, objective: a, groups: { field: x, terms: [y] } }]\n`,
      'groups',
      '{ field: x, terms: [y] }',
      /either/,
    ],
    [
      'data that nothing uses',
      `${body.replace('d: d.jsonl', 'd: d.jsonl\n  e: e.jsonl')}${one}`,
      'unused_data',
      'e',
      /nothing is trained/,
    ],
    [
      'a file with a path of this machine',
      body.replace('d.jsonl', '/d.jsonl') + one,
      'file_path',
      '/d.jsonl',
      /relative to this recipe/,
    ],
    ['a file read twice', body.replace('d.jsonl', '[d.jsonl, d.jsonl]') + one, 'file_twice', 'd.jsonl', /read twice/],
  ];
}
