import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { ScoredRow } from '../../core/reward/rewardBreakdown';
import type { GenerationEvent, GenerationRequest, ModelService, RewardOptions, ServedModel } from '../modelService';
import { modelProcessArgument } from './modelMessages';
import type { FromModel, ModelChoice, ToModel, WireError } from './modelMessages';

export interface ModelProcessParams {
  /** The program that becomes the model's process when its first argument is `modelProcessArgument`: dist/cli.js. */
  readonly script: string;
  readonly choice: ModelChoice;
  /** The process has ended too often: nothing will be answered any more. */
  readonly onFailure: (error: AlidadeError) => void;
}

interface Job {
  readonly onEvent: (event: GenerationEvent) => void;
  readonly resolve: (rows: readonly ScoredRow[]) => void;
  readonly reject: (error: AlidadeError) => void;
}

/** A process and the promise of its model. */
interface Running {
  readonly child: ChildProcess;
  readonly opened: Promise<ServedModel>;
}

/** More unexpected ends than these without an answer in between: something is wrong that a new start does not mend. */
const maxRestarts = 3;

/** Time for a run in progress to end before the process is killed, milliseconds. */
const closeTime = 2000;

/** The model in a process of its own, started again when it ends unexpectedly. */
export class ModelProcess implements ModelService {
  readonly model: ServedModel;
  readonly #params: ModelProcessParams;
  readonly #context: JobContext;
  readonly #jobs = new Map<number, Job>();
  #running: Running;
  #lastJob = 0;
  #restarts = 0;
  #failure: AlidadeError | null = null;
  #isClosed = false;

  private constructor(parts: {
    readonly model: ServedModel;
    readonly params: ModelProcessParams;
    readonly context: JobContext;
    readonly running: Running;
  }) {
    this.model = parts.model;
    this.#params = parts.params;
    this.#context = parts.context;
    this.#running = parts.running;
    this.#watch(parts.running);
  }

  /**
   * Starts the process and waits for its model.
   * @throws AlidadeError as opening the model does, `internal` when the process cannot be started, `cancelled`.
   */
  static async start(params: ModelProcessParams, context: JobContext): Promise<ModelProcess> {
    const running = startModel(params, context);
    const { child, opened } = running;
    const kill = (): void => void child.kill('SIGKILL');
    context.signal.addEventListener('abort', kill, { once: true });
    if (context.signal.aborted) kill();
    try {
      return new ModelProcess({ model: await opened, params, context, running });
    } catch (error) {
      kill();
      if (context.signal.aborted) throw new AlidadeError({ code: 'cancelled', message: 'cancelled' });
      throw error;
    } finally {
      context.signal.removeEventListener('abort', kill);
    }
  }

  /** Of the process that runs at the moment. */
  get pid(): number | undefined {
    return this.#running.child.pid;
  }

  scoreBatch(rows: readonly ScorableRow[], options: RewardOptions, signal: AbortSignal): Promise<readonly ScoredRow[]> {
    return this.#request((job) => ({ kind: 'score', job, rows, options }), { onEvent: () => undefined, signal });
  }

  async generate(
    request: GenerationRequest,
    onEvent: (event: GenerationEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#request((job) => ({ kind: 'generate', job, request }), { onEvent, signal });
  }

  /** Ends the process; what it still does is lost. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { child } = this.#running;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), closeTime);
    await ended;
    clearTimeout(timer);
  }

  async #request(
    messageFor: (job: number) => ToModel,
    { onEvent, signal }: { readonly onEvent: (event: GenerationEvent) => void; readonly signal: AbortSignal },
  ): Promise<readonly ScoredRow[]> {
    const { child } = await this.#ready();
    if (signal.aborted) throw new AlidadeError({ code: 'cancelled', message: 'cancelled' });
    this.#lastJob += 1;
    const job = this.#lastJob;
    const cancel = (): void => sendTo(child, { kind: 'cancel', job });
    try {
      return await new Promise((resolve, reject) => {
        // Entered before it is sent: should the process end now, the job fails with the others.
        this.#jobs.set(job, { onEvent, resolve, reject });
        signal.addEventListener('abort', cancel, { once: true });
        sendTo(child, messageFor(job));
      });
    } finally {
      this.#jobs.delete(job);
      signal.removeEventListener('abort', cancel);
    }
  }

  /** The process once its model is open; a new one may have taken its place meanwhile. */
  async #ready(): Promise<Running> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      const running = this.#running;
      await running.opened;
      if (running === this.#running) return running;
    }
  }

  #watch({ child }: Running): void {
    child.on('message', (message: FromModel) => this.#receive(message));
    child.once('exit', (code, signal) => {
      if (this.#isClosed) return;
      const error = new AlidadeError({
        code: 'internal',
        message: `the process that runs the model ended unexpectedly (${signal ?? `exit status ${code ?? 'unknown'}`})`,
        hint: 'the machine may be short of memory',
      });
      this.#context.logger.error(`${error.message}: ${error.hint}`);
      for (const { reject } of this.#jobs.values()) reject(error);
      this.#jobs.clear();
      this.#restart(error);
    });
  }

  #restart(error: AlidadeError): void {
    this.#restarts += 1;
    if (maxRestarts < this.#restarts) {
      this.#fail(error);
      return;
    }
    const running = startModel(this.#params, this.#context);
    this.#running = running;
    this.#watch(running);
    // An exit while opening is seen by #watch; what the opening itself refuses will be refused again.
    running.opened.catch((refusal: unknown) => {
      if (running.child.connected) running.child.disconnect();
      if (refusal instanceof AlidadeError && this.#running === running && refusal.code !== 'internal') {
        this.#fail(refusal);
      }
    });
  }

  #fail(error: AlidadeError): void {
    if (this.#isClosed || this.#failure !== null) return;
    this.#failure = error;
    this.#params.onFailure(error);
  }

  #receive(message: FromModel): void {
    switch (message.kind) {
      case 'scored':
        this.#restarts = 0;
        this.#jobs.get(message.job)?.resolve(message.rows);
        return;
      case 'generated':
        this.#restarts = 0;
        this.#jobs.get(message.job)?.resolve([]);
        return;
      case 'event':
        this.#jobs.get(message.job)?.onEvent(message.event);
        return;
      case 'failed':
        this.#jobs.get(message.job)?.reject(errorOf(message.error));
        return;
      case 'log':
        this.#context.logger[message.level](message.message);
        return;
      case 'opened':
      case 'notOpened':
      case 'progress':
        return;
    }
  }
}

function startModel({ script, choice }: ModelProcessParams, context: JobContext): Running {
  // The server's token is none of the model's business.
  const { ALIDADE_TOKEN: _token, ...env } = process.env;
  const child = fork(script, [modelProcessArgument], {
    env,
    execArgv: [],
    serialization: 'advanced',
    // Standard output is the server's; what native libraries print goes to standard error.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const opened = new Promise<ServedModel>((resolve, reject) => {
    child.on('message', (message: FromModel) => {
      if (message.kind === 'opened') resolve(message.model);
      if (message.kind === 'notOpened') reject(errorOf(message.error));
      if (message.kind === 'progress') context.progress(message.progress);
    });
    child.once('error', (cause) => {
      reject(new AlidadeError({ code: 'internal', message: `the model's process: ${cause.message}`, cause }));
    });
    child.once('exit', (code, signal) => {
      const how = signal ?? `exit status ${code ?? 'unknown'}`;
      const message = `the process that runs the model ended while opening it (${how})`;
      reject(new AlidadeError({ code: 'internal', message, hint: 'the machine may be short of memory' }));
    });
  });
  opened.catch(() => undefined); // whoever waits for it hears of it
  // A second Ctrl+C does not wait for what the process does at the moment.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  sendTo(child, { kind: 'open', choice });
  return { child, opened };
}

function sendTo(child: ChildProcess, message: ToModel): void {
  // A closed channel is no error here: the end of the process says the rest.
  if (child.connected) child.send(message, () => undefined);
}

function errorOf({ code, message, hint }: WireError): AlidadeError {
  return new AlidadeError({ code, message, hint: hint ?? undefined });
}
