import { tmpdir } from 'node:os';
import { modelProcessArgument } from '../server/modelProcess/modelMessages';
import { exitStatus } from './command';
import { runCommandLine } from './runCommandLine';

// Without it the Vulkan loader writes lines to standard error that read as if they were Alidade's errors.
process.env['XDG_RUNTIME_DIR'] ??= tmpdir();

if (process.argv[2] === modelProcessArgument) {
  // Loaded only here: it brings the runtime, which the other commands should not wait for.
  void import('../server/modelProcess/runModelProcess').then(({ runModelProcess }) => runModelProcess());
} else {
  runProgram();
}

function runProgram(): void {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // The second one does not wait for the work to stop.
      if (abort.signal.aborted) process.exit(exitStatus.cancelled);
      abort.abort();
    });
  }

  void runCommandLine({
    args: process.argv.slice(2),
    version: process.env['ALIDADE_VERSION'] ?? '',
    output: process.stdout,
    errors: process.stderr,
    abort,
    showsDebug: process.env['ALIDADE_DEBUG'] === '1',
  }).then((status) => process.exit(status));
}
