import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { WeightDtype } from '../src/core/quantisation/weightFormat';
import { packageRoot } from '../src/engine/checkpoint/starterFile';
import { compareDtypes } from '../src/engine/reward/compareDtypes';
import { benchmarkContext } from './support/benchmarkContext';
import { describeMachine } from './support/machine';
import { mixedTexts } from './support/mixedTexts';
import { openStarter } from './support/openStarter';
import { writeRandomHead } from './support/randomHead';
import { printTable } from './support/table';

// What number formats cost: scores in each against F32, with the starter's meters (mean over the response after layer 20), with
// a random linear head on the last token after all layers, and with the tiny reward models of `shared/oracles` where
// they lie beside the checkout. The same as `alidade dtypes` does on a user's rows.

interface Case {
  readonly name: string;
  readonly reference: string;
  readonly headPath?: string;
  readonly texts: readonly (readonly number[])[];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rows: { type: 'string', default: '120' }, dtypes: { type: 'string', default: 'int8,int4' } },
  });
  const { checkpoint, tokenizer } = await openStarter();
  const { texts, tokens } = mixedTexts(tokenizer, { count: Number(values.rows), seed: 3 });
  const head = writeRandomHead(checkpoint.config.hiddenSize);
  const cases: Case[] = [
    { name: "starter's meters", reference: 'starter', texts },
    { name: 'starter, random head', reference: 'starter', headPath: head.path, texts },
    ...oracleCases(),
  ];
  console.log(`${describeMachine()}; the starter's data set: ${texts.length} rows, ${tokens} tokens\n`);
  const folder = mkdtempSync(join(tmpdir(), 'alidade-benchmark-'));
  const rows: string[][] = [];
  try {
    for (const one of cases) rows.push(...(await compare(one, values.dtypes.split(',') as WeightDtype[], folder)));
  } finally {
    for (const path of [folder, head.folder]) rmSync(path, { recursive: true });
  }
  printTable(
    [
      '',
      'dtype',
      'scores',
      'weights, error',
      'max Δ / spread',
      'mean Δ / spread',
      'decided pairs',
      'rank agreement',
      'Spearman',
    ],
    rows,
  );
}

async function compare(
  { name, reference, headPath, texts }: Case,
  dtypes: readonly WeightDtype[],
  folder: string,
): Promise<string[][]> {
  const input = join(folder, 'rows.jsonl');
  writeFileSync(input, texts.map((ids) => `${JSON.stringify({ ids })}\n`).join(''));
  const model = { reference, headPath, device: 'cpu' } as const;
  const params = { model, dtypes, inputs: [input], mostRows: texts.length, options: {} };
  const { dtypes: reports } = await compareDtypes(params, benchmarkContext);
  return reports
    .slice(1)
    .map(({ dtype, weightError, scores }) => [
      name,
      dtype,
      String(scores.scores),
      weightError === null ? '' : `${(100 * weightError).toFixed(2)} %`,
      (scores.largestDifference / scores.spread).toFixed(4),
      (scores.meanDifference / scores.spread).toFixed(4),
      String(scores.decidedPairs),
      scores.rankAgreement === null ? '' : scores.rankAgreement.toFixed(4),
      scores.spearman === null ? '' : scores.spearman.toFixed(5),
    ]);
}

/** Cases with scores, on their own token ids. */
function oracleCases(): Case[] {
  const models = join(packageRoot(), '..', 'shared', 'oracles', 'models');
  if (!existsSync(models)) return [];
  return readdirSync(models).flatMap((name): Case[] => {
    const reference = join(models, name);
    const expected = JSON.parse(readFileSync(join(reference, 'expected.json'), 'utf8')) as {
      readonly scored?: readonly { readonly input_ids: readonly number[] }[];
    };
    return expected.scored === undefined
      ? []
      : [{ name: `oracle ${name}`, reference, texts: expected.scored.map(({ input_ids: ids }) => ids) }];
  });
}

void main();
