import { parseArgs } from 'node:util';
import type { WeightDtype } from '../src/core/quantisation/weightFormat';
import { starterPath } from '../src/engine/checkpoint/starterFile';
import { generate } from '../src/engine/generation/generate';
import { openLanguageModel } from '../src/engine/generation/languageModel';
import { openDecoder } from '../src/engine/onnx/openDecoder';
import { benchmarkContext } from './support/benchmarkContext';
import { benchmarkIds } from './support/benchmarkText';
import { describeMachine } from './support/machine';
import { measureMemoryBandwidth } from './support/memoryBandwidth';
import { openStarter } from './support/openStarter';
import { Peer } from './support/peer';
import { interleave, median } from './support/stopwatch';
import type { Contestant, Times } from './support/stopwatch';
import { printTable } from './support/table';

// Greedy generation with the starter, one sequence at a time: a prompt of 128 tokens, then 64 new ones; against
// node-llama-cpp on the very same Q4_1 file and the same ids.

const PROMPT = 128;
const NEW_TOKENS = 64;
const PEER = 'node-llama-cpp, Q4_1';

interface Run {
  readonly prefill: Times;
  readonly decode: Times;
  readonly tokens: readonly number[];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '8' },
      threads: { type: 'string', default: '1,2' },
      dtypes: { type: 'string', default: 'int4,int8,f32' },
      'no-peers': { type: 'boolean', default: false },
    },
  });
  const dtypes = values.dtypes.split(',') as WeightDtype[];
  const rounds = Number(values.rounds);
  const { tokenizer } = await openStarter();
  const prompts = Array.from({ length: rounds + 1 }, (_, seed) => benchmarkIds(tokenizer, { tokens: PROMPT, seed }));
  for (const threads of values.threads.split(',').map(Number)) {
    const closes: (() => unknown)[] = [];
    const contestants: Contestant<Run>[] = [];
    for (const dtype of dtypes) {
      const model = await openLanguageModel({ reference: 'starter', device: 'cpu', dtype, threads }, benchmarkContext);
      closes.push(() => model.release());
      contestants.push({ name: `alidade, ${dtype}`, run: (round) => runOurs(model, prompts[round] ?? []) });
    }
    if (!values['no-peers']) contestants.push(await startPeer(threads, prompts, closes));
    const results = await interleave(contestants, { rounds, warmUps: 1 });
    for (const close of closes) await close();
    await report({ results, dtypes, threads });
  }
}

async function runOurs(model: Awaited<ReturnType<typeof openLanguageModel>>, ids: readonly number[]): Promise<Run> {
  const options = { promptIds: ids, maxNewTokens: NEW_TOKENS, count: 1, ignoreEndOfSequence: true, seed: 0 };
  const greedy = { temperature: 0, topP: 1, topK: 0 };
  const start = now();
  let first: Times | null = null;
  const onToken = (): void => {
    first ??= now();
  };
  const { choices } = await generate(model, { ...options, ...greedy, onToken }, benchmarkContext);
  const end = now();
  return {
    prefill: between(start, first ?? end),
    decode: between(first ?? end, end),
    tokens: choices[0]?.tokenIds ?? [],
  };
}

function now(): Times {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1000, cpu: (user + system) / 1e6 };
}

function between(from: Times, to: Times): Times {
  return { wall: to.wall - from.wall, cpu: to.cpu - from.cpu };
}

async function startPeer(
  threads: number,
  prompts: readonly (readonly number[])[],
  closes: (() => unknown)[],
): Promise<Contestant<Run>> {
  const peer = Peer.startNode('llamaCpp.mjs');
  closes.push(() => {
    peer.stop();
  });
  const command = { op: 'load', file: starterPath(), threads, contextLength: 256 };
  const { version, instructions } = await peer.ask<{ version: string; instructions: string }>(command);
  console.log(`${version}; ${instructions.replace(/\s+/g, ' ')}\n`);
  return { name: PEER, run: (round) => peer.ask({ op: 'run', ids: prompts[round], newTokens: NEW_TOKENS }) };
}

interface Report {
  readonly results: ReadonlyMap<string, readonly Run[]>;
  readonly dtypes: readonly WeightDtype[];
  readonly threads: number;
}

async function report({ results, dtypes, threads }: Report): Promise<void> {
  const bandwidth = await measureMemoryBandwidth(threads);
  const bytes = new Map<string, number>();
  for (const dtype of dtypes) bytes.set(`alidade, ${dtype}`, await weightBytes(dtype));
  const gigabytes = (bandwidth / 1e9).toFixed(1);
  console.log(`${describeMachine()}; ${threads} thread(s); memory is read at ${gigabytes} GB/s\n`);
  const peer = results.get(PEER) ?? [];
  const theirs = peer.map(({ decode }) => decode);
  const first = results.values().next().value ?? [];
  printTable(
    [
      'greedy, 128 + 64 tokens',
      'prefill tok/s: best, median, per CPU s',
      'decode tok/s: best, median, per CPU s',
      'decode against the peer: best, median, CPU, median of ratios',
      'MB a token',
      'share of the bandwidth',
      'same tokens as the first',
    ],
    [...results].map(([name, runs]) => {
      const decode = runs.map((run) => run.decode);
      // The first new token comes out of the prefill.
      const rates = ratesOf(NEW_TOKENS - 1, decode);
      const ratios = decode.map(({ wall }, round) => (theirs[round]?.wall ?? NaN) / wall);
      const peerRates = theirs.length === 0 ? [] : ratesOf(NEW_TOKENS - 1, theirs);
      const against = peerRates.map((rate, index) => (rates[index] ?? NaN) / rate);
      const read = bytes.get(name);
      const equal = runs.reduce((sum, run, round) => sum + commonTokens(run.tokens, first[round]?.tokens ?? []), 0);
      const prefill = ratesOf(
        PROMPT,
        runs.map((run) => run.prefill),
      );
      return [
        name,
        prefill.map((value) => value.toFixed(0)).join(', '),
        rates.map((value) => value.toFixed(1)).join(', '),
        theirs.length === 0 ? '' : [...against, median(ratios)].map((value) => value.toFixed(2)).join(', '),
        read === undefined ? '' : (read / 1e6).toFixed(0),
        read === undefined ? '' : `${((100 * read * (rates[0] ?? NaN)) / bandwidth).toFixed(0)} %`,
        `${equal} of ${runs.length * NEW_TOKENS}`,
      ];
    }),
  );
  console.log();
}

/** Tokens a second by the best wall time, by the median, and by the best CPU time. */
function ratesOf(tokens: number, times: readonly Times[]): number[] {
  const walls = times.map(({ wall }) => wall);
  return [Math.min(...walls), median(walls), Math.min(...times.map(({ cpu }) => cpu))].map((value) => tokens / value);
}

/** How many tokens two continuations begin with alike. */
function commonTokens(a: readonly number[], b: readonly number[]): number {
  const different = a.findIndex((token, index) => token !== b[index]);
  return different === -1 ? a.length : different;
}

/** What every decoded token reads: all weights; the table of the tied head is one of them. */
async function weightBytes(dtype: WeightDtype): Promise<number> {
  const { checkpoint } = await openStarter();
  const params = { checkpoint, finalNorm: true, languageModelHead: true, device: 'cpu', dtype } as const;
  const opened = await openDecoder(params, benchmarkContext);
  await opened.session.release();
  return opened.weightBytes;
}

void main();
