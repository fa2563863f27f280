import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { openCheckpoint } from '../src/engine/checkpoint/openCheckpoint';
import { DecoderSession } from '../src/engine/onnx/decoderSession';
import type { WeightMode } from '../src/engine/onnx/openDecoder';
import { benchmarkContext } from './support/benchmarkContext';
import { benchmarkIds } from './support/benchmarkText';
import { exportBody } from './support/exportBody';
import { describeMachine } from './support/machine';
import { openStarter } from './support/openStarter';
import { Peer } from './support/peer';
import { interleave, median, timed } from './support/stopwatch';
import type { Contestant, Times } from './support/stopwatch';
import { printTable } from './support/table';

// Tokens per second of the starter's body in F32, all layers, against transformers: the same weights file, the same
// ids, the same number of threads, in turn. Ours computes one text at a time, the peer one and eight at a time.

const TOKENS = 256;
const PEER_BATCHES = [1, 8];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '6' }, threads: { type: 'string', default: '1,2' } },
  });
  const starter = await openStarter();
  console.log(`${describeMachine()}\n`);
  const folder = await exportBody(starter.checkpoint);
  const texts = Array.from({ length: 64 }, (_, seed) => benchmarkIds(starter.tokenizer, { tokens: TOKENS, seed }));
  try {
    for (const threads of values.threads.split(',').map(Number)) {
      if (threads <= availableParallelism()) await compare({ folder, texts, threads, rounds: Number(values.rounds) });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Comparison {
  readonly folder: string;
  readonly texts: readonly (readonly number[])[];
  readonly threads: number;
  readonly rounds: number;
}

async function compare({ folder, texts, threads, rounds }: Comparison): Promise<void> {
  const checkpoint = await openCheckpoint(folder, benchmarkContext);
  const peer = Peer.startTorch(threads);
  const { version } = await peer.ask<{ version: string }>({ op: 'load', folder, threads });
  const sessions = new Map<WeightMode, DecoderSession>();
  for (const weightMode of ['mapped', 'prepacked'] as const) {
    const parts = {
      checkpoint,
      finalNorm: true,
      languageModelHead: false,
      device: 'cpu',
      threads,
      weightMode,
    } as const;
    sessions.set(weightMode, await DecoderSession.open(parts, benchmarkContext));
  }
  const textOf = (index: number): readonly number[] => texts[index % texts.length];
  const ours = [...sessions].map(([mode, session]): Contestant<Times> => ({
    name: `alidade, ${mode}`,
    run: async (round) => (await timed(() => lastState(session, textOf(round)))).times,
  }));
  const theirs = PEER_BATCHES.flatMap((batch) =>
    (['sdpa', 'eager'] as const).map((attention): Contestant<Times> => ({
      name: `transformers, ${attention}, batch ${batch}`,
      run: async (round) => {
        const ids = Array.from({ length: batch }, (_, index) => textOf(round * batch + index));
        const variant = { dtype: 'f32', attention };
        const { wall, cpu } = await peer.ask<Times>({ op: 'run', variant, batches: [ids] });
        return { wall: wall / batch, cpu: cpu / batch };
      },
    })),
  );
  const results = await interleave([...ours, ...theirs], { rounds, warmUps: 2 });
  const difference = await largestDifference(sessions, peer, textOf(1));
  peer.stop();
  for (const session of sessions.values()) await session.release();

  const rate = (name: string, of: (times: readonly Times[]) => number): number => TOKENS / of(results.get(name) ?? []);
  const measures: readonly ((times: readonly Times[]) => number)[] = [
    (times) => Math.min(...times.map(({ wall }) => wall)),
    (times) => median(times.map(({ wall }) => wall)),
    (times) => median(times.map(({ cpu }) => cpu)),
  ];
  const best = measures.map((of) => Math.max(...theirs.map(({ name }) => rate(name, of))));
  console.log(`${threads} thread${threads === 1 ? '' : 's'}; peer: ${version}; ${rounds} rounds\n`);
  printTable(
    ['', 'tok/s, best', 'tok/s, median', 'tok per CPU s', 'against the best peer: best, median, CPU'],
    [...ours, ...theirs].map(({ name }) => {
      const rates = measures.map((of) => rate(name, of));
      const ratios = rates.map((value, index) => (value / best[index]).toFixed(2));
      return [name, ...rates.map((value) => value.toFixed(0)), ratios.join(', ')];
    }),
  );
  console.log(`\nlast hidden state, largest difference: ${difference}\n`);
}

/** The state that a reward head reads: the last position, after the final norm. */
async function lastState(session: DecoderSession, ids: readonly number[]): Promise<Float32Array> {
  const { hidden } = await session.evaluate({ ids, hiddenPositions: [ids.length - 1] }, benchmarkContext);
  return hidden[0];
}

async function largestDifference(
  sessions: ReadonlyMap<WeightMode, DecoderSession>,
  peer: Peer,
  ids: readonly number[],
): Promise<string> {
  const stateOf = async (attention: 'sdpa' | 'eager'): Promise<readonly number[]> => {
    const command = { op: 'run', variant: { dtype: 'f32', attention }, batches: [[ids]], states: true };
    return (await peer.ask<{ states: number[][] }>(command)).states[0] ?? [];
  };
  const reference = await stateOf('eager');
  const states: [string, ArrayLike<number>][] = [['sdpa', await stateOf('sdpa')]];
  for (const [mode, session] of sessions) states.unshift([mode, await lastState(session, ids)]);
  const size = Math.max(...reference.map(Math.abs));
  const parts = states.map(([name, state]) => {
    const worst = Math.max(...reference.map((value, index) => Math.abs(value - state[index])));
    return `${name} ${worst.toExponential(1)}`;
  });
  return `${parts.join(', ')} from eager (largest value ${size.toFixed(1)})`;
}

void main();
