import { extname, resolve } from 'node:path';
import { AlidadeError } from '../core/alidadeError';
import { countOf, describeDuration } from '../core/describeQuantity';
import { outputRowOf } from '../core/reward/outputRow';
import type { RewardModelDescription } from '../core/reward/rewardModelDescription';
import type { ScoreSummary } from '../core/reward/scoreSummary';
import { openDataInputs } from '../engine/promptFile/dataInput';
import { perSecond } from '../engine/reward/datasetProgress';
import { openRowScorer } from '../engine/reward/openRowScorer';
import { scoreDataset, type OutputFormat, type ScoreOutput } from '../engine/reward/scoreDataset';
import { checkScoreOutput } from '../engine/reward/scoreRun';
import { writeBreakdownTable } from './breakdownTable';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import type { scoreOptions } from './options';
import type { Terminal } from './terminal';

type Options = CommandCall<typeof scoreOptions>['options'];

/** `alidade score` */
export async function scoreFiles({
  positionals,
  options,
  terminal,
  context,
}: CommandCall<typeof scoreOptions>): Promise<ExitStatus> {
  const output = readOutput(options);
  const inputs = { paths: positionals.length === 0 ? ['-'] : positionals, standardInput: process.stdin };
  // Before the model, which may take long to open.
  await openDataInputs(inputs);
  if (output !== null) await checkScoreOutput({ path: output.path, resume: options.resume });
  const { model: reference, head, device, dtype, threads, judge, 'no-template': noTemplate } = options;
  const headPath = head === undefined ? undefined : resolve(head);
  const applyTemplate = !noTemplate;
  const model = await openRowScorer({ reference, headPath, device, dtype, threads, judge, applyTemplate }, context);
  try {
    if (options.table) await terminal.write(`${describeModel(model.description)}\n\n`);
    const { 'max-tokens': maxTokens, truncate, weights, states } = options;
    const summary = await scoreDataset(
      {
        model,
        inputs: inputs.paths,
        standardInput: inputs.standardInput,
        output,
        resume: options.resume,
        options: { maxTokens, truncate, weights, states },
        summaryPath: options.summary,
        shard: options.shard,
        onRow: output === null ? (scored) => terminal.write(writeRow(scored, options)) : undefined,
      },
      context,
    );
    return report(summary, output, terminal);
  } finally {
    await model.release();
  }
}

const formats: Readonly<Record<string, OutputFormat>> = { '.jsonl': 'jsonl', '.csv': 'csv', '.parquet': 'parquet' };

/** @throws AlidadeError `usage` for options that do not fit together. */
function readOutput({ output, resume, table, states }: Options): ScoreOutput | null {
  if (output === undefined) {
    if (resume) throw new AlidadeError({ code: 'usage', message: '--resume needs --output', hint: 'name the file' });
    return null;
  }
  const ending = extname(output).toLowerCase();
  const format = Object.hasOwn(formats, ending) ? formats[ending] : undefined;
  if (format === undefined) {
    throw new AlidadeError({
      code: 'usage',
      message: `--output ${output} does not say in which format`,
      hint: `it has to end with ${Object.keys(formats).join(', ')}`,
    });
  }
  if (table) throw new AlidadeError({ code: 'usage', message: '--table is printed', hint: 'leave --output out' });
  if (states && format !== 'jsonl') {
    throw new AlidadeError({ code: 'usage', message: `--states does not fit into ${ending}`, hint: 'write .jsonl' });
  }
  return { path: output, format };
}

function writeRow(scored: Parameters<typeof writeBreakdownTable>[0], { table }: Options): string {
  return `${table ? writeBreakdownTable(scored) : JSON.stringify(outputRowOf(scored))}\n`;
}

/** Says how it went. @throws AlidadeError `row` when some rows could not be scored. */
function report(summary: ScoreSummary, output: ScoreOutput | null, terminal: Terminal): ExitStatus {
  const { rows, errors, seconds, tokens } = summary;
  if (rows === 0) terminal.warn('no rows');
  else if (0 < seconds) {
    const rates = [`${perSecond(rows, seconds)} rows/s`, `${perSecond(tokens, seconds)} tokens/s`];
    const counts = [countOf(rows, 'row'), ...(errors === 0 ? [] : [countOf(errors, 'error')])];
    terminal.log(`${[...counts, ...rates].join(', ')} in ${describeDuration(seconds)}`);
  }
  if (errors === 0) return exitStatus.done;
  throw new AlidadeError({
    code: 'row',
    message: `${errors} of ${countOf(rows, 'row')} could not be scored`,
    hint: output === null ? 'their output lines say why' : `their lines in ${output.path} say why`,
  });
}

/** Which model speaks: a table must not leave that open. */
function describeModel({ name, head, device, dtype, mode }: RewardModelDescription): string {
  return `${name} with ${head}, on ${device} in ${dtype.toUpperCase()}, weights ${mode}`;
}
