import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { MergePlan } from '../src/core/merging/plan/mergePlan';
import { modelsOfRecipe } from '../src/core/merging/recipe/modelsOfRecipe';
import { parseMergeRecipe } from '../src/core/merging/recipe/parseMergeRecipe';
import { planMerge } from '../src/core/merging/plan/planMerge';
import type { ScorableRow } from '../src/core/promptFile/scorableRow';
import { starterHeadPath } from '../src/engine/checkpoint/starterFile';
import { LiveMerge } from '../src/engine/merging/liveMerge';
import { readMergeSources } from '../src/engine/merging/readMergeSources';
import { benchmarkContext } from './support/benchmarkContext';
import { benchmarkIds } from './support/benchmarkText';
import { describeMachine } from './support/machine';
import { writeStarterPair } from './support/mergePair';
import { openStarter } from './support/openStarter';
import { median, timed } from './support/stopwatch';
import type { Times } from './support/stopwatch';
import { printTable } from './support/table';

// A slider of the merge preview: another recipe, of which every tensor comes out differently, up to the reward and the
// perplexity on 8 fixed rows of 200 tokens. Two BF16 checkpoints of the starter's shapes, with the starter's meters.

const ROWS = 8;
const TOKENS = 200;
const PROMPT = 60;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '5' }, threads: { type: 'string', default: '2' } },
  });
  const [rounds, threads] = [Number(values.rounds), Number(values.threads)];
  const { checkpoint, tokenizer } = await openStarter();
  const pair = await writeStarterPair(checkpoint);
  try {
    const turn = tokenizer.encodeRendered('<|im_end|>\n<|im_start|>assistant\n');
    const rows = Array.from({ length: ROWS }, (_, seed): ScorableRow => {
      const text = benchmarkIds(tokenizer, { tokens: TOKENS - turn.length, seed });
      const ids = [...text.slice(0, PROMPT), ...turn, ...text.slice(PROMPT)];
      return { kind: 'single', id: String(seed), input: { kind: 'ids', ids } };
    });
    const plan = await planner(pair, checkpoint.config.layerCount);
    console.log(`${describeMachine()}; ${threads} thread(s), ${rounds} rounds, ${ROWS} rows of ${TOKENS} tokens\n`);
    await measure({ rows, plan, rounds, threads });
  } finally {
    for (const folder of Object.values(pair)) await rm(folder, { recursive: true });
  }
}

/** Reads headers once, as the preview does; then plans three blocks of layers. */
async function planner(
  { before, after }: { readonly before: string; readonly after: string },
  layers: number,
): Promise<(shares: readonly number[]) => readonly MergePlan[]> {
  const recipe = (shares: readonly number[]): string => {
    const slices = shares.map((share, block) => {
      const range = [block, block + 1].map((part) => Math.floor((part * layers) / shares.length)).join(', ');
      const source = (model: string, weight: number): string =>
        `      - {model: ${model}, layer_range: [${range}], parameters: {weight: ${weight}}}`;
      return ['  - sources:', source(before, share), source(after, 1 - share)].join('\n');
    });
    return ['merge_method: linear', 'dtype: bfloat16', 'slices:', ...slices, ''].join('\n');
  };
  const { recipes } = parseMergeRecipe(recipe([0.5, 0.5, 0.5]));
  const models = recipes.flatMap(modelsOfRecipe);
  const sources = await readMergeSources({ models, folders: [], withVocabulary: false }, benchmarkContext);
  return (shares) => {
    const text = recipe(shares);
    const options = { dtype: null, shardBytes: 5e9, arithmetic: 'exact', seed: 0, version: '0', text } as const;
    const { stages, problems } = planMerge({ recipes: parseMergeRecipe(text).recipes, sources, options });
    if (stages.length === 0) throw new Error(problems.map(({ message }) => message).join('; '));
    return stages;
  };
}

async function measure(params: {
  readonly rows: readonly ScorableRow[];
  readonly plan: (shares: readonly number[]) => readonly MergePlan[];
  readonly rounds: number;
  readonly threads: number;
}): Promise<void> {
  const { rows, plan, rounds, threads } = params;
  const steps = ['plan', 'merge', 'reward', 'perplexity', 'all'] as const;
  const times = new Map(steps.map((step) => [step, [] as Times[]]));
  const lap = async <Value>(step: (typeof steps)[number], work: () => Promise<Value>): Promise<Value> => {
    const { times: taken, value } = await timed(work);
    times.get(step)?.push(taken);
    return value;
  };
  const start = { stages: plan([0.5, 0.5, 0.5]), headPath: starterHeadPath(), device: 'cpu', threads } as const;
  const live = await LiveMerge.open(start, benchmarkContext);
  const opening = performance.now();
  const first = await live.measure({ rows, texts: rows }, benchmarkContext);
  console.log(
    `from nothing: ${(performance.now() - opening).toFixed(0)} ms, of which merging ${first.mergeMilliseconds.toFixed(0)} ms of ${first.mergedTensors} tensors\n`,
  );
  for (let round = 0; round < rounds; round += 1) {
    const shares = [0.3 + 0.02 * round, 0.5, 0.7 - 0.02 * round].map((share) => share + 0.001);
    await lap('all', async () => {
      const stages = await lap('plan', () => Promise.resolve(plan(shares)));
      await lap('merge', () => live.update(stages, benchmarkContext));
      await lap('reward', () => live.measure({ rows, texts: [] }, benchmarkContext));
      await lap('perplexity', () => live.measure({ rows: [], texts: rows }, benchmarkContext));
    });
  }
  await live.release();
  const columns = [
    (all: readonly Times[]) => Math.min(...all.map(({ wall }) => wall)),
    (all: readonly Times[]) => median(all.map(({ wall }) => wall)),
    (all: readonly Times[]) => median(all.map(({ cpu }) => cpu)),
  ];
  printTable(
    ['', 'wall ms, best', 'median', 'CPU ms, median'],
    [...times].map(([step, all]) => [step, ...columns.map((of) => (of(all) * 1000).toFixed(0))]),
  );
  console.log(`\npeak resident memory: ${(process.resourceUsage().maxRSS / 1e3).toFixed(0)} MB`);
}

void main();
