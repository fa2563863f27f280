import { countOf, describeBytes } from '../../core/describeQuantity';
import type { ArmormExport } from '../../engine/training/exportArmorm';
import { exportHead } from '../../engine/training/exportHead';
import type { ExportedRows, RowsExport } from '../../engine/training/exportRows';
import { exitStatus, type CommandCall, type ExitStatus } from '../command';
import type { Terminal } from '../terminal';
import type { headsExportOptions } from './headsOptions';

/** Refusals that are told one by one. */
const mostTold = 5;

/** `alidade heads export` */
export async function exportHeadCommand(call: CommandCall<typeof headsExportOptions>): Promise<ExitStatus> {
  const { positionals, options, terminal, context } = call;
  const { format, output, model, copy, rows, threshold, truncate, 'max-tokens': maxTokens } = options;
  const { device, dtype, threads } = options;
  const [head] = positionals;
  const made = await exportHead(
    { head, model, format, output, isCopying: copy, rows, threshold, maxTokens, truncate, device, dtype, threads },
    context,
  );
  if (options.json) await terminal.writeJson({ ...made, output });
  if (made.format === 'armorm') reportCheckpoint(made, output, terminal);
  else reportRows(made, output, terminal);
  return exitStatus.done;
}

function reportCheckpoint(
  { body, placement, rewritten, bytes, warnings, ...made }: ArmormExport,
  output: string,
  terminal: Terminal,
): void {
  for (const warning of warnings) terminal.warn(warning);
  if (0 < rewritten.length)
    terminal.warn(`written anew, since they hold another head or other names: ${rewritten.join(', ')}`);
  terminal.log(
    `${output} is there: ${countOf(made.objectives.length, 'objective')} on ${body}, whose ${describeBytes(bytes)} are ${placement}`,
  );
}

function reportRows({ rows, errors, files }: RowsExport, output: string, terminal: Terminal): void {
  for (const { name, refused, refusals } of files) {
    for (const { input, line, problem } of refusals.slice(0, mostTold))
      terminal.warn(`${name}: ${input}, row ${line}: ${problem}`);
    if (mostTold < refused) terminal.warn(`${name}: and ${countOf(refused - mostTold, 'further row')} left out`);
  }
  if (0 < errors) terminal.warn(`${errors} of ${countOf(rows, 'row')} could not be scored`);
  const described = files.map((file) => `${countOf(file.written, 'row')} in ${file.name}${describeLabels(file)}`);
  terminal.log(`${output} is there: ${described.join('; ')}`);
}

function describeLabels({ labels }: ExportedRows): string {
  if (labels === null) return '';
  const { swapped, uncertain, ties } = labels;
  const parts = [
    `${swapped} turned round`,
    ...(uncertain === 0 ? [] : [`${uncertain} not certain enough`]),
    ...(ties === 0 ? [] : [countOf(ties, 'tie')]),
  ];
  return ` (${parts.join(', ')})`;
}
