import type { CancellationToken, MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { AlidadeError } from '../core/alidadeError';
import type { JobContext } from '../core/jobContext';
import type { RewardModelDescription } from '../core/reward/rewardModelDescription';
import type { GrowRowParams, GrowRowResult, ModelSelection, RowParams, WireErrorData } from '../protocol/sidecar';
import { growRowRequest } from '../protocol/sidecar';
import type { OpenModelParams, RowOptions } from './engineFunctions';
import type { ModelCache } from './modelCache';
import { ResultCache } from './resultCache';

export interface GrowthHandlersParams {
  readonly connection: MessageConnection;
  readonly models: ModelCache;
  readonly job: (requestToken: string, token: CancellationToken) => JobContext;
  /** Turns what is thrown into a wire error. */
  readonly answer: <Result>(work: () => Promise<Result>) => Promise<Result | ResponseError<WireErrorData>>;
  readonly openParams: (model: ModelSelection) => OpenModelParams;
  readonly rowOptions: (params: RowParams, description: RewardModelDescription) => RowOptions;
  /** Everything that the numbers of a row depend on. */
  readonly resultKey: (params: RowParams, description: RewardModelDescription) => string;
}

const growthLimits = { maxEntries: 100, maxCharacters: 16_000_000 };

/** Binds the request for the score as the text grows. */
export function registerGrowthHandlers(params: GrowthHandlersParams): void {
  const { connection, models, job, answer, openParams, rowOptions, resultKey } = params;
  const results = new ResultCache<GrowRowResult>(growthLimits);

  const grow = (request: GrowRowParams, context: JobContext): Promise<GrowRowResult> =>
    models.withModel(openParams(request.model), context, async ({ model, queue }) => {
      const { row, responses, priority } = request;
      const { description } = model;
      if (model.growRow === undefined) throw hasNoGrowth(description);
      const key = JSON.stringify([responses, resultKey(request, description)]);
      const cached = results.get(key);
      if (cached !== undefined) return cached;
      const options = { ...rowOptions(request, description), responses };
      const growths = await queue.enqueue(async () => model.growRow?.(row, options, context) ?? [], {
        priority,
        signal: context.signal,
      });
      results.set(key, { growths }, key.length + charactersOf({ growths }));
      return { growths };
    });

  connection.onRequest(growRowRequest, (request, token) =>
    answer(() => grow(request, job(request.requestToken, token))),
  );
}

function hasNoGrowth({ name }: RewardModelDescription): AlidadeError {
  return new AlidadeError({
    code: 'usage',
    message: `${name} judges pairs: a response by itself has no score that could grow`,
    hint: 'choose a reward model that scores responses',
  });
}

function charactersOf({ growths }: GrowRowResult): number {
  return growths.reduce((sum, growth) => {
    if (growth === null) return sum;
    const { points, segments } = growth;
    return sum + 50 * points.length + segments.reduce((all, { contributions }) => all + 50 * contributions.length, 0);
  }, 0);
}
