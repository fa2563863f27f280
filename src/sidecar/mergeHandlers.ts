import type { CancellationToken, MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import type { JobContext } from '../core/jobContext';
import type { WireErrorData } from '../protocol/sidecar';
import { readMergeSourcesRequest, runMergeRequest } from '../protocol/sidecarMerge';
import type { EngineFunctions } from './engineFunctions';

export interface MergeHandlersParams {
  readonly connection: MessageConnection;
  readonly engine: EngineFunctions;
  readonly job: (requestToken: string, token: CancellationToken) => JobContext;
  /** Turns what is thrown into a wire error. */
  readonly answer: <Result>(work: () => Promise<Result>) => Promise<Result | ResponseError<WireErrorData>>;
}

/** Binds the requests that concern merging as a whole. */
export function registerMergeHandlers({ connection, engine, job, answer }: MergeHandlersParams): void {
  connection.onRequest(readMergeSourcesRequest, ({ requestToken, ...params }, token) =>
    answer(async () => ({ sources: await engine.readMergeSources(params, job(requestToken, token)) })),
  );
  connection.onRequest(runMergeRequest, ({ requestToken, ...params }, token) =>
    answer(() => engine.runRecipe(params, job(requestToken, token))),
  );
}
