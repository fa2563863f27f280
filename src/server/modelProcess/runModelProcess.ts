import { AlidadeError } from '../../core/alidadeError';
import type { JobContext, Logger } from '../../core/jobContext';
import { ModelHost } from './modelHost';
import type { FromModel, ToModel, WireError } from './modelMessages';

/**
 * The process that runs the model: a run of ONNX Runtime blocks the event loop, and the server has to answer meanwhile.
 * It is forked by the server and ends with it.
 */
export function runModelProcess(): void {
  if (process.send === undefined) {
    process.stderr.write('error: this program is started by alidade serve: it speaks over an IPC channel only\n');
    process.exit(2);
  }
  // Without its parent nobody can ask anything; a run in progress ends first because it blocks the event loop.
  process.on('disconnect', () => process.exit(0));
  // Ctrl+C reaches the whole group of processes; the server decides when this one ends.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

  const jobs = new Map<number, AbortController>();
  let host: ModelHost | null = null;
  const logger = wireLogger();
  const opening: JobContext = {
    signal: new AbortController().signal,
    progress: (progress) => send({ kind: 'progress', progress }),
    logger,
  };

  async function open(message: Extract<ToModel, { kind: 'open' }>): Promise<void> {
    try {
      host = await ModelHost.open(message.choice, opening);
      send({ kind: 'opened', model: host.model });
    } catch (error) {
      send({ kind: 'notOpened', error: wireError(error) });
    }
  }

  async function work(job: number, run: (open: ModelHost, context: JobContext) => Promise<FromModel>): Promise<void> {
    const controller = new AbortController();
    jobs.set(job, controller);
    try {
      if (host === null) throw new AlidadeError({ code: 'internal', message: 'the model is not open' });
      send(await run(host, { signal: controller.signal, progress: () => undefined, logger }));
    } catch (error) {
      if (!(error instanceof AlidadeError)) logger.error(describe(error));
      send({ kind: 'failed', job, error: wireError(error) });
    } finally {
      jobs.delete(job);
    }
  }

  process.on('message', (message: ToModel) => {
    switch (message.kind) {
      case 'open':
        void open(message);
        return;
      case 'score': {
        const { job, rows, options } = message;
        void work(job, async (open, context) => ({
          kind: 'scored',
          job,
          rows: await open.scoreBatch(rows, options, context),
        }));
        return;
      }
      case 'generate': {
        const { job, request } = message;
        void work(job, async (open, context) => {
          await open.generate(request, (event) => send({ kind: 'event', job, event }), context);
          return { kind: 'generated', job };
        });
        return;
      }
      case 'cancel':
        jobs.get(message.job)?.abort();
        return;
    }
  });
}

function send(message: FromModel): void {
  // The parent may be gone, and this process about to hear of it.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

function wireError(error: unknown): WireError {
  if (error instanceof AlidadeError) {
    return { code: error.code, message: error.message, hint: error.hint ?? null };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, hint: 'this is a mistake in alidade: please report it' };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function wireLogger(): Logger {
  const at = (level: keyof Logger) => (message: string) => send({ kind: 'log', level, message });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
