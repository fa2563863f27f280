import { connect, type Socket } from 'node:net';
import type { ServerLimits } from '../../../src/server/serverLimits';
import { startServer } from '../../../src/server/startServer';
import type { RunningServer, ServerParams } from '../../../src/server/startServer';
import type { JobContext } from '../../../src/core/jobContext';
import { quietContext } from '../../fixtures/quietContext';
import { FakeService } from './fakeService';

export const testToken = 'correct-horse';

export interface ServerUnderTest {
  readonly service: FakeService;
  readonly server: RunningServer;
  readonly port: number;
  /** What the server has logged as errors. */
  readonly errors: string[];
  /** With the token, unless `headers` has another. */
  request(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
  /** A connection of its own, and what came over it. */
  connect(): { readonly socket: Socket; readonly received: () => string; readonly closed: Promise<void> };
}

/** Starts servers for the tests of a suite and stops them after each. */
export function useServer(): (
  parts?: Partial<ServerParams> & { readonly service?: FakeService; readonly limits?: Partial<ServerLimits> },
) => Promise<ServerUnderTest> {
  const stops: (() => Promise<void>)[] = [];
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const stop of stops.splice(0)) await stop();
  });
  return async ({ service = new FakeService(), limits = {}, ...parts } = {}) => {
    const errors: string[] = [];
    const quiet = quietContext();
    const context: JobContext = { ...quiet, logger: { ...quiet.logger, error: (message) => errors.push(message) } };
    const params = { host: '127.0.0.1', port: 0, token: testToken, ...parts };
    const server = await startServer({ ...params, service, limits: { stopTime: 300, ...limits } }, context);
    stops.push(() => server.stop());
    const authorization = { Authorization: `Bearer ${testToken}` };
    const request = (path: string, init: RequestInit = {}): Promise<Response> =>
      fetch(server.url + path, { ...init, headers: { ...authorization, ...init.headers } });
    const port = Number(new URL(server.url).port);
    return {
      service,
      server,
      errors,
      port,
      request,
      post: (path, body, init = {}) => request(path, { method: 'POST', body: JSON.stringify(body), ...init }),
      connect: () => {
        const socket = connect(port, '127.0.0.1');
        sockets.push(socket);
        let text = '';
        socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
        socket.on('error', () => undefined);
        return { socket, received: () => text, closed: new Promise((resolve) => socket.on('close', () => resolve())) };
      },
    };
  };
}

/** The code of an error answer; fails when it is none in OpenAI's shape. */
export async function errorOf(response: Response): Promise<{
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
}> {
  const body = (await response.json()) as {
    error: { message: string; type: string; param: string | null; code: string };
  };
  const { message, type, param, code } = body.error;
  if (typeof message !== 'string' || typeof type !== 'string' || typeof code !== 'string') {
    throw new Error(`not an error: ${JSON.stringify(body)}`);
  }
  return { message, type, param, code };
}

/** Resolves once the condition holds; fails after twenty seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (end < performance.now()) throw new Error(`it did not happen: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The head of a POST with the token. */
export function postHead(path: string, ...headers: readonly string[]): string {
  return [`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', `Authorization: Bearer ${testToken}`, ...headers, '', ''].join(
    '\r\n',
  );
}
