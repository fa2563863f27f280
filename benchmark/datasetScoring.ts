import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { DtypeChoice } from '../src/core/device';
import type { DataRow } from '../src/core/promptFile/parseDataFile';
import type { ScorableRow } from '../src/core/promptFile/scorableRow';
import { compareScores } from '../src/core/reward/compareScores';
import { openRewardModel } from '../src/engine/reward/openRewardModel';
import type { RewardModel } from '../src/engine/reward/rewardModel';
import { listBreakdowns, scoreRows } from '../src/engine/reward/scoreRows';
import { sortedBatches } from './support/batches';
import { benchmarkContext } from './support/benchmarkContext';
import { exportBody } from './support/exportBody';
import { describeMachine } from './support/machine';
import { mixedTexts, rowsOf } from './support/mixedTexts';
import { openStarter } from './support/openStarter';
import { Peer, peerPython, peerScript } from './support/peer';
import { applyRandomHead, writeRandomHead } from './support/randomHead';
import type { RandomHead } from './support/randomHead';
import { interleave, median, timed } from './support/stopwatch';
import type { Contestant, Times } from './support/stopwatch';
import { printTable } from './support/table';

// A data set of mixed lengths through the starter's whole body and a random linear head on the last token, through the
// public scoring path, against transformers on torch and transformers.js in their fastest forms. Every contestant scores the
// whole data set once, a window of rows at a time and in turn with all others, with the same weights and ids.

type Texts = readonly (readonly number[])[];
type Scores = readonly number[];

interface Run {
  readonly times: Times;
  readonly scores: Scores;
}

interface Scorer {
  readonly name: string;
  readonly group: 'alidade' | 'torch' | 'transformers.js';
  score(texts: Texts): Promise<Run>;
}

const TORCH = [
  { name: 'bf16, batch 1', variant: { dtype: 'bf16', attention: 'sdpa' }, batch: 1 },
  { name: 'bf16, batch 4', variant: { dtype: 'bf16', attention: 'sdpa' }, batch: 4 },
  { name: 'int8 (dynamic), batch 1', variant: { dtype: 'f32', attention: 'sdpa', quantised: true }, batch: 1 },
];
const MORE_TORCH = [
  { name: 'f32, batch 1', variant: { dtype: 'f32', attention: 'sdpa' }, batch: 1 },
  { name: 'f32, batch 8', variant: { dtype: 'f32', attention: 'sdpa' }, batch: 8 },
  { name: 'bf16, batch 8', variant: { dtype: 'bf16', attention: 'sdpa' }, batch: 8 },
  { name: 'bf16, batch 16', variant: { dtype: 'bf16', attention: 'sdpa' }, batch: 16 },
  { name: 'bf16, eager, batch 1', variant: { dtype: 'bf16', attention: 'eager' }, batch: 1 },
  { name: 'f16, batch 1', variant: { dtype: 'f16', attention: 'sdpa' }, batch: 1 },
];
const COMPILED = [
  { name: 'bf16, compiled, batch 1', variant: { dtype: 'bf16', attention: 'sdpa', compiled: true }, batch: 1 },
];
const TRANSFORMERS_JS = [{ dtype: 'q8', batch: 1 }];
const MORE_TRANSFORMERS_JS = [
  { dtype: 'fp32', batch: 1 },
  { dtype: 'q8', batch: 4 },
  { dtype: 'q4', batch: 1 },
  { dtype: 'fp16', batch: 1 },
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '192' },
      window: { type: 'string', default: '48' },
      threads: { type: 'string', default: '1,2' },
      dtypes: { type: 'string', default: 'f32,int8,int4' },
      'all-peers': { type: 'boolean', default: false },
      'no-peers': { type: 'boolean', default: false },
      compiled: { type: 'boolean', default: false },
    },
  });
  const { checkpoint, tokenizer } = await openStarter();
  const { texts, tokens } = mixedTexts(tokenizer, { count: Number(values.rows) });
  const body = values['no-peers'] ? null : await exportBody(checkpoint);
  const head = writeRandomHead(checkpoint.config.hiddenSize);
  const windows = cut(texts, Number(values.window));
  const mean = (tokens / texts.length).toFixed(0);
  console.log(
    `${describeMachine()}\n${texts.length} rows, ${tokens} tokens (mean ${mean}), ${windows.length} windows\n`,
  );
  try {
    if (body !== null) exportOnnx(body);
    for (const threads of values.threads.split(',').map(Number)) {
      const ours = values.dtypes.split(',') as DtypeChoice[];
      const peers: Peer[] = [];
      const models: RewardModel[] = [];
      const scorers: Scorer[] = [];
      try {
        for (const dtype of ours) {
          const model = await openRewardModel(
            { reference: 'starter', headPath: head.path, device: 'cpu', dtype, threads },
            benchmarkContext,
          );
          models.push(model);
          scorers.push({ name: `alidade, ${dtype}`, group: 'alidade', score: (some) => scoreOurs(model, some) });
        }
        if (body !== null) {
          const torch = [...TORCH, ...(values['all-peers'] ? MORE_TORCH : []), ...(values.compiled ? COMPILED : [])];
          scorers.push(...(await startTorch({ body, threads, head, peers, variants: torch })));
          const node = [...TRANSFORMERS_JS, ...(values['all-peers'] ? MORE_TRANSFORMERS_JS : [])];
          scorers.push(...(await startTransformersJs({ body, threads, head, peers, variants: node })));
        }
        await compare({ scorers, windows, threads });
      } finally {
        for (const peer of peers) peer.stop();
        for (const model of models) await model.release();
      }
    }
  } finally {
    for (const folder of [head.folder, body]) if (folder !== null) rmSync(folder, { recursive: true });
  }
}

async function scoreOurs(model: RewardModel, texts: Texts): Promise<Run> {
  async function* list(): AsyncGenerator<DataRow> {
    for (const [line, row] of rowsOf(texts).entries()) {
      yield await Promise.resolve(dataRow(row, line));
    }
  }
  model.forget();
  const scores: number[] = [];
  const { times } = await timed(async () => {
    for await (const scored of scoreRows({ model, rows: list(), options: {} }, benchmarkContext)) {
      if ('error' in scored) throw new Error(scored.error.message);
      scores.push(...listBreakdowns(scored).map(({ score }) => score));
    }
  });
  return { times, scores };
}

function dataRow(row: ScorableRow, line: number): DataRow {
  return { line, span: { start: 0, end: 0 }, id: row.id, kind: null, row, error: null, parts: [], subset: null };
}

interface PeerParams<Variant> {
  readonly body: string;
  readonly threads: number;
  readonly head: RandomHead;
  readonly peers: Peer[];
  readonly variants: readonly Variant[];
}

async function startTorch(params: PeerParams<(typeof TORCH)[number]>): Promise<Scorer[]> {
  const { body, threads, head, peers, variants } = params;
  const peer = Peer.startTorch(threads);
  peers.push(peer);
  const { version } = await peer.ask<{ version: string }>({ op: 'load', folder: body, threads });
  console.log(version);
  return variants.map(({ name, variant, batch }) => ({
    name: `torch, ${name}`,
    group: 'torch',
    score: (texts) => scoreTheirs(peer, { op: 'run', variant }, { texts, batch, head }),
  }));
}

async function startTransformersJs(params: PeerParams<(typeof TRANSFORMERS_JS)[number]>): Promise<Scorer[]> {
  const { body, threads, head, peers, variants } = params;
  const peer = Peer.startNode('transformersJs.mjs');
  peers.push(peer);
  const { version } = await peer.ask<{ version: string }>({ op: 'load', folder: body, threads });
  console.log(version);
  return variants.map(({ dtype, batch }) => ({
    name: `transformers.js, ${dtype}, batch ${batch}`,
    group: 'transformers.js',
    score: (texts) => scoreTheirs(peer, { op: 'run', dtype }, { texts, batch, head }),
  }));
}

async function scoreTheirs(
  peer: Peer,
  command: { readonly op: 'run' } & Readonly<Record<string, unknown>>,
  { texts, batch, head }: { readonly texts: Texts; readonly batch: number; readonly head: RandomHead },
): Promise<Run> {
  const { batches, order } = sortedBatches(texts, batch);
  const { wall, cpu, states } = await peer.ask<Times & { states: number[][] }>({ ...command, batches, states: true });
  const scores = new Array<number>(texts.length);
  order.forEach((index, place) => (scores[index] = applyRandomHead(head, states[place] ?? [])));
  return { times: { wall, cpu }, scores };
}

/** The ONNX files for transformers.js, into the body's folder. */
function exportOnnx(body: string): void {
  const args = [peerScript('exportOnnx.py'), body];
  const { status, stderr } = spawnSync(peerPython(), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`exportOnnx.py: ${stderr.toString().trim().split('\n').at(-1)}`);
}

interface Comparison {
  readonly scorers: readonly Scorer[];
  readonly windows: readonly Texts[];
  readonly threads: number;
}

async function compare({ scorers, windows, threads }: Comparison): Promise<void> {
  // A short window first, so that every contestant is loaded and warm.
  for (const { score } of scorers) await score((windows[0] ?? []).slice(0, 6));
  const contestants = scorers.map(({ name, score }): Contestant<Run> => ({
    name,
    run: (round) => score(windows[round] ?? []),
  }));
  const results = await interleave(contestants, { rounds: windows.length, warmUps: 0 });
  const lengths = windows.map((texts) => texts.reduce((sum, { length }) => sum + length, 0));
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const rows = windows.reduce((sum, { length }) => sum + length, 0);
  const runsOf = ({ name }: Scorer): readonly Run[] => results.get(name) ?? [];
  const total = (scorer: Scorer, of: keyof Times): number =>
    runsOf(scorer).reduce((sum, { times }) => sum + times[of], 0);
  const fastest = (group: Scorer['group']): Scorer | undefined =>
    scorers.filter((scorer) => scorer.group === group).sort((a, b) => total(a, 'wall') - total(b, 'wall'))[0];
  const [torch, node] = [fastest('torch'), fastest('transformers.js')];
  const against = (scorer: Scorer, peer: Scorer | undefined): string => {
    if (peer === undefined) return '';
    const theirs = runsOf(peer);
    const ratios = runsOf(scorer).map(({ times }, window) => (theirs[window]?.times.wall ?? NaN) / times.wall);
    return `${(total(peer, 'wall') / total(scorer, 'wall')).toFixed(2)} (${median(ratios).toFixed(2)})`;
  };
  const scoresOf = (scorer: Scorer): Scores => runsOf(scorer).flatMap(({ scores }) => scores);
  const reference = scorers.find(({ name }) => name === 'alidade, f32');
  console.log(`\n${threads} thread(s); ${describeMachine()}\n`);
  printTable(
    [
      'body of 30 layers',
      'rows/s',
      'tok/s',
      'tok per CPU s',
      `times ${torch?.name ?? 'torch'}: total (median)`,
      `times ${node?.name ?? 'transformers.js'}: total (median)`,
      'max Δ / spread',
      'rank agreement',
      'at 5 % of spread',
    ],
    scorers.map((scorer) => {
      const cells = [
        scorer.name,
        (rows / total(scorer, 'wall')).toFixed(2),
        (tokens / total(scorer, 'wall')).toFixed(0),
        (tokens / total(scorer, 'cpu')).toFixed(0),
        against(scorer, torch),
        against(scorer, node),
      ];
      if (reference === undefined) return [...cells, '', '', ''];
      const comparison = compareScores(scoresOf(reference), scoresOf(scorer));
      const lenient = compareScores(scoresOf(reference), scoresOf(scorer), 0.05);
      return [
        ...cells,
        (comparison.largestDifference / comparison.spread).toFixed(4),
        (comparison.rankAgreement ?? NaN).toFixed(4),
        (lenient.rankAgreement ?? NaN).toFixed(4),
      ];
    }),
  );
  console.log();
}

function cut(texts: Texts, size: number): Texts[] {
  const windows: Texts[] = [];
  for (let start = 0; start < texts.length; start += size) windows.push(texts.slice(start, start + size));
  return windows;
}

void main();
