import { describeExport } from '../../engine/training/describeExport';
import { exportHead } from '../../engine/training/exportHead';
import { exitStatus, type CommandCall, type ExitStatus } from '../command';
import type { headsExportOptions } from './headsOptions';

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
  const { warnings, notes } = describeExport(made);
  for (const warning of warnings) terminal.warn(warning);
  for (const note of notes) terminal.log(note);
  terminal.log(`${output} is there`);
  return exitStatus.done;
}
