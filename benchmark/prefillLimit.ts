import { parseArgs } from 'node:util';
import type { WeightDtype } from '../src/core/quantisation/weightFormat';
import { DecoderSession } from '../src/engine/onnx/decoderSession';
import { benchmarkContext } from './support/benchmarkContext';
import { benchmarkIds } from './support/benchmarkText';
import { describeMachine } from './support/machine';
import { openStarter } from './support/openStarter';
import { openProducts } from './support/productsGraph';
import { interleave, median, timed } from './support/stopwatch';
import type { Contestant, Times } from './support/stopwatch';
import { printTable } from './support/table';

// A prefill of the starter's whole body against the rate at which ONNX Runtime multiplies matrices of exactly its shapes
// alone: same weights, same number format, same rows, same threads.

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '8' },
      threads: { type: 'string', default: '1,2' },
      tokens: { type: 'string', default: '256' },
      dtypes: { type: 'string', default: 'f32,int8,int4' },
    },
  });
  const tokens = Number(values.tokens);
  const { checkpoint, tokenizer } = await openStarter();
  for (const threads of values.threads.split(',').map(Number)) {
    const contestants: Contestant<Times>[] = [];
    const releases: (() => Promise<void>)[] = [];
    const dtypes = values.dtypes.split(',') as WeightDtype[];
    for (const dtype of dtypes) {
      const session = await DecoderSession.open(
        { checkpoint, finalNorm: true, languageModelHead: false, device: 'cpu', dtype, threads },
        benchmarkContext,
      );
      const products = await openProducts({
        checkpoint,
        dtype,
        tokens: Math.min(tokens, session.chunkLength),
        threads,
      });
      const repeats = Math.ceil(tokens / session.chunkLength);
      releases.push(() => session.release(), products.release);
      contestants.push(
        {
          name: `${dtype}, prefill`,
          run: async (round) => {
            const ids = benchmarkIds(tokenizer, { tokens, seed: round });
            return (await timed(() => session.evaluate({ ids, hiddenPositions: [tokens - 1] }, benchmarkContext)))
              .times;
          },
        },
        {
          name: `${dtype}, products alone`,
          run: async () => {
            const { times } = await timed(async () => {
              for (let repeat = 0; repeat < repeats; repeat += 1) await products.run();
            });
            return times;
          },
        },
      );
    }
    const results = await interleave(contestants, { rounds: Number(values.rounds), warmUps: 2 });
    for (const release of releases) await release();
    console.log(`${describeMachine()}; ${threads} thread(s), ${tokens} tokens, ${values.rounds} rounds\n`);
    const measures: readonly ((times: readonly Times[]) => number)[] = [
      (times) => Math.min(...times.map(({ wall }) => wall)),
      (times) => median(times.map(({ wall }) => wall)),
      (times) => Math.min(...times.map(({ cpu }) => cpu)),
    ];
    const rates = (name: string): number[] => measures.map((of) => tokens / of(results.get(name) ?? []));
    printTable(
      ['', 'tok/s, best', 'tok/s, median', 'tok per CPU s, best', 'share of the limit: best, median, CPU'],
      dtypes.flatMap((dtype) => {
        const [prefill, limit] = [rates(`${dtype}, prefill`), rates(`${dtype}, products alone`)];
        const shares = prefill.map((rate, index) => (rate / (limit[index] ?? NaN)).toFixed(2)).join(', ');
        return [
          [`${dtype}, prefill`, ...prefill.map((rate) => rate.toFixed(0)), shares],
          [`${dtype}, products alone`, ...limit.map((rate) => rate.toFixed(0)), ''],
        ];
      }),
    );
    console.log();
  }
}

void main();
