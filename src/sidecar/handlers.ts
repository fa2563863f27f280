import type { CancellationToken, MessageConnection } from 'vscode-jsonrpc/node';
import { ResponseError } from 'vscode-jsonrpc/node';
import { AlidadeError } from '../core/alidadeError';
import type { JobContext, Logger, Progress } from '../core/jobContext';
import { applicableWeights } from '../core/reward/applicableWeights';
import type { ExplainedRow } from '../core/reward/explainedRow';
import type { RewardModelDescription } from '../core/reward/rewardModelDescription';
import { scoredRowOf } from '../core/reward/scoredRowOf';
import type { ModelSelection, RowParams, ScoreFileParams, WireErrorData } from '../protocol/sidecar';
import {
  cancelledWireCode,
  describeModelRequest,
  doctorRequest,
  downloadModelRequest,
  explainRowRequest,
  failedWireCode,
  fetchStarterRequest,
  initializeRequest,
  listCheckpointsRequest,
  logNotification,
  progressNotification,
  scoreRowRequest,
  shutdownRequest,
  sidecarProtocolVersion,
} from '../protocol/sidecar';
import { registerBatchHandlers } from './batchHandlers';
import { registerCheckpointHandlers } from './checkpointHandlers';
import type { EngineFunctions, OpenModelParams, RowOptions } from './engineFunctions';
import { registerGenerationHandlers } from './generationHandlers';
import { registerGrowthHandlers } from './growthHandlers';
import { InteractiveWork } from './interactiveWork';
import { registerLiveMergeHandlers } from './liveMergeHandlers';
import { registerMergeHandlers } from './mergeHandlers';
import { ModelCache } from './modelCache';
import { ResultCache } from './resultCache';
import { registerRewardTestHandlers } from './rewardTestHandlers';
import { registerRunHandlers } from './runHandlers';
import { registerTrainingHandlers } from './trainingHandlers';

export interface HandlersParams {
  readonly connection: MessageConnection;
  readonly engine: EngineFunctions;
  readonly packageVersion: string;
  /** Called once the answer to `shutdown` is on its way. */
  readonly onShutdown: () => void;
}

/** Two: the model in use and the one before it, so that comparing two models does not reopen them at every row. */
const maxOpenModels = 2;
const resultLimits = { maxEntries: 2000, maxCharacters: 32_000_000 };

/** Shortest time between two progress notifications of one request, milliseconds. */
const progressInterval = 50;

/** Binds every request of the protocol to its engine function. The only place that turns errors into wire errors. */
export function registerHandlers({ connection, engine, packageVersion, onShutdown }: HandlersParams): void {
  const logger = wireLogger(connection);
  const work = new InteractiveWork();
  const models = new ModelCache({ open: engine.openRewardModel, maxModels: maxOpenModels, logger, work });
  const results = new ResultCache<ExplainedRow>(resultLimits);

  const job = (requestToken: string, token: CancellationToken): JobContext => ({
    signal: signalOf(token),
    progress: throttled((progress) => {
      void connection.sendNotification(progressNotification, { requestToken, ...progress });
    }),
    logger,
  });

  const explain = async (params: RowParams, token: CancellationToken): Promise<ExplainedRow> => {
    const context = job(params.requestToken, token);
    return models.withModel(openParams(params.model), context, ({ model, queue }) => {
      const key = resultKey(params, model.description);
      const cached = results.get(key);
      if (cached !== undefined) return Promise.resolve({ ...cached, id: params.row.id });
      return queue.enqueue(
        async () => {
          // An equal request may have been answered while this one waited.
          const answered = results.get(key);
          if (answered !== undefined) return { ...answered, id: params.row.id };
          const explained = await model.explainRow(params.row, rowOptions(params, model.description), context);
          results.set(key, explained, key.length + charactersOf(explained));
          return explained;
        },
        { priority: params.priority, signal: context.signal },
      );
    });
  };

  connection.onRequest(initializeRequest, (params) => {
    if (params.protocolVersion !== sidecarProtocolVersion || params.packageVersion !== packageVersion) {
      return wireError(
        new AlidadeError({
          code: 'internal',
          message:
            `the extension is version ${params.packageVersion} (protocol ${params.protocolVersion}), ` +
            `its scoring process is version ${packageVersion} (protocol ${sidecarProtocolVersion})`,
          hint: 'reload the window, or install the extension again',
        }),
        logger,
      );
    }
    return {
      packageVersion,
      protocolVersion: sidecarProtocolVersion,
      pid: process.pid,
      runtime: process.version,
    };
  });
  connection.onRequest(describeModelRequest, (params, token) =>
    answer(logger, () =>
      models.withModel(openParams(params.model), job(params.requestToken, token), ({ model }) =>
        Promise.resolve(model.description),
      ),
    ),
  );
  connection.onRequest(scoreRowRequest, (params, token) =>
    answer(logger, async () => {
      const explained = await explain(params, token);
      return { row: scoredRowOf(explained), model: explained.model };
    }),
  );
  connection.onRequest(explainRowRequest, (params, token) => answer(logger, () => explain(params, token)));
  connection.onRequest(listCheckpointsRequest, (params, token) =>
    answer(logger, () => engine.listCheckpoints(params.folders, job(params.requestToken, token))),
  );
  connection.onRequest(fetchStarterRequest, (params, token) =>
    answer(logger, () => engine.fetchStarter(job(params.requestToken, token))),
  );
  connection.onRequest(downloadModelRequest, ({ requestToken, ...params }, token) =>
    answer(logger, () => engine.downloadModel(params, job(requestToken, token))),
  );
  connection.onRequest(doctorRequest, (params, token) =>
    answer(logger, () => engine.doctor(job(params.requestToken, token))),
  );
  registerBatchHandlers({
    connection,
    models,
    job,
    answer: (work) => answer(logger, work),
    openParams,
    rowOptions,
  });
  registerGrowthHandlers({
    connection,
    models,
    job,
    answer: (work) => answer(logger, work),
    openParams,
    rowOptions,
    resultKey,
  });
  registerRunHandlers({
    connection,
    engine,
    models,
    job,
    answer: (work) => answer(logger, work),
    openParams,
    rowOptions,
  });
  const generation = registerGenerationHandlers({
    connection,
    engine,
    models,
    work,
    logger,
    job,
    answer: (task) => answer(logger, task),
    openParams,
    rowOptions,
  });
  registerRewardTestHandlers({
    connection,
    engine,
    models,
    generate: generation.generate,
    job,
    answer: (task) => answer(logger, task),
    openParams,
  });
  registerCheckpointHandlers({ connection, engine, job, answer: (task) => answer(logger, task) });
  const liveMerges = registerLiveMergeHandlers({
    connection,
    engine,
    models,
    job,
    answer: (task) => answer(logger, task),
    openParams,
  });
  registerMergeHandlers({ connection, engine, job, answer: (task) => answer(logger, task) });
  registerTrainingHandlers({ connection, engine, job, answer: (task) => answer(logger, task) });
  connection.onRequest(shutdownRequest, () =>
    answer(logger, async () => {
      await models.releaseAll();
      await generation.releaseAll();
      await liveMerges.close();
      setImmediate(onShutdown);
      return null;
    }),
  );
}

function answer<Result>(logger: Logger, work: () => Promise<Result>): Promise<Result | ResponseError<WireErrorData>> {
  return work().catch((error: unknown) => wireError(error, logger));
}

function wireError(error: unknown, logger: Logger): ResponseError<WireErrorData> {
  if (error instanceof AlidadeError) {
    const wireCode = error.code === 'cancelled' ? cancelledWireCode : failedWireCode;
    if (error.code !== 'cancelled') logger.debug(`${error.code}: ${error.stack ?? error.message}`);
    const data = { code: error.code, message: error.message, hint: error.hint ?? null };
    return new ResponseError(wireCode, error.message, data);
  }
  logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const message = error instanceof Error ? error.message : String(error);
  const hint = 'this is a fault in Alidade: the log has the details';
  return new ResponseError(failedWireCode, message, { code: 'internal', message, hint });
}

function openParams({ weights: _weights, ...params }: ModelSelection): OpenModelParams {
  return params;
}

function rowOptions(
  { model, maxTokens, truncate }: Pick<RowParams | ScoreFileParams, 'model' | 'maxTokens' | 'truncate'>,
  description: RewardModelDescription,
): RowOptions {
  const weights = applicableWeights(model.weights ?? {}, description);
  return {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(truncate === undefined ? {} : { truncate }),
    ...(Object.keys(weights).length === 0 ? {} : { weights }),
  };
}

/** Everything that the numbers depend on; not the row's id. */
function resultKey(params: RowParams, description: RewardModelDescription): string {
  const { path, hash, device, dtype } = description;
  const { id: _id, ...content } = params.row;
  return JSON.stringify([path, hash, device, dtype, rowOptions(params, description), content]);
}

function charactersOf(explained: ExplainedRow): number {
  return explained.responses.reduce((sum, { text, objectives }) => sum + text.length + 100 * objectives.length, 0);
}

function signalOf(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  else token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}

function throttled(send: (progress: Progress) => void): (progress: Progress) => void {
  let last = 0;
  let lastMessage = '';
  return (progress) => {
    const now = Date.now();
    const finished = progress.total !== undefined && progress.done === progress.total;
    if (!finished && progress.message === lastMessage && now - last < progressInterval) return;
    last = now;
    lastMessage = progress.message;
    send(progress);
  };
}

function wireLogger(connection: MessageConnection): Logger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string) => {
    void connection.sendNotification(logNotification, { level, message });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
