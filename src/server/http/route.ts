import type { EventStream } from './eventStream';

/** A request that has been let in. */
export interface Call {
  /** Requests of one client take turns with those of the others. */
  readonly client: string;
  /** The parsed body; undefined for GET. */
  readonly body: unknown;
  readonly query: URLSearchParams;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Answers with events; a route that uses it returns nothing. */
  stream(): EventStream;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Answered without a token: it must tell nothing. */
  readonly isPublic?: boolean;
  /**
   * @returns the JSON of the answer, or undefined when it has been streamed.
   * @throws HttpError, or an AlidadeError of the engine.
   */
  run(call: Call): Promise<unknown>;
}
