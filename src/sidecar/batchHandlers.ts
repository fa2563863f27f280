import type { CancellationToken, MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { AlidadeError } from '../core/alidadeError';
import type { JobContext } from '../core/jobContext';
import type { RewardModelDescription } from '../core/reward/rewardModelDescription';
import type { ModelSelection, RowsParams, ScoreRowsResult, WireErrorData } from '../protocol/sidecar';
import { mostRowsAtOnce, scoreRowsRequest } from '../protocol/sidecar';
import type { OpenModelParams, RowOptions } from './engineFunctions';
import { interruptibleModel } from './interruptibleModel';
import type { CachedModel, ModelCache } from './modelCache';

export interface BatchHandlersParams {
  readonly connection: MessageConnection;
  readonly models: ModelCache;
  readonly job: (requestToken: string, token: CancellationToken) => JobContext;
  /** Turns what is thrown into a wire error. */
  readonly answer: <Result>(work: () => Promise<Result>) => Promise<Result | ResponseError<WireErrorData>>;
  readonly openParams: (model: ModelSelection) => OpenModelParams;
  readonly rowOptions: (params: RowsParams, description: RewardModelDescription) => RowOptions;
}

/** Binds the requests that concern several rows at once. */
export function registerBatchHandlers({
  connection,
  models,
  job,
  answer,
  openParams,
  rowOptions,
}: BatchHandlersParams): void {
  const scoreRows = (request: RowsParams, context: JobContext): Promise<ScoreRowsResult> =>
    models.withModel(openParams(request.model), context, async (cached) => {
      const { description } = cached.model;
      const options = rowOptions(request, description);
      return { rows: await scoreBatch(cached, request, options, context), model: description };
    });

  connection.onRequest(scoreRowsRequest, (request, token) =>
    answer(async () => {
      checkCount(request.rows.length);
      return scoreRows(request, job(request.requestToken, token));
    }),
  );
}

async function scoreBatch(
  cached: CachedModel,
  { rows, priority }: RowsParams,
  options: RowOptions,
  context: JobContext,
): Promise<ScoreRowsResult['rows']> {
  // What is computed for nobody who looks at it now is given up for somebody who does.
  if (priority !== 'interactive') return interruptibleModel(cached, priority).scoreBatch(rows, options, context);
  return cached.queue.enqueue(() => cached.model.scoreBatch(rows, options, context), {
    priority,
    signal: context.signal,
  });
}

/** @throws AlidadeError `usage` */
function checkCount(count: number): void {
  if (count <= mostRowsAtOnce) return;
  throw new AlidadeError({
    code: 'usage',
    message: `${count} rows in one request, more than ${mostRowsAtOnce}`,
    hint: 'send them in several requests',
  });
}
