import { extname, resolve } from 'node:path';
import { AlidadeError } from '../core/alidadeError';
import type { ConversionFormat, FileKind } from '../core/convert/conversionFormat';
import { conversionFormats, findFormat } from '../core/convert/conversionFormats';
import { countOf } from '../core/describeQuantity';
import { nearestName } from '../core/nearestName';
import { convertDataset, type ConversionSummary } from '../engine/convert/convertDataset';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import type { convertOptions } from './options';
import type { Terminal } from './terminal';

type Options = CommandCall<typeof convertOptions>['options'];

/** Refusals that are told one by one. */
const mostTold = 5;

/** `alidade convert` */
export async function convertFiles({
  positionals,
  options,
  terminal,
  context,
}: CommandCall<typeof convertOptions>): Promise<ExitStatus> {
  const to = readFormat(options.to, '--to');
  if (to.write === null) throw usage(`${to.name} is only read`, 'see alidade convert --help for what is written');
  const from = options.from === undefined ? null : readFormat(options.from, '--from');
  if (from?.read === null) throw usage(`${from.name} is only written`, 'leave --from out');
  const summary = await convertDataset(
    {
      inputs: positionals.length === 0 ? ['-'] : positionals,
      standardInput: process.stdin,
      output: { path: resolve(options.output), kind: readKind(options.output, to) },
      from,
      to,
      isLossy: options.lossy,
      scores: options.scores,
      keys: options.keys,
      outputKeys: options['output-keys'],
    },
    context,
  );
  if (options.json) await terminal.writeJson({ ...summary, output: options.output });
  return report(summary, options, terminal);
}

/** @throws AlidadeError `usage`, with the names that come near. */
function readFormat(name: string, option: string): ConversionFormat {
  const found = findFormat(name);
  if (found !== null) return found;
  const names = conversionFormats.flatMap((format) => [format.name, ...format.aliases]);
  const wanted = name.trim().toLowerCase().replaceAll('_', '-');
  const alike = conversionFormats.filter((format) => wanted !== '' && format.name.includes(wanted));
  const near = alike.length === 0 ? nearestName(wanted, names) : alike.map((format) => format.name).join(', ');
  throw usage(
    `${option} ${name} is no known format`,
    near === null ? 'alidade convert --help lists them' : `did you mean ${near}?`,
  );
}

const kinds: Readonly<Record<string, FileKind>> = {
  '.jsonl': 'jsonl',
  '.json': 'json',
  '.csv': 'csv',
  '.parquet': 'parquet',
};

/** @throws AlidadeError `usage` when the format is not written into such files. */
function readKind(output: string, { name, files }: ConversionFormat): FileKind {
  const ending = extname(output).toLowerCase();
  const kind = Object.hasOwn(kinds, ending) ? kinds[ending] : undefined;
  if (kind !== undefined && files.includes(kind)) return kind;
  const endings = files.map((each) => `.${each}`).join(', ');
  throw usage(
    kind === undefined ? `--output ${output} does not say in which format` : `${name} is not written as ${ending}`,
    `it has to end with ${endings}`,
  );
}

/** Says how it went. @throws AlidadeError `row` when some rows were refused. */
function report(summary: ConversionSummary, { output }: Options, terminal: Terminal): ExitStatus {
  const { rows, kept, refused, refusedForLosses, written, losses, refusals, to } = summary;
  if (rows === 0) terminal.warn('no rows');
  for (const { input, line, problem } of refusals.slice(0, mostTold))
    terminal.warn(`${input}, row ${line}: ${problem}`);
  if (mostTold < refused) terminal.warn(`and ${countOf(refused - mostTold, 'further row')} refused`);
  const dropped = Object.entries(losses).map(([what, count]) => `${what} (${countOf(count, 'row')})`);
  if (0 < dropped.length) terminal.warn(`dropped, since ${to} cannot hold it: ${dropped.join(', ')}`);
  const made = written === kept ? '' : `, as ${written} rows`;
  terminal.log(`${countOf(kept, 'row')} kept${made}, ${refused} refused`);
  if (refused === 0) return exitStatus.done;
  const hint = kept === 0 ? `${output} is not written` : `the others are in ${output}`;
  throw new AlidadeError({
    code: 'row',
    message: `${refused} of ${countOf(rows, 'row')} ${refused === 1 ? 'was' : 'were'} refused`,
    hint:
      refusedForLosses === 0 ? hint : `${hint}; --lossy keeps ${countOf(refusedForLosses, 'row')} without what is lost`,
  });
}

function usage(message: string, hint: string): AlidadeError {
  return new AlidadeError({ code: 'usage', message, hint });
}
