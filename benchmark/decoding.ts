import { parseArgs } from 'node:util';
import { generate } from '../src/engine/generation/generate';
import { openLanguageModel } from '../src/engine/generation/languageModel';
import { benchmarkContext } from './support/benchmarkContext';
import { benchmarkIds } from './support/benchmarkText';
import { describeMachine } from './support/machine';
import { interleave, median, timed } from './support/stopwatch';
import type { Contestant } from './support/stopwatch';
import { printTable } from './support/table';

// Greedy generation with the starter in F32: a prompt of 128 tokens, then 64 new ones, in both weight modes.

const PROMPT = 128;
const NEW_TOKENS = 64;

interface Run {
  readonly prefill: number; // seconds
  readonly decode: number; // seconds
  readonly cpu: number; // seconds, both
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '5' }, threads: { type: 'string', default: '1' } },
  });
  const threads = Number(values.threads);
  const contestants: Contestant<Run>[] = [];
  for (const mode of ['mapped', 'prepacked']) {
    process.env['ALIDADE_WEIGHT_MODE'] = mode;
    const params = { reference: 'starter', device: 'cpu', dtype: 'f32', threads } as const;
    const model = await openLanguageModel(params, benchmarkContext);
    const run = async (round: number): Promise<Run> => {
      const promptIds = benchmarkIds(model.tokenizer, { tokens: PROMPT, seed: round });
      const options = { promptIds, maxNewTokens: NEW_TOKENS, count: 1, ignoreEndOfSequence: true, seed: 0 };
      const greedy = { temperature: 0, topP: 1, topK: 0 };
      const { value, times } = await timed(() => generate(model, { ...options, ...greedy }, benchmarkContext));
      const { prefillMs, decodeMs } = value.timings;
      return { prefill: prefillMs / 1000, decode: decodeMs / 1000, cpu: times.cpu };
    };
    contestants.push({ name: mode, run });
  }
  const results = await interleave(contestants, { rounds: Number(values.rounds), warmUps: 1 });
  console.log(`${describeMachine()}; ${threads} thread(s), ${values.rounds} rounds\n`);
  const rate = (tokens: number, seconds: readonly number[]): string =>
    `${(tokens / Math.min(...seconds)).toFixed(1)} (${(tokens / median(seconds)).toFixed(1)})`;
  printTable(
    ['weights', 'prefill tok/s, best (median)', 'decode tok/s, best (median)', 'CPU s a run, median'],
    [...results].map(([mode, runs]) => [
      mode,
      rate(
        PROMPT,
        runs.map(({ prefill }) => prefill),
      ),
      // The first new token comes out of the prefill.
      rate(
        NEW_TOKENS - 1,
        runs.map(({ decode }) => decode),
      ),
      median(runs.map(({ cpu }) => cpu)).toFixed(2),
    ]),
  );
}

void main();
