import { DatasetAccumulator, kindOf } from '../../src/core/dataset/datasetAccumulator';
import type { DatasetPage } from '../../src/core/dataset/datasetPage';
import { describePageRow } from '../../src/core/dataset/datasetPage';
import { ScoreTable } from '../../src/core/dataset/scoreTable';
import type { RewardBreakdown, ScoredRow } from '../../src/core/reward/rewardBreakdown';
import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import { seededRandom } from '../../src/core/seededRandom';
import type { DatasetView, PageParams, RunState } from '../../src/protocol/datasetView';

/** A scored data set in memory: what the sidecar makes of an output file. */
export interface FixtureDataset {
  readonly view: (changes?: Partial<DatasetView>) => DatasetView;
  readonly page: (params: PageParams) => DatasetPage;
}

export interface FixtureDatasetParams {
  readonly model: RewardModelDescription;
  readonly rows: readonly { readonly scored: ScoredRow; readonly subset: string | null; readonly excerpt: string }[];
  readonly file?: string;
}

export function fixtureDataset({ model, rows, file = 'data/preferences.jsonl' }: FixtureDatasetParams): FixtureDataset {
  const accumulator = new DatasetAccumulator();
  const table = new ScoreTable();
  for (const [index, { scored, subset, excerpt }] of rows.entries()) {
    accumulator.add(scored, subset);
    const isPair = 'margin' in scored;
    const rank = 'error' in scored ? NaN : isPair ? scored.margin : 'score' in scored ? scored.score : bestOf(scored);
    table.add({
      kind: kindOf(scored),
      rank,
      chosen: isPair ? scored.chosen.score : NaN,
      rejected: isPair ? scored.rejected.score : NaN,
      tokens: 'error' in scored ? 0 : isPair ? scored.chosen.tokens + scored.rejected.tokens : 200,
      subset,
      offset: 0,
      length: 0,
      line: index,
      excerpt,
    });
  }
  const overview = accumulator.overview();
  const { n, wins, ties } = overview.pairs ?? { n: 0, wins: 0, ties: 0 };
  const done: RunState = {
    kind: 'done',
    summary: {
      rows: overview.rows,
      errors: overview.kinds.error,
      pairs: { n, wins, ties, accuracy: n === 0 ? null : wins / n },
      subsets: {},
      tokens: overview.tokens,
      seconds: 1312.25,
      rowsPerSecond: overview.rows / 1312.25,
      tokensPerSecond: overview.tokens / 1312.25,
      model: model.name,
      head: model.head,
      device: model.device,
      dtype: model.dtype,
    },
  };
  return {
    view: (changes = {}) => ({
      run: { id: '20261122T100000', file, state: done, model },
      overview,
      problem: null,
      sourceProblem: null,
      actions: ['saveAs', 'openOutput', 'openSource', 'repeat'],
      ...changes,
    }),
    page: ({ query, offset, count }) => {
      const selected = table.select(query);
      const found = [...selected.subarray(offset, offset + count)];
      return {
        rows: found.map((row) => describePageRow(row, table.entryAt(row), rows[row]?.scored ?? noRow())),
        total: selected.length,
      };
    },
  };
}

function noRow(): never {
  throw new Error('no such row');
}

function bestOf(scored: Extract<ScoredRow, { readonly best: number }>): number {
  return scored.responses[scored.best]?.score ?? NaN;
}

const questions = [
  'Why did my bread not rise?',
  'How do I tell whether a peace lily has too much water or too little?',
  'Write two polite sentences asking a shop to refund a kettle that arrived broken.',
  'Explain the difference between a mutex and a semaphore to somebody who has used neither.',
  'What should I look at when I buy a second-hand bicycle?',
];

/** Seeded pairs over the model's objectives; `chosen` is better in about seven of ten. */
export function fixturePairs(
  model: RewardModelDescription,
  count: number,
  subsets: readonly string[],
): FixtureDatasetParams['rows'] {
  const random = seededRandom(11);
  const normal = (): number => random() + random() + random() + random() - 2;
  const { objectives } = model;
  const text = (quality: number): RewardBreakdown => {
    const parts = objectives.map(({ name }, index) => {
      const reward = 0.55 + 0.12 * quality + 0.16 * normal() + 0.01 * index;
      const coefficient = 1 / objectives.length;
      return { name, reward, coefficient, contribution: coefficient * reward };
    });
    const score = parts.reduce((sum, { contribution }) => sum + contribution, 0);
    return { score, tokens: 80 + Math.floor(300 * random()), truncated: random() < 0.01, objectives: parts };
  };
  return Array.from({ length: count }, (_, index) => {
    const id = `pair-${String(index + 1).padStart(5, '0')}`;
    const subset = subsets.length === 0 ? null : (subsets[index % subsets.length] ?? null);
    const excerpt = questions[index % questions.length] ?? '';
    if (index % 97 === 40) {
      const message = `row ${id}: \`rejected\` is missing`;
      return { scored: { id, error: { code: 'row', message } } as const, subset, excerpt: '' };
    }
    const [chosen, rejected] = [text(0.55 + normal()), text(normal())];
    return { scored: { id, chosen, rejected, margin: chosen.score - rejected.score }, subset, excerpt };
  });
}

export function fixtureSingles(model: RewardModelDescription, count: number): FixtureDatasetParams['rows'] {
  return fixturePairs(model, count, []).map(({ scored, subset, excerpt }) => ({
    scored: 'margin' in scored ? { id: scored.id, ...scored.chosen } : scored,
    subset,
    excerpt,
  }));
}
