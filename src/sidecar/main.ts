import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { registerHandlers } from './handlers';
import { sidecarEngine } from './sidecarEngine';

/** Entry point of the process that runs the models: `child_process.fork('dist/sidecar.js')`. */

// Without its parent nobody can ask anything; a run in progress ends first because it blocks the event loop.
process.on('disconnect', () => process.exit(0));

if (process.send === undefined) {
  process.stderr.write('error: this program is started by the editor: it speaks over an IPC channel only\n');
  process.exit(2);
}

const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
registerHandlers({
  connection,
  engine: sidecarEngine,
  packageVersion: process.env['ALIDADE_VERSION'] ?? 'unbuilt',
  // Lets the answer leave first.
  onShutdown: () => setTimeout(() => process.exit(0), 50),
});
connection.listen();
