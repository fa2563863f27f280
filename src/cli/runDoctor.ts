import { diagnose } from '../engine/doctor';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import type { listOptions } from './options';
import { writeTable } from './writeTable';

/** `alidade doctor` */
export async function runDoctor({ options, terminal, context }: CommandCall<typeof listOptions>): Promise<ExitStatus> {
  const report = await diagnose(context);
  if (options.json) await terminal.writeJson(report);
  else {
    const rows = report.checks.map(({ name, ok, detail }) => [ok ? 'ok' : '--', name, detail]);
    const verdict = report.ok ? 'Alidade can score here.' : 'Alidade cannot score here.';
    await terminal.write(`${writeTable(rows)}\n\n${verdict}\n`);
  }
  return report.ok ? exitStatus.done : exitStatus.failed;
}
