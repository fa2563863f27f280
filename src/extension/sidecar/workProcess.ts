import { join } from 'node:path';
import type { ExtensionContext } from 'vscode';
import { EventEmitter, workspace } from 'vscode';
import type { Logger } from '../../core/jobContext';
import { affectsSetting, readSetting } from '../readSetting';
import { reportSidecarFailure } from '../reportError';
import { forkSidecar } from './forkSidecar';
import { SidecarClient } from './sidecarClient';
import type { SidecarState } from './sidecarSupervisor';

/** For as long as somebody needs the process: dispose it. */
export interface WorkLease {
  readonly client: SidecarClient;
  dispose(): void;
}

/** Milliseconds that the process outlives its last lease. */
const idleTime = 30_000;

/**
 * A sidecar of its own for what is long or large: merges, previews that hold a merged model, searches, trainings. Hovers
 * and lenses are not kept waiting by it, and its memory is given back by ending it.
 */
export class WorkProcess {
  readonly #client: SidecarClient;
  readonly #stateChanged = new EventEmitter<SidecarState>();
  readonly #configuration;
  #leases = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ context, logger }: { readonly context: ExtensionContext; readonly logger: Logger }) {
    const script = join(context.extensionPath, 'dist', 'sidecar.js');
    this.#client = new SidecarClient({
      fork: () => forkSidecar({ script, nodePath: readSetting('nodePath') }),
      packageVersion: (context.extension.packageJSON as { readonly version: string }).version,
      logger,
      onStateChange: (state) => {
        this.#stateChanged.fire(state);
        if (state.kind === 'failed') reportSidecarFailure(state.reason);
      },
    });
    this.#configuration = workspace.onDidChangeConfiguration(async (event) => {
      if (affectsSetting(event, 'nodePath') && this.#leases === 0) await this.#client.stop();
    });
  }

  /** Also told when the process ends: what it held is gone then. */
  readonly onDidChangeState = this.#stateChanged.event;

  /** Starts nothing: the process starts with the first request. */
  hold(): WorkLease {
    clearTimeout(this.#timer);
    this.#leases += 1;
    let isHeld = true;
    return {
      client: this.#client,
      dispose: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#leases -= 1;
        if (this.#leases === 0) this.#timer = setTimeout(() => void this.#client.stop(), idleTime);
      },
    };
  }

  /** Holds the process for one piece of work. */
  async use<Result>(work: (client: SidecarClient) => Promise<Result>): Promise<Result> {
    const lease = this.hold();
    try {
      return await work(lease.client);
    } finally {
      lease.dispose();
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#configuration.dispose();
    this.#stateChanged.dispose();
    this.#client.dispose();
  }
}
