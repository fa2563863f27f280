import type { ChildProcess } from 'node:child_process';
import type { MessageConnection, RequestParam, RequestType } from 'vscode-jsonrpc/node';
import {
  CancellationTokenSource,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  ResponseError,
} from 'vscode-jsonrpc/node';
import { AlidadeError } from '../../core/alidadeError';
import type { Logger } from '../../core/jobContext';
import type {
  AnswerParams,
  ProgressParams,
  RewardTestParams,
  RunModelParams,
  WireErrorData,
} from '../../protocol/sidecar';
import { trainingStateNotification, type TrainingStateParams } from '../../protocol/sidecarTraining';
import { layerDifferenceNotification, type LayerDifferenceParams } from '../../protocol/sidecarCheckpoint';
import {
  answerNotification,
  initializeRequest,
  isWireErrorData,
  logNotification,
  progressNotification,
  rewardTestNotification,
  runModelNotification,
  shutdownRequest,
  sidecarProtocolVersion,
} from '../../protocol/sidecar';

export type SidecarState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly pid: number; readonly runtime: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** The process went away with the request; what it had written by then stays. */
export class ProcessEndedError extends AlidadeError {
  constructor(reason: string, cause: unknown) {
    super({
      code: 'internal',
      message: `the scoring process ended before it answered (${reason})`,
      hint: 'ask again: the next request starts it anew',
      cause,
    });
  }
}

export interface SidecarSupervisorParams {
  /** Starts the process with an IPC channel and piped stdout and stderr. */
  readonly fork: () => ChildProcess;
  readonly packageVersion: string;
  readonly logger: Logger;
  readonly onStateChange: (state: SidecarState) => void;
  readonly onProgress: (progress: ProgressParams) => void;
  readonly onRunModel?: (params: RunModelParams) => void;
  readonly onAnswer?: (params: AnswerParams) => void;
  readonly onRewardTest?: (params: RewardTestParams) => void;
  readonly onLayerDifference?: (params: LayerDifferenceParams) => void;
  readonly onTrainingState?: (params: TrainingStateParams) => void;
  /** Milliseconds; the real clock unless a test says otherwise. */
  readonly now?: () => number;
  readonly wait?: (milliseconds: number) => Promise<void>;
}

/** One started process and its connection. */
interface Session {
  readonly process: ChildProcess;
  readonly connection: MessageConnection;
  /** Says why, once the process is gone. */
  exitReason: string | null;
}

const failureExits = 3;
const failureWindow = 3 * 60_000;
/** Before the second and the third start in a row, milliseconds. */
const backOff = [0, 250, 1000];
const startTimeout = 30_000;
const shutdownTimeout = 2_000;

/**
 * Keeps one sidecar process: starts it at the first request, starts it again after it went away, and never leaves a
 * request pending. Knows nothing of the editor.
 */
export class SidecarSupervisor {
  readonly #params: SidecarSupervisorParams;
  #state: SidecarState = { kind: 'stopped' };
  #session: Promise<Session> | null = null;
  #current: Session | null = null;
  /** Times of the exits since a request was last answered. */
  #exits: number[] = [];
  /** Counts the stops: a start that was waiting when one came gives up. */
  #stops = 0;
  #disposed = false;

  constructor(params: SidecarSupervisorParams) {
    this.#params = params;
  }

  get state(): SidecarState {
    return this.#state;
  }

  /**
   * Sends a request, starting the process where necessary. A cancelled request rejects at once, whatever the process does.
   * @throws AlidadeError with the sidecar's own code, or `cancelled`, or `internal` when the process went away.
   */
  async request<Params, Result>(
    type: RequestType<Params, Result, WireErrorData>,
    params: Params,
    signal: AbortSignal,
  ): Promise<Result> {
    const session = await untilAborted(this.#started(), signal);
    const source = new CancellationTokenSource();
    const cancel = (): void => source.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const reply = session.connection.sendRequest(type, params as NoInfer<RequestParam<Params>>, source.token);
      const result = await untilAborted(reply, signal);
      this.#exits = [];
      return result;
    } catch (error) {
      if (error instanceof ResponseError && isWireErrorData(error.data)) this.#exits = [];
      throw asAlidadeError(error, session);
    } finally {
      signal.removeEventListener('abort', cancel);
      source.dispose();
    }
  }

  /** Starts afresh, also out of `failed`. */
  async restart(): Promise<void> {
    await this.stop();
    this.#exits = [];
    await this.#started();
  }

  /** Ends the process; the next request starts another one. Forgets a failure. */
  async stop(): Promise<void> {
    this.#stops += 1;
    const session = this.#current;
    this.#session = null;
    this.#current = null;
    this.#exits = [];
    if (session !== null) await endProcess(session);
    this.#setState({ kind: 'stopped' });
  }

  /** Ends the process for good, without waiting. */
  dispose(): void {
    this.#disposed = true;
    this.#stops += 1;
    const session = this.#current;
    this.#session = null;
    this.#current = null;
    if (session === null) return;
    session.exitReason ??= 'the extension was closed';
    session.connection.dispose();
    session.process.kill('SIGKILL');
  }

  #started(): Promise<Session> {
    if (this.#disposed) return Promise.reject(processError('the extension was closed', null));
    if (this.#state.kind === 'failed') return Promise.reject(failedError(this.#state.reason));
    // The channel of a dying process closes a moment before its exit is reported.
    if (this.#current?.process.connected === false) this.#onExit(this.#current, 'its channel closed');
    if (this.#session !== null) return this.#session;
    const starting = this.#start();
    this.#session = starting;
    starting.catch((error: unknown) => {
      this.#params.logger.error(`the scoring process did not start: ${String(error)}`);
      if (this.#session === starting) this.#session = null;
    });
    return starting;
  }

  async #start(): Promise<Session> {
    this.#setState({ kind: 'starting' });
    const stops = this.#stops;
    const delay = backOff[Math.min(this.#exits.length, backOff.length - 1)] ?? 0;
    if (0 < delay) await (this.#params.wait ?? sleep)(delay);
    if (this.#disposed || stops !== this.#stops) throw processError('it was stopped', null);
    const session = this.#connect();
    try {
      const { packageVersion } = this.#params;
      const params = { packageVersion, protocolVersion: sidecarProtocolVersion };
      const reply = session.connection.sendRequest(initializeRequest, params);
      const result = await within(reply, startTimeout, 'the scoring process did not answer within 30 s of its start');
      if (result.packageVersion !== packageVersion || result.protocolVersion !== sidecarProtocolVersion) {
        throw new AlidadeError({
          code: 'internal',
          message: `the scoring process is version ${result.packageVersion}, the extension ${packageVersion}`,
          hint: 'reload the window, or install the extension again',
        });
      }
      this.#params.logger.info(`scoring process ${result.pid} started on Node ${result.runtime}`);
      this.#setState({ kind: 'running', pid: result.pid, runtime: result.runtime });
      return session;
    } catch (error) {
      const failure = asAlidadeError(error, session);
      session.process.kill('SIGKILL');
      throw failure;
    }
  }

  #connect(): Session {
    const { fork, logger, onProgress, onRunModel, onAnswer, onRewardTest, onLayerDifference, onTrainingState } =
      this.#params;
    const process = fork();
    const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
    const session: Session = { process, connection, exitReason: null };
    this.#current = session;
    forwardLines(process.stdout, (line) => logger.info(line));
    forwardLines(process.stderr, (line) => logger.warn(line));
    connection.onNotification(logNotification, ({ level, message }) => logger[level](message));
    connection.onNotification(progressNotification, onProgress);
    connection.onNotification(runModelNotification, (params) => onRunModel?.(params));
    connection.onNotification(answerNotification, (params) => onAnswer?.(params));
    connection.onNotification(rewardTestNotification, (params) => onRewardTest?.(params));
    connection.onNotification(layerDifferenceNotification, (params) => onLayerDifference?.(params));
    connection.onNotification(trainingStateNotification, (params) => onTrainingState?.(params));
    // A write to a process that has just died; its exit says the rest.
    connection.onError(([error]) => logger.debug(`connection to the scoring process: ${error.message}`));
    process.once('error', (error) => this.#onExit(session, error.message));
    process.once('exit', (code, signal) =>
      this.#onExit(session, signal === null ? `exit status ${String(code)}` : `signal ${signal}`),
    );
    connection.listen();
    return session;
  }

  #onExit(session: Session, reason: string): void {
    if (session.exitReason !== null && this.#current !== session) return;
    session.exitReason ??= reason;
    // A pending request does not settle by itself when the process dies: disposing rejects it.
    session.connection.dispose();
    if (this.#current !== session) return;
    this.#current = null;
    this.#session = null;
    if (this.#disposed) return;
    this.#params.logger.warn(`scoring process ended: ${reason}`);
    const now = (this.#params.now ?? Date.now)();
    this.#exits = [...this.#exits.filter((time) => now - time <= failureWindow), now];
    const failed = failureExits <= this.#exits.length;
    this.#setState(failed ? { kind: 'failed', reason } : { kind: 'stopped' });
  }

  #setState(state: SidecarState): void {
    if (this.#disposed) return;
    this.#state = state;
    this.#params.onStateChange(state);
  }
}

async function endProcess(session: Session): Promise<void> {
  const exited = new Promise<void>((resolve) => session.process.once('exit', () => resolve()));
  const gone = session.process.exitCode !== null || session.process.signalCode !== null;
  try {
    if (!gone) await within(session.connection.sendRequest(shutdownRequest), shutdownTimeout, 'busy');
    if (!gone) await within(exited, shutdownTimeout, 'busy');
  } catch {
    // Busy or dead: a sidecar holds nothing but caches, so it can be killed.
    session.process.kill('SIGKILL');
  }
  session.exitReason ??= 'it was stopped';
  session.connection.dispose();
}

function asAlidadeError(error: unknown, session: Session): AlidadeError {
  if (error instanceof AlidadeError) return error;
  if (error instanceof ResponseError && isWireErrorData(error.data)) {
    const { code, message, hint } = error.data;
    return new AlidadeError({ code, message, hint: hint ?? undefined, cause: error });
  }
  if (session.exitReason !== null || session.process.exitCode !== null || session.process.signalCode !== null) {
    return processError(session.exitReason ?? 'it went away', error);
  }
  // The channel closes before the exit is reported.
  if (!session.process.connected) return processError('its channel closed', error);
  const message = error instanceof Error ? error.message : String(error);
  return new AlidadeError({ code: 'internal', message, cause: error });
}

function processError(reason: string, cause: unknown): ProcessEndedError {
  return new ProcessEndedError(reason, cause);
}

function failedError(reason: string): AlidadeError {
  return new AlidadeError({
    code: 'internal',
    message: `the scoring process ended three times without answering (${reason})`,
    hint: 'look at the log, then restart it',
  });
}

function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise<Value>((resolve, reject) => {
    const onAbort = (): void => reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

async function within<Value>(promise: Promise<Value>, milliseconds: number, message: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new AlidadeError({ code: 'internal', message })), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function forwardLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line.trimEnd());
  });
}
