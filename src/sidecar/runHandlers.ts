import type { CancellationToken, MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { AlidadeError } from '../core/alidadeError';
import type { JobContext } from '../core/jobContext';
import type { RewardModelDescription } from '../core/reward/rewardModelDescription';
import type { ModelSelection, ScoreFileParams, ScoreFileResult, WireErrorData } from '../protocol/sidecar';
import {
  datasetOverviewRequest,
  datasetPageRequest,
  datasetRowRequest,
  exportScoresRequest,
  runModelNotification,
  scoreFileRequest,
} from '../protocol/sidecar';
import { DatasetCache } from './datasetCache';
import type { EngineFunctions, OpenModelParams, RowOptions } from './engineFunctions';
import { interruptibleModel } from './interruptibleModel';
import type { ModelCache } from './modelCache';

export interface RunHandlersParams {
  readonly connection: MessageConnection;
  readonly engine: EngineFunctions;
  readonly models: ModelCache;
  readonly job: (requestToken: string, token: CancellationToken) => JobContext;
  /** Turns what is thrown into a wire error. */
  readonly answer: <Result>(work: () => Promise<Result>) => Promise<Result | ResponseError<WireErrorData>>;
  readonly openParams: (model: ModelSelection) => OpenModelParams;
  readonly rowOptions: (params: ScoreFileParams, description: RewardModelDescription) => RowOptions;
}

const maxDatasets = 2;

/** Binds the requests that concern whole files. */
export function registerRunHandlers(params: RunHandlersParams): void {
  const { connection, engine, models, job, answer, openParams, rowOptions } = params;
  const datasets = new DatasetCache(engine, maxDatasets);

  // A cancelled run may still be finishing a batch when it is asked for again.
  const lastRuns = new Map<string, Promise<unknown>>();

  const scoreFile = (request: ScoreFileParams, context: JobContext): Promise<ScoreFileResult> =>
    models.withModel(openParams(request.model), context, async (cached) => {
      const { description } = cached.model;
      const { requestToken, inputs, outputPath, summaryPath, resume } = request;
      void connection.sendNotification(runModelNotification, { requestToken, model: description });
      const summary = await engine.scoreDataset(
        {
          model: interruptibleModel(cached),
          inputs,
          output: { path: outputPath, format: 'jsonl' },
          resume,
          options: rowOptions(request, description),
          summaryPath,
        },
        context,
      );
      return { summary, model: description };
    });

  connection.onRequest(scoreFileRequest, (request, token) =>
    answer(async () => {
      const { outputPath } = request;
      const context = job(request.requestToken, token);
      const before = lastRuns.get(outputPath) ?? Promise.resolve();
      const run = before.catch(() => undefined).then(() => scoreFile(request, context));
      lastRuns.set(outputPath, run);
      try {
        return await run;
      } finally {
        if (lastRuns.get(outputPath) === run) lastRuns.delete(outputPath);
      }
    }),
  );
  connection.onRequest(datasetOverviewRequest, ({ dataset, requestToken }, token) =>
    answer(async () => {
      const scored = datasets.get(dataset);
      await scored.refresh(job(requestToken, token));
      return { overview: scored.overview(), sourceProblem: scored.sourceProblem };
    }),
  );
  connection.onRequest(datasetPageRequest, ({ dataset, query, offset, count, requestToken }, token) =>
    answer(async () => {
      const scored = datasets.get(dataset);
      // After a restart of this process, or of another page's turn in the cache.
      if (scored.rows === 0) await scored.refresh(job(requestToken, token));
      return scored.page(query, { offset, count });
    }),
  );
  connection.onRequest(datasetRowRequest, ({ dataset, row, requestToken }, token) =>
    answer(async () => {
      const found = await datasets.get(dataset).sourceRow(row, job(requestToken, token));
      if (found.row === null) {
        throw new AlidadeError({ code: 'row', message: found.error?.message ?? `row ${found.id} cannot be read` });
      }
      return { row: found.row, line: found.line };
    }),
  );
  connection.onRequest(exportScoresRequest, ({ dataset, targetPath, format, requestToken }, token) =>
    answer(async () => {
      const output = { path: targetPath, format };
      await engine.exportScores({ from: dataset.outputPath, output }, job(requestToken, token));
      return null;
    }),
  );
}
