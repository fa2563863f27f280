import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AlidadeError } from '../../core/alidadeError';
import type { Logger } from '../../core/jobContext';
import type { Admission } from '../queue/admission';
import type { ServerLimits } from '../serverLimits';
import { checkToken } from './accessToken';
import { ActiveRequest } from './activeRequest';
import { checkHost, isLoopback } from './allowedHosts';
import { answerBrokenRequest } from './answerBrokenRequest';
import { HttpError, badRequest } from './httpError';
import { readJsonBody } from './readBody';
import type { Route } from './route';

export interface HttpServerParams {
  readonly routes: readonly Route[];
  readonly token: string;
  /** Names besides addresses and localhost under which the server answers, in lower case. */
  readonly hosts: readonly string[];
  readonly limits: ServerLimits;
  readonly admission: Admission;
  readonly logger: Logger;
}

/** Node checks its own time limits this often, milliseconds. */
const checkInterval = 500;
/** Idle connections are kept this long: longer than clients usually keep theirs, so that they never write into a closed one. */
const keepAliveTime = 65_000;

/** The HTTP side: lets requests in, hands them to their routes and answers, whatever the model does meanwhile. */
export class HttpServer {
  readonly #params: HttpServerParams;
  readonly #server: Server;
  readonly #active = new Set<ActiveRequest>();
  readonly #connectionNames = new WeakMap<Socket, string>();
  #connections = 0;
  #isStopping = false;

  constructor(params: HttpServerParams) {
    this.#params = params;
    const { limits } = params;
    this.#server = createServer({
      headersTimeout: limits.headTime,
      // Only a net: the body has its own limit, which knows how large it is.
      requestTimeout: 10 * limits.headTime + 1000 * Math.ceil(limits.maxBody / limits.bytesPerSecond),
      connectionsCheckingInterval: checkInterval,
      keepAliveTimeout: keepAliveTime,
      noDelay: true,
    });
    this.#server.maxConnections = limits.maxConnections;
    const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#answer(request, response);
    this.#server.on('request', onRequest);
    // The body is asked for only when the request has been let in.
    this.#server.on('checkContinue', onRequest);
    this.#server.on('clientError', (error, socket) => this.#answerBroken(error, socket));
    // Each request on a connection listens to its end, and clients may send several without waiting.
    this.#server.on('connection', (socket) => socket.setMaxListeners(0));
  }

  /**
   * @returns the port.
   * @throws AlidadeError `exists` when the port is taken, `permission`, `not_found` for a host that is not of this machine.
   */
  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => reject(listenError(error, host, port));
      this.#server.once('error', onError);
      this.#server.listen(port, host, () => {
        this.#server.off('error', onError);
        resolve();
      });
    });
    this.#server.on('error', (error) => this.#params.logger.error(`the server's socket: ${error.message}`));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes no more requests, and refuses those whose body has not come yet. */
  refuseNew(): void {
    this.#isStopping = true;
    this.#server.close();
    for (const request of this.#active) if (request.phase === 'reading') request.abort(stopping());
  }

  /** Waits until everything has been answered. @returns false when the time is over before. */
  async drain(time: number): Promise<boolean> {
    const end = performance.now() + time;
    while (0 < this.#active.size && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    return this.#active.size === 0;
  }

  /** Stops the requests at work. */
  abortAll(): void {
    for (const request of this.#active) request.abort(stopping());
  }

  closeConnections(): void {
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    const active = new ActiveRequest({ request, response, limits: this.#params.limits });
    this.#active.add(active);
    try {
      await this.#handle(active);
    } catch (error) {
      const refusal = active.refusalOf(error);
      if (500 <= refusal.status && refusal.cause !== undefined) this.#log(refusal);
      active.refuse(refusal);
    }
    await active.finished;
    this.#active.delete(active);
  }

  #answerBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
    const requests = [...this.#active].filter(({ request }) => request.socket === socket);
    for (const request of requests) request.leave();
    // An answer that has begun cannot be followed by another.
    if (requests.some(({ response }) => response.headersSent)) socket.destroy();
    else answerBrokenRequest(error, socket);
  }

  async #handle(active: ActiveRequest): Promise<void> {
    const { request, response } = active;
    const { routes, token, hosts, admission, limits } = this.#params;
    const url = parseUrl(request.url ?? '');
    checkHost(request.headers.host, hosts);
    const found = routes.filter(({ path }) => path === url.pathname);
    if (found[0]?.isPublic !== true) checkToken(request, url.searchParams, token);
    const route = pickRoute(found, request.method ?? '', url.pathname);
    if (this.#isStopping) throw stopping();
    if (route.method === 'GET') {
      active.send(200, await route.run(active.call({ client: '', body: undefined, query: url.searchParams })));
      return;
    }
    const place = admission.enter();
    void active.finished.then(place.leave);
    const onBytes = (bytes: number): void => place.hold(bytes);
    const body = await readJsonBody({ request, response, limits, signal: active.signal, onBytes });
    if (this.#isStopping) throw stopping();
    active.phase = 'working';
    const answer = await route.run(active.call({ client: this.#clientOf(request), body, query: url.searchParams }));
    if (answer !== undefined) active.send(200, answer);
  }

  /** Programs of this machine are told apart by their connections, those of others by their addresses. */
  #clientOf({ socket }: IncomingMessage): string {
    const address = socket.remoteAddress ?? '';
    if (!isLoopback(address.replace(/^::ffff:/, ''))) return address;
    const known = this.#connectionNames.get(socket);
    if (known !== undefined) return known;
    this.#connections += 1;
    const name = `connection ${this.#connections}`;
    this.#connectionNames.set(socket, name);
    return name;
  }

  #log({ cause, message }: HttpError): void {
    const text = cause instanceof AlidadeError || !(cause instanceof Error) ? message : (cause.stack ?? message);
    this.#params.logger.error(`a request failed: ${text}`);
  }
}

function parseUrl(text: string): URL {
  try {
    return new URL(text.startsWith('/') ? `http://localhost${text}` : text);
  } catch {
    throw badRequest('the URL cannot be read');
  }
}

function pickRoute(found: readonly Route[], method: string, path: string): Route {
  if (found.length === 0) {
    throw new HttpError({ status: 404, code: 'unknown_url', message: `there is nothing at ${path}` });
  }
  // Node leaves the body out of an answer to HEAD.
  const route = found.find((candidate) => candidate.method === (method === 'HEAD' ? 'GET' : method));
  if (route !== undefined) return route;
  const allowed = found.map((candidate) => candidate.method).join(', ');
  throw new HttpError({
    status: 405,
    code: 'method_not_allowed',
    message: `${path} takes ${allowed}, not ${method}`,
    headers: { Allow: allowed },
  });
}

function stopping(): HttpError {
  return new HttpError({ status: 503, code: 'stopping', message: 'the server is stopping' });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): AlidadeError {
  const place = `${host}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new AlidadeError({
        code: 'exists',
        message: `another program listens on ${place}`,
        hint: 'choose another port with --port, or 0 for a free one',
        cause: error,
      });
    case 'EACCES':
      return new AlidadeError({
        code: 'permission',
        message: `this account may not listen on ${place}`,
        hint: 'choose a port above 1023 with --port, or 0 for a free one',
        cause: error,
      });
    default:
      return new AlidadeError({
        code: 'not_found',
        message: `nothing can listen on ${place}: ${error.message}`,
        hint: 'give an address of this machine with --host',
        cause: error,
      });
  }
}
