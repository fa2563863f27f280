import { resolve } from 'node:path';
import type { DtypeComparison, DtypeReport } from '../engine/reward/compareDtypes';
import { compareDtypes as compare } from '../engine/reward/compareDtypes';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import { describeBytes } from '../core/describeQuantity';
import type { dtypesOptions } from './options';
import { writeTable } from './writeTable';

/** `alidade dtypes` */
export async function compareDtypes({
  positionals,
  options,
  terminal,
  context,
}: CommandCall<typeof dtypesOptions>): Promise<ExitStatus> {
  const { model: reference, head, device, threads, rows, dtypes, truncate, 'max-tokens': maxTokens } = options;
  const comparison = await compare(
    {
      model: { reference, headPath: head === undefined ? undefined : resolve(head), device, threads },
      dtypes,
      inputs: positionals.length === 0 ? ['-'] : positionals,
      standardInput: process.stdin,
      mostRows: rows,
      options: { maxTokens, truncate },
    },
    context,
  );
  if (0 < comparison.errors) terminal.warn(`${comparison.errors} rows could not be scored and are left out`);
  if (options.json) await terminal.writeJson(comparison);
  else await terminal.write(`${writeReport(comparison)}\n`);
  return exitStatus.done;
}

function writeReport({ model, rows, dtypes }: DtypeComparison): string {
  const withMargins = dtypes.some(({ margins }) => margins !== null);
  const header = [
    'dtype',
    'weights',
    'tokens/s',
    'weight error',
    'largest |Δ|',
    'mean |Δ|',
    'rank agreement',
    'Spearman',
    ...(withMargins ? ['same preference'] : []),
  ];
  const [{ scores }] = dtypes;
  const lines = dtypes.map((report) => [...describe(report), ...(withMargins ? [describeMargins(report)] : [])]);
  const right = header.map((_, column) => column).slice(1);
  return [
    `${model.name} with ${model.head} on ${model.device}: ${rows} rows, ${scores.scores} scores, spread ${scores.spread.toPrecision(3)}`,
    '',
    writeTable([header, ...lines], { right }),
    '',
    `Rank agreement: over the ${scores.decidedPairs} pairs of scores that F32 tells apart by more than 1 % of the spread.`,
  ].join('\n');
}

function describe({ dtype, weightBytes, tokensPerSecond, weightError, scores }: DtypeReport): string[] {
  return [
    dtype,
    describeBytes(weightBytes),
    tokensPerSecond.toFixed(0),
    weightError === null ? '-' : percent(weightError),
    scores.largestDifference.toPrecision(2),
    scores.meanDifference.toPrecision(2),
    scores.rankAgreement === null ? '-' : percent(scores.rankAgreement),
    scores.spearman === null ? '-' : scores.spearman.toFixed(5),
  ];
}

function describeMargins({ margins }: DtypeReport): string {
  return margins === null ? '-' : `${margins.sameSign} of ${margins.pairs}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
