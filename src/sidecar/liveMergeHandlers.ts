import type { CancellationToken, MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import type { JobContext } from '../core/jobContext';
import type { MergeMeasurement } from '../core/merging/mergeMeasurement';
import type { ModelSelection, WireErrorData } from '../protocol/sidecar';
import { answerNotification } from '../protocol/sidecar';
import type { MeasureMergeParams } from '../protocol/sidecarMerge';
import {
  closeMergeRequest,
  distilMergeRequest,
  generateMergedRequest,
  measureMergeRequest,
} from '../protocol/sidecarMerge';
import type { EngineFunctions, OpenModelParams, OpenRewardModel } from './engineFunctions';
import type { ModelCache } from './modelCache';

export interface LiveMergeHandlersParams {
  readonly connection: MessageConnection;
  readonly engine: Pick<EngineFunctions, 'createMergeScorer' | 'distilRecipe'>;
  /** Of reward models: they score what a merged policy answers. */
  readonly models: ModelCache;
  readonly job: (requestToken: string, token: CancellationToken) => JobContext;
  /** Turns what is thrown into a wire error. */
  readonly answer: <Result>(work: () => Promise<Result>) => Promise<Result | ResponseError<WireErrorData>>;
  readonly openParams: (model: ModelSelection) => OpenModelParams;
}

export interface LiveMergeHandlers {
  /** Frees the merge that is in memory. */
  close(): Promise<void>;
}

/** Binds the requests that concern merges in memory: one of them at a time. */
export function registerLiveMergeHandlers(params: LiveMergeHandlersParams): LiveMergeHandlers {
  const { connection, engine, models, job, answer, openParams } = params;
  let opened: ReturnType<EngineFunctions['createMergeScorer']> | null = null;
  const merges = (): ReturnType<EngineFunctions['createMergeScorer']> => (opened ??= engine.createMergeScorer());
  const close = async (): Promise<void> => opened?.close();

  const measure = (
    { requestToken, merge, inputs, limits, answers, weights, maxTokens, truncate }: MeasureMergeParams,
    scorer: OpenRewardModel | null,
    context: JobContext,
  ): Promise<MergeMeasurement> =>
    merges().measure(
      {
        merge,
        inputs,
        limits,
        options: { maxTokens, truncate, ...(weights === undefined ? {} : { weights }) },
        ...(scorer === null || answers === undefined
          ? {}
          : {
              answers: {
                ...answers,
                scorer,
                onAnswer: (made, index) => {
                  void connection.sendNotification(answerNotification, { requestToken, index, answer: made });
                },
              },
            }),
      },
      context,
    );

  connection.onRequest(measureMergeRequest, (request, token) =>
    answer(async () => {
      const context = job(request.requestToken, token);
      const { answers, inputs } = request;
      if (answers === undefined || inputs.prompts === null)
        return { measurement: await measure(request, null, context) };
      return models.withModel(openParams(answers.scorer), context, async ({ model }) => ({
        measurement: await measure(request, model, context),
      }));
    }),
  );
  connection.onRequest(generateMergedRequest, ({ requestToken, ...request }, token) =>
    answer(async () => {
      const onAnswer = (made: { text: string; finishReason: 'stop' | 'length' }, index: number): void => {
        void connection.sendNotification(answerNotification, { requestToken, index, answer: made });
      };
      return { answers: await merges().generate({ ...request, onAnswer }, job(requestToken, token)) };
    }),
  );
  connection.onRequest(distilMergeRequest, ({ requestToken, scorer, limits = {}, ...request }, token) =>
    answer(async () => {
      const context = job(requestToken, token);
      return models.withModel(openParams(scorer), context, async ({ model }) => {
        const { ratios } = await engine.distilRecipe(merges(), { ...request, limits, scorer: model }, context);
        return { ratios };
      });
    }),
  );
  connection.onRequest(closeMergeRequest, () =>
    answer(async () => {
      await close();
      return null;
    }),
  );
  return { close };
}
