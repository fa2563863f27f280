import { resolve } from 'node:path';
import { AlidadeError } from '../core/alidadeError';
import { checkWeights } from '../core/reward/checkWeights';
import { isTokenText, makeToken } from '../server/http/accessToken';
import { isLoopback } from '../server/http/allowedHosts';
import { ModelProcess } from '../server/modelProcess/modelProcess';
import type { ServedModel } from '../server/modelService';
import { defaultLimits } from '../server/serverLimits';
import { startServer } from '../server/startServer';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import type { serveOptions } from './options';

type Options = CommandCall<typeof serveOptions>['options'];

const defaultHost = '127.0.0.1';

/** `alidade serve`: runs until it is told to stop. */
export async function serve({ options, terminal, context }: CommandCall<typeof serveOptions>): Promise<ExitStatus> {
  const token = readToken(options);
  const { model: reference, head, device, dtype, threads, port, host = defaultHost } = options;
  if (host === '')
    throw new AlidadeError({ code: 'usage', message: '--host is empty', hint: `it may be ${defaultHost}` });
  const headPath = head === undefined ? undefined : resolve(head);
  const { judge, 'no-template': noTemplate } = options;
  const choice = { reference, headPath, device, dtype, threads, judge, applyTemplate: !noTemplate };
  let stop: (failure: AlidadeError | null) => void = () => undefined;
  const stopped = new Promise<AlidadeError | null>((resolveStopped) => (stop = resolveStopped));
  context.signal.addEventListener('abort', () => stop(null), { once: true });
  const service = await ModelProcess.start({ script: __filename, choice, onFailure: (error) => stop(error) }, context);
  try {
    // Now: otherwise every request would be refused for a mistake that is none of its own.
    if (service.model.rewards !== null) checkWeights(service.model.rewards, options.weights);
    const server = await startServer(
      {
        service,
        host,
        port,
        token,
        allowedHosts: (options['allow-hosts'] ?? '').split(',').map((name) => name.trim()),
        rewardOptions: { maxTokens: options['max-tokens'], truncate: options.truncate, weights: options.weights },
        limits: readLimits(options),
      },
      context,
    );
    if (!isLoopback(host)) {
      context.logger.warn(
        `other machines can reach ${server.url}: only the token keeps them out, and it travels as it is (put a proxy with TLS before it)`,
      );
    }
    context.logger.info(describe(service.model, server.url));
    await terminal.writeJson({ url: server.url, token });
    const failure = await stopped;
    context.logger.info('stopping');
    await server.stop();
    if (failure !== null) throw failure;
    return exitStatus.done;
  } finally {
    await service.close();
  }
}

function readToken({ token }: Options): string {
  const given = token ?? (process.env['ALIDADE_TOKEN'] === '' ? undefined : process.env['ALIDADE_TOKEN']);
  if (given === undefined) return makeToken();
  if (isTokenText(given)) return given;
  throw new AlidadeError({
    code: 'usage',
    message: `${token === undefined ? 'ALIDADE_TOKEN' : '--token'} cannot be sent in a header`,
    hint: 'use letters, digits and signs, without spaces',
  });
}

function readLimits(options: Options): Partial<typeof defaultLimits> {
  const maxBody = options['max-body'];
  return {
    maxBody,
    maxRequests: options['max-queue'],
    maxHeldBytes: Math.max(defaultLimits.maxHeldBytes, 4 * maxBody),
    requestTime: 1000 * options.timeout,
  };
}

function describe({ name, rewards, noCompletions }: ServedModel, url: string): string {
  const does = [...(rewards === null ? [] : ['rewards']), ...(noCompletions === null ? ['completions'] : [])];
  return `${name} answers ${does.join(' and ')} on ${url}; Ctrl+C stops it`;
}
