import type { HeadEvaluation, Interval, PairEvaluation } from '../../src/core/training/evaluation/headEvaluation';
import type {
  GateReport,
  ObjectiveReport,
  TrainingReport,
  TrainingStage,
  TrainingState,
} from '../../src/core/training/trainingReport';
import type { HeadDescription } from '../../src/protocol/sidecarTraining';
import type { TrainingView } from '../../src/protocol/trainingView';

/** Around a share of n. */
function around(value: number, n: number): Interval {
  const half = 1.96 * Math.sqrt((value * (1 - value)) / n);
  return { low: Math.max(0, value - half), high: Math.min(1, value + half) };
}

function objective(
  name: string,
  metric: 'AUC' | 'Spearman',
  [value, length, words]: readonly [number, number, number],
): ObjectiveReport {
  const figure = (mean: number) => ({ value: mean, deviation: 0.021, interval: null });
  return {
    name,
    kind: metric === 'AUC' ? 'logistic' : 'linear',
    rows: 1528,
    groups: 382,
    metric,
    heldOut: figure(value),
    lengthAlone: figure(length),
    wordsAlone: figure(words),
    penalties: [10, 100, 1000].map((penalty) => ({ penalty, loss: 0.4 + penalty / 20_000 })),
    penalty: 1000,
  };
}

export const fixtureObjectives: readonly ObjectiveReport[] = [
  {
    ...objective('verbosity', 'AUC', [0, 0, 0]),
    ...{ kind: 'computed', metric: null, heldOut: null, lengthAlone: null, wordsAlone: null },
    ...{ penalties: [], penalty: null, rows: 0, groups: 0 },
  },
  objective('compliance', 'AUC', [0.998, 0.585, 0.986]),
  objective('non-toxicity', 'AUC', [0.96, 0.657, 0.923]),
  objective('on-topic', 'AUC', [0.909, 0.5, 0.805]),
  objective('engagingness', 'Spearman', [0.655, 0.405, 0.499]),
  objective('curtness', 'AUC', [0.61, 0.64, 0.55]),
];

export function fixtureGate(points = 40): GateReport {
  const accuracy = (value: number) => ({ n: 812, accuracy: value, interval: around(value, 812) });
  return {
    pairs: 3248,
    heldOutPairs: 812,
    curve: Array.from({ length: points }, (_, index) => ({
      step: 50 * (index + 1),
      loss: 0.42 + 0.27 * Math.exp(-index / 8) + 0.004 * Math.sin(index * 2.3),
      heldOutLoss: 0.47 + 0.22 * Math.exp(-index / 6) + 0.0008 * index,
      heldOutAccuracy: 0.79 - 0.25 * Math.exp(-index / 5),
    })),
    bestStep: 50 * Math.min(points, 24),
    accuracy: accuracy(0.789),
    equalWeights: accuracy(0.71),
    lengthAlone: accuracy(0.563),
    meanGates: fixtureObjectives.map(({ name }, index) => ({
      objective: name,
      gate: [0.02, 0.31, 0.24, 0.22, 0.18, 0.03][index] ?? 0,
    })),
  };
}

export const fixturePairs: PairEvaluation = {
  n: 1200,
  ties: 3,
  accuracy: 0.742,
  interval: around(0.742, 1200),
  subsets: ['chat', 'chat-hard', 'reasoning', 'safety'].map((name, index) => ({
    name,
    n: 300,
    accuracy: [0.89, 0.58, 0.71, 0.79][index] ?? 0,
    interval: around([0.89, 0.58, 0.71, 0.79][index] ?? 0, 300),
  })),
  rewardBench: {
    countVersion: '2024-09-10',
    sections: { Chat: 0.89, 'Chat Hard': 0.58, Safety: 0.79, Reasoning: 0.71 },
    score: 0.7425,
  },
  baselines: {
    length: { prefers: 'longer', accuracy: 0.571, interval: around(0.571, 1200) },
    words: { accuracy: 0.648, interval: around(0.648, 1200) },
  },
  lengthControlled: { accuracy: 0.725, whereLonger: 0.81, whereShorter: 0.64 },
  overLength: { difference: 0.171, interval: { low: 0.14, high: 0.2 } },
  calibration: {
    error: 0.031,
    brier: 0.178,
    bins: Array.from({ length: 10 }, (_, index) => ({
      from: 0.5 + index / 20,
      to: 0.55 + index / 20,
      n: 240 - 20 * index,
      confidence: 0.525 + index / 20,
      accuracy: 0.51 + index * 0.045 + 0.01 * Math.sin(3 * index),
    })),
  },
};

export const fixtureEvaluation: HeadEvaluation = {
  rows: 1310,
  errors: 2,
  pairs: fixturePairs,
  objectives: [
    {
      objective: 'non-toxicity',
      n: 744,
      metric: 'AUC',
      value: 0.951,
      interval: { low: 0.932, high: 0.966 },
      lengthAlone: 0.657,
      wordsAlone: 0.923,
      groups: ['gay', 'muslim', 'black', 'white', 'female'].map((group, index) => ({
        group,
        negatives: 40 + index,
        positives: index === 4 ? 0 : 12 + index,
        falsePositiveRate: 0.05 + index / 40,
        falseNegativeRate: index === 4 ? null : 0.2 - index / 30,
      })),
      threshold: 0.5,
    },
    {
      objective: 'engagingness',
      n: 360,
      metric: 'Spearman',
      value: 0.655,
      interval: { low: 0.58, high: 0.72 },
      lengthAlone: 0.405,
      wordsAlone: 0.499,
      groups: [],
      threshold: null,
    },
  ],
  warnings: ['on the subset "chat-hard" the head is no better than length.'],
};

export const fixtureReport: TrainingReport = {
  name: 'my judge',
  model: { name: 'SmolLM2-135M-Instruct', hash: '5b6e0f6a9c1d2e3f', hiddenSize: 576 },
  pooling: { kind: 'mean', layer: 20 },
  seed: 20,
  versions: { alidade: '0.1.0' },
  data: [
    {
      name: 'toxicity',
      files: [{ name: 'toxicity.jsonl', sha256: 'a'.repeat(64), rows: 744 }],
      source: 'Wikipedia comments',
      licence: 'Apache-2.0',
      labels: 'crowd workers',
      refused: [],
    },
    {
      name: 'dialogues',
      files: [
        { name: 'hh-harmless.jsonl', sha256: 'b'.repeat(64), rows: 382 },
        { name: 'bigbench-hhh.jsonl', sha256: 'c'.repeat(64), rows: 221 },
      ],
      source: 'anthropics/hh-rlhf and BIG-bench',
      licence: 'MIT, Apache-2.0',
      labels: 'by construction',
      refused: [{ reason: 'fewer than 8 words', count: 17, first: 'hh-harmless.jsonl:4' }],
    },
  ],
  objectives: fixtureObjectives,
  verbosity: {
    objective: 'verbosity',
    threshold: 0.03,
    responses: 8120,
    rows: fixtureObjectives.slice(1).map(({ name }, index) => ({
      objective: name,
      before: 0.31 - 0.12 * index,
      lambda: [0.35, 0.2, 0.05, 0, 0.95][index] ?? 0,
      after: [0.021, 0.028, 0.012, -0.05, 0.11][index] ?? 0,
      isReached: index !== 4,
    })),
  },
  gate: fixtureGate(),
  preference: null,
  semiSupervised: {
    labelled: 325,
    unlabelled: 2923,
    threshold: 0.8,
    rounds: [0.701, 0.742, 0.761, 0.766].map((accuracy, round) => ({
      round,
      kept: 900 * round,
      keptShare: (900 * round) / 2923,
      swapped: 410 * round,
      agreement: round === 0 ? null : 0.86 + 0.01 * round,
      heldOut: { n: 812, accuracy, interval: around(accuracy, 812) },
      calibrationError: 0.061 - 0.01 * round,
    })),
  },
  checks: [{ name: 'XSTest', evaluation: { ...fixtureEvaluation, pairs: null, warnings: [] } }],
  warnings: [
    'the objective "curtness" does not beat length: 0.61 against 0.64.',
    '17 of 603 rows of dialogues were not used: fewer than 8 words.',
  ],
};

const order: readonly TrainingStage[] = ['data', 'features', 'ratings', 'verbosity', 'gate', 'checks', 'head'];

/** As far as the stage that is running; all done without one. */
export function fixtureState(report: TrainingReport, running: TrainingStage | null): TrainingState {
  const at = running === null ? order.length : order.indexOf(running);
  return {
    stages: order.map((kind, index) => ({ kind, state: index < at ? 'done' : index === at ? 'running' : 'waiting' })),
    report,
  };
}

const card = `# my judge

A head on **SmolLM2-135M-Instruct** that rates *five* things. See \`my.head.yml\`.

## Data

| set | rows | licence |
| --- | ---: | --- |
| toxicity | 744 | Apache-2.0 |
| dialogues | 603 | [MIT](https://opensource.org/license/mit) |

## Known faults

- It knows short English texts
  and nothing else.
- <script>alert(1)</script> is text.

1. First
2. Second

\`\`\`
alidade heads train my.head.yml
\`\`\`
`;

export const fixtureHead: HeadDescription = {
  path: '/home/me/my-judge.safetensors',
  bytes: 18_432,
  metadata: {
    version: 1,
    name: 'my judge',
    objectives: fixtureObjectives.map(({ name, kind }) => ({
      name,
      kind,
      ...(kind === 'computed' ? { compute: 'log_tokens' as const } : {}),
      ...(kind === 'linear' ? { scale: { min: 1, max: 3, unit: 'rating' } } : {}),
      description: `How much ${name} there is; held out 0.9`,
    })),
    pooling: { kind: 'mean', layer: 20 },
    body: { name: 'SmolLM2-135M-Instruct', hiddenSize: 576, hash: '5b6e0f6a9c1d2e3f', reference: 'starter' },
  },
  gateShape: null,
  card,
};

const base = { path: fixtureHead.path, file: 'my-judge.safetensors', isInUse: false, problem: null } as const;

export const fixtureViews = {
  running: {
    ...base,
    subject: {
      kind: 'training',
      run: 'r1',
      recipe: 'my.head.yml',
      state: {
        kind: 'running',
        progress: { message: 'Training the gate', done: 850, total: 2000, secondsLeft: 40 },
      },
      training: fixtureState({ ...fixtureReport, gate: fixtureGate(17), semiSupervised: null, checks: [] }, 'gate'),
    },
    head: null,
    actions: ['stop', 'openRecipe'],
  },
  trained: {
    ...base,
    subject: {
      kind: 'training',
      run: 'r1',
      recipe: 'my.head.yml',
      state: { kind: 'done', seconds: 93 },
      training: fixtureState(fixtureReport, null),
    },
    head: fixtureHead,
    actions: ['useHead', 'evaluateHead', 'exportHead', 'openCard', 'openRecipe', 'repeat'],
  },
  evaluated: {
    ...base,
    subject: {
      kind: 'evaluation',
      run: 'r2',
      inputs: ['data/preferences.jsonl'],
      state: { kind: 'done', seconds: 31 },
      evaluation: fixtureEvaluation,
    },
    head: fixtureHead,
    actions: ['openHead', 'openSource', 'repeat'],
  },
  head: {
    ...base,
    subject: { kind: 'head' },
    head: fixtureHead,
    isInUse: true,
    actions: ['evaluateHead', 'exportHead', 'openCard'],
  },
} as const satisfies Readonly<Record<string, TrainingView>>;

export const fixtureVariants = {
  starting: {
    ...base,
    subject: {
      kind: 'training',
      run: 'r1',
      recipe: 'my.head.yml',
      state: { kind: 'running', progress: null },
      training: null,
    },
    head: null,
    actions: ['stop', 'openRecipe'],
  },
  waiting: {
    ...base,
    subject: {
      kind: 'evaluation',
      run: 'r3',
      inputs: ['data/a.jsonl'],
      state: { kind: 'waiting' },
      evaluation: null,
    },
    head: fixtureHead,
    actions: ['stop', 'openSource'],
  },
  failed: {
    ...base,
    subject: {
      kind: 'training',
      run: 'r1',
      recipe: 'my.head.yml',
      state: {
        kind: 'failed',
        code: 'row',
        message: 'The objective "tone" has labels of one class only.',
        hint: null,
      },
      training: fixtureState(
        {
          ...fixtureReport,
          objectives: [],
          gate: null,
          verbosity: null,
          semiSupervised: null,
          checks: [],
          warnings: [],
        },
        'data',
      ),
    },
    head: null,
    actions: ['repeat', 'openRecipe', 'showLog'],
  },
  stopped: {
    ...base,
    subject: {
      kind: 'training',
      run: 'r1',
      recipe: 'my.head.yml',
      state: { kind: 'stopped' },
      training: fixtureState(
        { ...fixtureReport, gate: null, verbosity: null, semiSupervised: null, checks: [] },
        'verbosity',
      ),
    },
    head: null,
    actions: ['resume', 'openRecipe'],
  },
  preference: {
    ...base,
    subject: {
      kind: 'training',
      run: 'r1',
      recipe: 'pairs.head.yml',
      state: { kind: 'done', seconds: 12 },
      training: fixtureState(
        {
          ...fixtureReport,
          ...{ objectives: [], gate: null, verbosity: null, checks: [], warnings: [] },
          preference: {
            ...{ pairs: 400, heldOutPairs: 100, penalties: [{ penalty: 1, loss: 0.5 }], penalty: 1 },
            accuracy: { n: 100, accuracy: 0.74, interval: around(0.74, 100) },
            lengthAlone: { n: 100, accuracy: 0.58, interval: around(0.58, 100) },
            wordsAlone: { n: 100, accuracy: 0.66, interval: around(0.66, 100) },
          },
        },
        null,
      ),
    },
    head: fixtureHead,
    actions: ['useHead', 'openRecipe', 'repeat'],
  },
  gone: {
    ...base,
    subject: { kind: 'head' },
    head: null,
    problem: { message: '/home/me/my-judge.safetensors does not exist.', hint: null },
    actions: [],
  },
} as const satisfies Readonly<Record<string, TrainingView>>;
