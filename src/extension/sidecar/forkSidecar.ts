import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { dirname } from 'node:path';

export interface ForkSidecarParams {
  /** Absolute path of dist/sidecar.js. */
  readonly script: string;
  /** The user's own Node; empty: the editor's. */
  readonly nodePath: string;
}

/** Starts the sidecar with an IPC channel; what native libraries print goes to pipes, never to the channel. */
export function forkSidecar({ script, nodePath }: ForkSidecarParams): ChildProcess {
  return fork(script, [], {
    ...(nodePath === '' ? {} : { execPath: nodePath }),
    // A folder that no workspace decides about.
    cwd: dirname(script),
    // Not the editor's own: a debugger port can be opened once only.
    execArgv: [],
    // The editor's executable is Electron, which is Node only when told so.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', ELECTRON_NO_ASAR: '1' },
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}
