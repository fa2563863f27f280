import { parseArgs } from 'node:util';
import type { DtypeChoice } from '../src/core/device';
import type { ScorableRow } from '../src/core/promptFile/scorableRow';
import { openRewardModel } from '../src/engine/reward/openRewardModel';
import type { RewardModel } from '../src/engine/reward/rewardModel';
import { benchmarkContext } from './support/benchmarkContext';
import { benchmarkIds } from './support/benchmarkText';
import { describeMachine } from './support/machine';
import { openStarter } from './support/openStarter';
import { interleave, timed } from './support/stopwatch';
import type { Contestant, Times } from './support/stopwatch';
import { printShare } from './support/timesTable';

// Eight answers of 60 tokens to one prompt of 300, as one row, against the same eight as rows of their own, each scored from
// nothing.

const PROMPT = 300;
const ANSWER = 60;
const ANSWERS = 8;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '6' },
      threads: { type: 'string', default: '1' },
      dtypes: { type: 'string', default: 'f32,int8' },
    },
  });
  const rounds = Number(values.rounds);
  const { tokenizer } = await openStarter();
  const turn = tokenizer.encodeRendered('<|im_end|>\n<|im_start|>assistant\n');
  let seed = 0;
  const fresh = (tokens: number): readonly number[] => benchmarkIds(tokenizer, { tokens, seed: seed++ });
  // Fresh texts every time, so that nothing is left over from the round before.
  const makeAnswers = (): readonly (readonly number[])[] => {
    const prompt = [...fresh(PROMPT - turn.length), ...turn];
    return Array.from({ length: ANSWERS }, () => [...prompt, ...fresh(ANSWER)]);
  };
  for (const dtype of values.dtypes.split(',') as DtypeChoice[]) {
    const threads = Number(values.threads);
    const model = await openRewardModel({ reference: 'starter', device: 'cpu', dtype, threads }, benchmarkContext);
    console.log(`${describeMachine()}; ${dtype}, ${threads} thread(s), ${rounds} rounds\n`);
    const contestants = [together(model, makeAnswers), apart(model, makeAnswers)];
    printShare('eight answers to one prompt', await interleave(contestants, { rounds, warmUps: 1 }));
    await model.release();
  }
}

type MakeAnswers = () => readonly (readonly number[])[];

function together(model: RewardModel, makeAnswers: MakeAnswers): Contestant<Times> {
  return {
    name: 'one row',
    run: async () => {
      const responses = makeAnswers().map((ids) => ({ kind: 'ids', ids }) as const);
      const row: ScorableRow = { kind: 'list', id: '1', responses };
      model.forget();
      return (await timed(() => model.scoreRow(row, {}, benchmarkContext))).times;
    },
  };
}

function apart(model: RewardModel, makeAnswers: MakeAnswers): Contestant<Times> {
  return {
    name: 'eight scorings from nothing',
    run: async () => {
      const answers = makeAnswers();
      const { times } = await timed(async () => {
        for (const ids of answers) {
          model.forget();
          await model.scoreRow({ kind: 'single', id: '1', input: { kind: 'ids', ids } }, {}, benchmarkContext);
        }
      });
      return times;
    },
  };
}

void main();
