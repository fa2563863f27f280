import type { KeyTable, ValueSpec } from '../../yaml/keySpec';

const text = { kind: 'text' } as const;
const count: ValueSpec = { kind: 'number', least: 1, isInteger: true };
const positive: ValueSpec = { kind: 'number', least: 1e-12 };
const share: ValueSpec = { kind: 'number', least: 0.01, most: 0.9 };

const dataNames: ValueSpec = { kind: 'either', forms: [text, { kind: 'list', item: text }] };
const pairNames = 'Names of data with pairs, as under `data`. One, or a list.';

const penalties: ValueSpec = { kind: 'list', item: positive };
const standardise = 'Whether features are brought to mean 0 and deviation 1 first. It is folded into the weights.';
const validation = 'Share of the groups that is held out.';

const ratings: ValueSpec = {
  kind: 'mapping',
  keys: {
    penalties: {
      value: penalties,
      description:
        'Strengths of the penalty to choose from. Default: nine powers of ten from 1e-4 to 1e4; 10 to 30000 where features ' +
        'are standardised.',
    },
    standardise: { value: { kind: 'boolean' }, description: `${standardise} Default: false, as ArmoRM does.` },
    intercept: {
      value: { kind: 'boolean' },
      description:
        'Whether ratings have a constant. Default: false, as ArmoRM does; yes/no objectives always have one.',
    },
    split: {
      description: 'What is held out to choose the penalty and to measure. Default: `validation: 0.2`.',
      value: {
        kind: 'mapping',
        keys: {
          validation: { value: share, description: `${validation} In place of \`folds\`.` },
          folds: {
            value: { kind: 'number', least: 2, most: 100, isInteger: true },
            description: 'Every group is held out once. In place of `validation`.',
          },
        },
      },
    },
    choice: {
      value: { kind: 'word', words: ['best', 'one_standard_error'] },
      description:
        '`best` (the default): the smallest loss. `one_standard_error`: the largest penalty within one standard error of it.',
    },
    refit: {
      value: { kind: 'word', words: ['training', 'all'] },
      description: 'The rows the chosen penalty is fitted on again: the `training` part (the default), or `all`.',
    },
  },
};

const verbosity: ValueSpec = {
  kind: 'mapping',
  required: ['objective'],
  keys: {
    objective: { value: text, description: 'The objective that is corrected for.' },
    threshold: {
      value: { kind: 'number', least: -1, most: 1 },
      description: 'The rank correlation to come under. Default: 0.03.',
    },
    grid: {
      value: { kind: 'list', item: { kind: 'number' } },
      description: 'Values of λ, tried in this order. Default: ArmoRM’s 24, from 0 to 0.95.',
    },
    data: {
      value: text,
      description: 'The name of the data whose responses it is measured on. Default: the pairs of the gate.',
    },
  },
};

const gate: ValueSpec = {
  kind: 'mapping',
  required: ['data'],
  keys: {
    data: { value: dataNames, description: pairNames },
    hidden: {
      value: { kind: 'list', item: { kind: 'number', least: 1, most: 65_536, isInteger: true } },
      description: 'Outputs of the hidden layers. Default: `[1024, 1024, 1024]`.',
    },
    temperature: {
      value: positive,
      description: 'What the gate’s outputs are divided by before the softmax over the objectives. Default: 10.',
    },
    steps: { value: count, description: 'Steps of the optimiser. Default: 2000.' },
    batch: { value: count, description: 'Pairs a step, drawn with replacement. Default: 1024.' },
    learning_rate: { value: positive, description: 'At the first step; it falls along a half cosine. Default: 1e-3.' },
    weight_decay: { value: { kind: 'number', least: 0 }, description: 'Of AdamW. Default: 0.' },
    dropout: {
      value: { kind: 'number', least: 0, most: 0.95 },
      description: 'Chance that an output of a hidden layer is left out. Default: 0.2.',
    },
    validation: { value: share, description: `${validation} Default: 0.2.` },
    evaluate_every: { value: count, description: 'Steps between two looks at the held-out pairs. Default: 50.' },
    patience: {
      value: { kind: 'either', forms: [count, { kind: 'word', words: ['never'] }] },
      description: 'Looks without a better loss before it stops, or `never`. The best weights are kept. Default: 10.',
    },
  },
};

const preference: ValueSpec = {
  kind: 'mapping',
  required: ['data'],
  keys: {
    name: { value: text, description: 'What the score is called. Default: `preference`.' },
    description: { value: text, description: 'What a high value means, in a sentence. Stands in the head file.' },
    data: { value: dataNames, description: pairNames },
    penalties: {
      value: penalties,
      description: 'Strengths of the penalty to choose from. Default: as under `ratings`.',
    },
    standardise: { value: { kind: 'boolean' }, description: `${standardise} Default: true.` },
    validation: { value: share, description: `${validation} Default: 0.2.` },
  },
};

const semiSupervised: ValueSpec = {
  kind: 'mapping',
  required: ['data'],
  keys: {
    data: { value: dataNames, description: `${pairNames} Which response is the chosen one is not looked at.` },
    threshold: {
      value: { kind: 'number', least: 0.5, most: 0.999999 },
      description: 'Labels are kept above this confidence. Default: 0.8.',
    },
    rounds: { value: { kind: 'number', least: 1, most: 100, isInteger: true }, description: 'Default: 3.' },
    judge: {
      value: text,
      description:
        'A causal model that labels the first round, asked in both orders: a checkpoint folder, a hub id, or `starter`. ' +
        'Default: the head labels itself.',
    },
  },
};

/** The keys of a head recipe that say how it is trained. */
export const trainingKeys: KeyTable = {
  ratings: { value: ratings, description: 'How the objectives are fitted: ridge or logistic regression.' },
  verbosity_correction: {
    value: verbosity,
    description:
      'Takes λ times one objective from the others, so that they no longer follow it (ArmoRM). For each, the first λ that ' +
      'brings the rank correlation under the threshold.',
  },
  gate: {
    value: gate,
    description: 'A gate that weighs the objectives by the prompt, trained on pairs (ArmoRM). Default: equal weights.',
  },
  preference: {
    value: preference,
    description: 'One score, trained on pairs (Bradley–Terry). In place of `objectives`.',
  },
  semi_supervised: {
    value: semiSupervised,
    description: 'Labels more pairs, keeps what is certain, and trains again (SSRM). Of `gate` or `preference`.',
  },
};
