import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { HeadFileMetadata } from '../../../../src/core/reward/headFile';
import { writeModelCard } from '../../../../src/core/training/card/writeModelCard';
import type { HeadRecipe } from '../../../../src/core/training/recipe/headRecipe';
import type { PairAccuracy, TrainingReport } from '../../../../src/core/training/trainingReport';

const accuracy = (value: number): PairAccuracy => ({
  n: 200,
  accuracy: value,
  interval: { low: value - 0.05, high: value + 0.05 },
});

const recipe: HeadRecipe = {
  name: 'my judge',
  model: 'starter',
  pooling: { kind: 'mean', layer: 20 },
  maxTokens: 512,
  seed: 20,
  data: [
    { name: 'toxicity', files: ['toxicity.jsonl'], group: 'group', source: 'a | b', licence: 'MIT', labels: 'crowd' },
    { name: 'pairs', files: ['pairs.jsonl'], group: null, source: null, licence: null, labels: null },
  ],
  ratings: {
    penalties: [10, 30000],
    standardise: true,
    intercept: true,
    selection: { kind: 'folds', folds: 5 },
    choice: 'one_standard_error',
    refit: 'all',
  },
  objectives: [
    {
      name: 'verbosity',
      kind: 'computed',
      compute: 'log_tokens',
      data: null,
      label: null,
      scale: null,
      description: null,
      wordBaseline: 'response',
    },
    {
      name: 'non-toxicity',
      kind: 'logistic',
      compute: null,
      data: 'toxicity',
      label: { kind: 'field', field: 'toxic', values: { 0: 1, 1: 0 } },
      scale: null,
      description: 'No insults.',
      wordBaseline: 'response',
    },
  ],
  verbosity: { objective: 'verbosity', threshold: 0.03, grid: [0, 0.5], data: 'pairs' },
  gate: {
    data: ['pairs'],
    hidden: [8],
    temperature: 10,
    optimiser: { steps: 10, batch: 4, learningRate: 1e-3, weightDecay: 0, evaluateEvery: 5, patience: null },
    dropout: 0,
    validation: 0.2,
  },
  preference: null,
  semiSupervised: { data: ['pairs'], threshold: 0.8, rounds: 1, judge: null },
  checks: [
    {
      name: 'terms',
      data: 'toxicity',
      objective: 'non-toxicity',
      label: null,
      groups: { kind: 'terms', terms: ['gay'] },
    },
  ],
  card: {
    about: 'What *it* is.\n',
    intendedUse: 'Trying things.',
    knownFaults: ['One\nfault.'],
    licence: 'MIT',
  },
};

const report: TrainingReport = {
  name: 'my judge',
  model: { name: 'body', hash: 'ab'.repeat(32), hiddenSize: 4 },
  pooling: recipe.pooling,
  seed: 20,
  versions: { Alidade: '1.2.3', 'ONNX Runtime': '1.30.0' },
  data: recipe.data.map(({ name, files, source, licence, labels }) => ({
    name,
    files: files.map((file) => ({ name: file, sha256: 'cd'.repeat(32), rows: 1528 })),
    source,
    licence,
    labels,
    refused: [{ reason: 'no label', count: 3, first: 'toxicity.jsonl:7' }],
  })),
  objectives: [
    {
      name: 'non-toxicity',
      kind: 'logistic',
      rows: 744,
      groups: 700,
      metric: 'AUC',
      heldOut: { value: 0.9496, deviation: 0.0254, interval: null },
      lengthAlone: { value: 0.64, deviation: 0.03, interval: null },
      wordsAlone: null,
      penalties: [{ penalty: 30000, loss: 0.3 }],
      penalty: 30000,
    },
  ],
  verbosity: {
    objective: 'verbosity',
    threshold: 0.03,
    responses: 400,
    rows: [{ objective: 'non-toxicity', before: 0.42, lambda: 0.5, after: 0.1, isReached: false }],
  },
  gate: {
    pairs: 1000,
    heldOutPairs: 200,
    curve: [],
    bestStep: 10,
    accuracy: accuracy(0.812),
    equalWeights: accuracy(0.7),
    lengthAlone: accuracy(0.6),
    meanGates: [{ objective: 'non-toxicity', gate: 0.25 }],
  },
  preference: null,
  semiSupervised: {
    labelled: 100,
    unlabelled: 900,
    threshold: 0.8,
    rounds: [
      { round: 0, kept: 0, keptShare: 0, swapped: 0, agreement: null, heldOut: accuracy(0.7), calibrationError: 0.1 },
    ],
  },
  checks: [
    {
      name: 'terms',
      evaluation: {
        rows: 100,
        errors: 0,
        pairs: null,
        objectives: [
          {
            objective: 'non-toxicity',
            n: 100,
            metric: 'AUC',
            value: 0.93,
            interval: { low: 0.9, high: 0.96 },
            lengthAlone: 0.6,
            wordsAlone: 0.9,
            groups: [{ group: 'gay', negatives: 0, positives: 23, falsePositiveRate: null, falseNegativeRate: 0.13 }],
            threshold: 0.5,
          },
        ],
        warnings: ['few rows'],
      },
    },
  ],
  warnings: ['toxicity: 3 rows not used'],
};

const head: HeadFileMetadata = {
  version: 1,
  name: 'my judge',
  objectives: [
    { name: 'verbosity', kind: 'computed', compute: 'log_tokens', scale: { min: 0, max: 13, unit: 'log2 tokens' } },
    { name: 'non-toxicity', kind: 'logistic', description: 'No insults.' },
  ],
  pooling: recipe.pooling,
  body: { name: 'body', hiddenSize: 4, reference: 'starter', maxTokens: 512 },
  gate: { text: 'x', temperature: 10 },
};

describe('writeModelCard', () => {
  const card = writeModelCard({ recipe, report, head });

  it('is laid out as Prettier lays it out', async () => {
    const options = await resolveConfig(resolve('package.json'));
    // The text of people is theirs.
    const own = writeModelCard({ recipe: { ...recipe, card: { ...recipe.card, about: null } }, report, head });
    assert.equal(await format(own, { ...options, parser: 'markdown' }), own);
  });

  it('says every figure of the report, and where the data are from', () => {
    for (const said of [
      '# My judge',
      '**0.950 ± 0.025**',
      '0.640 ± 0.030',
      '30,000',
      '| non-toxicity | 0.420  | 0.5 | 0.100 | **no**  |',
      '**81.2 % (76.2–86.2 %)**',
      '**0.930 (0.900–0.960)**',
      '13.0 %',
      'cd'.repeat(32),
      'ab'.repeat(32),
      'ONNX Runtime 1.30.0',
      '- toxicity: 3 rows not used',
      '- One fault.',
      'a \\| b',
    ]) {
      assert.ok(card.includes(said), `${said} is missing in\n${card}`);
    }
  });

  it('says nothing of stages that were not there', () => {
    const plain = writeModelCard({
      recipe: { ...recipe, gate: null, semiSupervised: null, verbosity: null, checks: [] },
      report: { ...report, gate: null, semiSupervised: null, verbosity: null, checks: [], warnings: [] },
      head,
    });
    for (const title of ['## Gate', '## Pseudo-labels', '## Correction', '## Checks', 'undefined', 'null', 'NaN']) {
      assert.ok(!plain.includes(title), `${title} in\n${plain}`);
    }
  });
});
