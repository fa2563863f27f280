import { parseArgs } from 'node:util';
import { DecoderSession } from '../src/engine/onnx/decoderSession';
import { openRewardModel } from '../src/engine/reward/openRewardModel';
import { benchmarkContext } from './support/benchmarkContext';
import { benchmarkIds } from './support/benchmarkText';
import { describeMachine } from './support/machine';
import { openStarter } from './support/openStarter';
import { interleave, median, timed } from './support/stopwatch';
import type { Contestant, Times } from './support/stopwatch';
import { printTable } from './support/table';

// Pairs of 256-token texts that share their first 128 tokens, against pairs of 256-token texts that share nothing:
// all layers of the starter's body, one thread, mapped weights; then whole rows with the starter's meters.

const TOKENS = 256;
const PROMPT = 128;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '10' }, threads: { type: 'string', default: '1' } },
  });
  const rounds = Number(values.rounds);
  const threads = Number(values.threads);
  const { checkpoint, tokenizer } = await openStarter();
  console.log(`${describeMachine()}; ${threads} thread(s), ${rounds} rounds\n`);

  const session = await DecoderSession.open(
    { checkpoint, finalNorm: true, languageModelHead: false, device: 'cpu', threads, weightMode: 'mapped' },
    benchmarkContext,
  );
  const evaluate = (ids: readonly number[]): Promise<unknown> =>
    session.evaluate({ ids, hiddenPositions: [ids.length - 1] }, benchmarkContext);
  let seed = 0;
  const fresh = (tokens: number): readonly number[] => benchmarkIds(tokenizer, { tokens, seed: seed++ });
  await report('all layers, last state', rounds, [
    pairs('sharing', evaluate, () => {
      const prompt = fresh(PROMPT);
      return [0, 1].map(() => [...prompt, ...fresh(TOKENS - PROMPT)]);
    }),
    pairs('without sharing', evaluate, () => [fresh(TOKENS), fresh(TOKENS)]),
  ]);
  await session.release();

  const model = await openRewardModel(
    { reference: 'starter', device: 'cpu', dtype: 'f32', threads, weightMode: 'mapped' },
    benchmarkContext,
  );
  const start = tokenizer.encodeRendered('<|im_start|>user\n');
  const turn = tokenizer.encodeRendered('<|im_end|>\n<|im_start|>assistant\n');
  const textOf = (prompt: readonly number[], response: readonly number[]): readonly number[] => [
    ...start,
    ...prompt,
    ...turn,
    ...response,
  ];
  const room = PROMPT - start.length - turn.length;
  const score = (ids: readonly number[]): Promise<unknown> =>
    model.scoreRow({ kind: 'single', id: '1', input: { kind: 'ids', ids } }, {}, benchmarkContext);
  await report(`starter's meters, mean over the response`, rounds, [
    pairs('sharing', score, () => {
      const prompt = fresh(room);
      return [0, 1].map(() => textOf(prompt, fresh(TOKENS - PROMPT)));
    }),
    pairs('without sharing', score, () => [0, 1].map(() => textOf(fresh(room), fresh(TOKENS - PROMPT)))),
  ]);
  await model.release();
}

function pairs(
  name: string,
  run: (ids: readonly number[]) => Promise<unknown>,
  makePair: () => readonly (readonly number[])[],
): Contestant<Times> {
  return {
    name,
    run: async () => {
      const texts = makePair();
      const { times } = await timed(async () => {
        for (const ids of texts) await run(ids);
      });
      return times;
    },
  };
}

async function report(title: string, rounds: number, contestants: readonly Contestant<Times>[]): Promise<void> {
  const results = await interleave(contestants, { rounds, warmUps: 2 });
  const measures: readonly ((times: readonly Times[]) => number)[] = [
    (times) => Math.min(...times.map(({ wall }) => wall)),
    (times) => median(times.map(({ wall }) => wall)),
    (times) => Math.min(...times.map(({ cpu }) => cpu)),
    (times) => median(times.map(({ cpu }) => cpu)),
  ];
  const milliseconds = [...results].map(([name, times]) => ({ name, values: measures.map((of) => of(times) * 1000) }));
  const [sharing, separate] = milliseconds as [(typeof milliseconds)[number], (typeof milliseconds)[number]];
  printTable(
    [title, 'wall ms a pair, best', 'median', 'CPU ms a pair, best', 'median'],
    [
      ...milliseconds.map(({ name, values }) => [name, ...values.map((value) => value.toFixed(0))]),
      ['ratio', ...separate.values.map((value, index) => (value / sharing.values[index]).toFixed(2))],
    ],
  );
  console.log();
}

void main();
