import { parseArgs } from 'node:util';
import type { DtypeChoice } from '../src/core/device';
import { openRewardModel } from '../src/engine/reward/openRewardModel';
import type { RewardModel } from '../src/engine/reward/rewardModel';
import { benchmarkContext } from './support/benchmarkContext';
import { benchmarkIds } from './support/benchmarkText';
import { describeMachine } from './support/machine';
import { openStarter } from './support/openStarter';
import { interleave, timed } from './support/stopwatch';
import type { Contestant, Times } from './support/stopwatch';
import { printShare } from './support/timesTable';

// A text of 500 tokens whose last five have just been typed: scored again after the state before typing, and from
// nothing. With the starter's meters, which take the mean over the whole response.

const TOKENS = 500;
const PROMPT = 100;
const TYPED = 5;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '8' },
      threads: { type: 'string', default: '1' },
      dtypes: { type: 'string', default: 'f32,int8' },
    },
  });
  const rounds = Number(values.rounds);
  const threads = Number(values.threads);
  const { tokenizer } = await openStarter();
  const turn = tokenizer.encodeRendered('<|im_end|>\n<|im_start|>assistant\n');
  let seed = 0;
  const fresh = (tokens: number): readonly number[] => benchmarkIds(tokenizer, { tokens, seed: seed++ });
  const makeText = (): readonly number[] => [...fresh(PROMPT - turn.length), ...turn, ...fresh(TOKENS - PROMPT)];
  for (const dtype of values.dtypes.split(',') as DtypeChoice[]) {
    const model = await openRewardModel({ reference: 'starter', device: 'cpu', dtype, threads }, benchmarkContext);
    console.log(`${describeMachine()}; ${dtype}, ${threads} thread(s), ${rounds} rounds\n`);
    const contestants = [afterTyping(model, makeText), fromNothing(model, makeText)];
    printShare('500 tokens, the last 5 typed', await interleave(contestants, { rounds, warmUps: 1 }));
    await model.release();
  }
}

function score(model: RewardModel, ids: readonly number[]): Promise<unknown> {
  return model.scoreRow({ kind: 'single', id: '1', input: { kind: 'ids', ids } }, {}, benchmarkContext);
}

function afterTyping(model: RewardModel, makeText: () => readonly number[]): Contestant<Times> {
  return {
    name: 'after typing',
    run: async () => {
      const ids = makeText();
      model.forget();
      await score(model, ids.slice(0, -TYPED));
      return (await timed(() => score(model, ids))).times;
    },
  };
}

function fromNothing(model: RewardModel, makeText: () => readonly number[]): Contestant<Times> {
  return {
    name: 'from nothing',
    run: async () => {
      const ids = makeText();
      model.forget();
      return (await timed(() => score(model, ids))).times;
    },
  };
}

void main();
