import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { DataRow } from '../src/core/promptFile/parseDataFile';
import type { FeaturePlace } from '../src/core/training/featureMatrix';
import { openRewardModel } from '../src/engine/reward/openRewardModel';
import type { RewardModel } from '../src/engine/reward/rewardModel';
import { scoreRows } from '../src/engine/reward/scoreRows';
import { openFeatureSource, type FeatureSource } from '../src/engine/training/featureSource';
import { benchmarkContext } from './support/benchmarkContext';
import { describeMachine } from './support/machine';
import { mixedTexts, rowsOf } from './support/mixedTexts';
import { openStarter } from './support/openStarter';
import { writeRandomHead } from './support/randomHead';
import { interleave, median, timed, type Contestant, type Times } from './support/stopwatch';
import { printTable } from './support/table';

// What keeping features costs beside plain scoring: the starter's whole body in F32 over the same texts, once with a random
// linear head through the public scoring path, once into a store of features, flushed window by window. Then the same
// features again, which are there.

type Texts = readonly (readonly number[])[];

const PLACES: readonly (readonly FeaturePlace[])[] = [['last'], ['last', 'mean']];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '192' },
      window: { type: 'string', default: '48' },
      threads: { type: 'string', default: '2' },
    },
  });
  const threads = Number(values.threads);
  const { checkpoint, tokenizer } = await openStarter();
  const { texts, tokens } = mixedTexts(tokenizer, { count: Number(values.rows) });
  const windows = cut(texts, Number(values.window));
  console.log(`${describeMachine()}\n${texts.length} rows, ${tokens} tokens, ${threads} thread(s)\n`);
  const head = writeRandomHead(checkpoint.config.hiddenSize);
  const folder = mkdtempSync(join(tmpdir(), 'alidade-benchmark-'));
  const run = { reference: 'starter', device: 'cpu', dtype: 'f32', threads } as const;
  const open = (places: readonly FeaturePlace[]): Promise<FeatureSource> => {
    const spec = { layer: 'final', places } as const;
    return openFeatureSource(
      { ...run, spec, maxTokens: null, folder: join(folder, places.join('-')) },
      benchmarkContext,
    );
  };
  const model = await openRewardModel({ ...run, headPath: head.path }, benchmarkContext);
  const sources = await Promise.all(PLACES.map(open));
  try {
    const contestants: Contestant<Times>[] = [
      { name: 'scoring', run: (round) => score(model, windows[round]) },
      ...sources.map((source, index) => ({
        name: `features: ${PLACES[index].join(', ')}`,
        run: (round: number) => read(source, windows[round]),
      })),
    ];
    // So that every contestant is loaded and warm.
    const others = mixedTexts(tokenizer, { count: 4, seed: 2 }).texts;
    await score(model, others);
    for (const source of sources) await read(source, others);
    const results = await interleave(contestants, { rounds: windows.length, warmUps: 0 });
    printResults(results, tokens);
    await printSecondRun(open, texts);
  } finally {
    await model.release();
    for (const source of sources) await source.release();
    for (const made of [head.folder, folder]) rmSync(made, { recursive: true });
  }
}

function printResults(results: ReadonlyMap<string, readonly Times[]>, tokens: number): void {
  const plain = results.get('scoring') ?? [];
  const total = (times: readonly Times[], of: keyof Times): number => times.reduce((sum, time) => sum + time[of], 0);
  printTable(
    ['', 'tokens/s', 'tokens per CPU s', 'speed / scoring: total', 'median', 'of CPU time'],
    [...results].map(([name, times]) => [
      name,
      (tokens / total(times, 'wall')).toFixed(0),
      (tokens / total(times, 'cpu')).toFixed(0),
      (total(plain, 'wall') / total(times, 'wall')).toFixed(3),
      median(times.map(({ wall }, index) => plain[index].wall / wall)).toFixed(3),
      (total(plain, 'cpu') / total(times, 'cpu')).toFixed(3),
    ]),
  );
}

async function printSecondRun(
  open: (places: readonly FeaturePlace[]) => Promise<FeatureSource>,
  texts: Texts,
): Promise<void> {
  const { times, value } = await timed(async () => {
    const source = await open(PLACES[0]);
    await read(source, texts);
    await source.release();
    return source.counts;
  });
  console.log(`\nagain, opened anew: ${value.kept} of ${value.texts} kept, in ${(times.wall * 1000).toFixed(0)} ms`);
}

async function score(model: RewardModel, texts: Texts): Promise<Times> {
  async function* list(): AsyncGenerator<DataRow> {
    for (const [line, row] of rowsOf(texts).entries()) {
      yield await Promise.resolve({
        line,
        span: { start: 0, end: 0 },
        id: row.id,
        kind: null,
        row,
        error: null,
        parts: [],
        subset: null,
      });
    }
  }
  model.forget();
  const { times } = await timed(async () => {
    for await (const scored of scoreRows({ model, rows: list(), options: {} }, benchmarkContext)) {
      if ('error' in scored) throw new Error(scored.error.message);
    }
  });
  return times;
}

async function read(source: FeatureSource, texts: Texts): Promise<Times> {
  const inputs = texts.map((ids) => ({ kind: 'ids', ids }) as const);
  const { times, value } = await timed(() => source.read(inputs, benchmarkContext));
  if (value.places.some((place) => 'error' in place)) throw new Error('a text has no features');
  return times;
}

function cut(texts: Texts, size: number): Texts[] {
  const windows: Texts[] = [];
  for (let start = 0; start < texts.length; start += size) windows.push(texts.slice(start, start + size));
  return windows;
}

void main();
