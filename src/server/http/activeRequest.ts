import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerLimits } from '../serverLimits';
import { EventStream } from './eventStream';
import { HttpError, httpErrorOf } from './httpError';
import type { Call } from './route';

export interface ActiveRequestParts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly limits: ServerLimits;
}

/** Time for a client to stop sending a body that nobody reads, so that it finds the answer, milliseconds. */
const lingerTime = 2000;

/** One request from its head to the end of its answer. */
export class ActiveRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Fires, with an HttpError as its reason, when nobody waits any more. */
  readonly signal: AbortSignal;
  /** The answer has gone out, or its reader has. */
  readonly finished: Promise<void>;
  phase: 'reading' | 'working' = 'reading';
  readonly #limits: ServerLimits;
  readonly #controller = new AbortController();
  #abortReason: HttpError | null = null;
  #stream: EventStream | null = null;

  constructor({ request, response, limits }: ActiveRequestParts) {
    this.request = request;
    this.response = response;
    this.#limits = limits;
    this.signal = this.#controller.signal;
    // A connection that breaks is heard of by its end; as an error without a listener it would end the server.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const timer = setTimeout(() => this.abort(tookTooLong(limits.requestTime)), limits.requestTime);
    this.finished = new Promise((resolve) => {
      const settle = (): void => {
        response.off('close', settle);
        request.socket.off('close', settle);
        clearTimeout(timer);
        if (!response.writableFinished) this.leave();
        resolve();
      };
      response.once('close', settle);
      // An answer that waits for its turn on its connection does not hear of the connection's end.
      request.socket.once('close', settle);
    });
  }

  /** Nobody will read the answer. */
  leave(): void {
    this.abort(gone());
  }

  abort(reason: HttpError): void {
    if (this.#abortReason !== null) return;
    this.#abortReason = reason;
    this.#controller.abort(reason);
  }

  call(parts: Pick<Call, 'client' | 'body' | 'query'>): Call {
    const { response, signal } = this;
    const onStalled = (): void => this.#drop();
    return {
      ...parts,
      signal,
      stream: () => (this.#stream = new EventStream({ response, limits: this.#limits, onStalled })),
    };
  }

  send(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
    const { response } = this;
    if (response.headersSent || response.destroyed) return;
    const body = Buffer.from(JSON.stringify(value));
    response.writeHead(status, {
      ...headers,
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': body.length,
    });
    response.end(body);
    // A client that does not take its answer must not hold it here for ever.
    const timer = setTimeout(() => this.#drop(), this.#limits.readTime);
    response.once('close', () => clearTimeout(timer));
  }

  /** Why the request failed: what stopped it counts, not what that led to. */
  refusalOf(error: unknown): HttpError {
    return this.#abortReason ?? httpErrorOf(error);
  }

  /** Answers with a refusal; a stream that has begun ends with it. */
  refuse(refusal: HttpError): void {
    const { request, response } = this;
    if (response.destroyed || this.#isLeft) return;
    if (response.headersSent) {
      this.#stream?.send(refusal);
      response.end();
      return;
    }
    // Whoever waits to be told to send the body may send it or not: only a new connection is unambiguous.
    const isUndecided = request.headers.expect !== undefined && !request.complete;
    const closes = refusal.status === 503 || isUndecided;
    this.send(refusal.status, refusal, { ...refusal.headers, ...(closes ? { Connection: 'close' } : {}) });
    if (!request.complete && !closes) this.#discardBody();
  }

  /**
   * Reads on for a while: a client that is still sending would otherwise meet a closed connection before it has read the
   * answer.
   */
  #discardBody(): void {
    const { request } = this;
    const { socket } = request;
    const timer = setTimeout(() => socket.destroy(), lingerTime);
    const done = (): void => clearTimeout(timer);
    request.once('end', done).once('close', done).on('error', done);
    request.resume();
  }

  get #isLeft(): boolean {
    return this.#abortReason?.code === goneCode;
  }

  #drop(): void {
    this.leave();
    this.request.socket.destroy();
  }
}

const goneCode = 'client_gone';

/** Never sent: there is nobody to read it. */
function gone(): HttpError {
  return new HttpError({ status: 499, code: goneCode, message: 'the client has gone' });
}

function tookTooLong(milliseconds: number): HttpError {
  return new HttpError({
    status: 504,
    code: 'timeout',
    message: `the request took longer than ${milliseconds / 1000} s: ask for less at a time, or start the server with a larger --timeout`,
  });
}
