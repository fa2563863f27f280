import { isAbsolute } from 'node:path';
import type { CancellationToken, MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import type { JobContext } from '../core/jobContext';
import { parseRewardTests } from '../core/rewardTest/parseRewardTests';
import type { TestModelReference, TestModels } from '../engine/rewardTest/runRewardTests';
import type {
  GenerateParams,
  GenerateResult,
  ModelSelection,
  RewardTestParams,
  RewardTestsParams,
  WireErrorData,
} from '../protocol/sidecar';
import { rewardTestNotification, runRewardTestsRequest } from '../protocol/sidecar';
import type { EngineFunctions, OpenModelParams } from './engineFunctions';
import { interruptibleModel } from './interruptibleModel';
import type { ModelCache } from './modelCache';

export interface RewardTestHandlersParams {
  readonly connection: MessageConnection;
  readonly engine: Pick<EngineFunctions, 'runRewardTests'>;
  /** Of reward models. */
  readonly models: ModelCache;
  readonly generate: (request: GenerateParams, context: JobContext) => Promise<GenerateResult>;
  readonly job: (requestToken: string, token: CancellationToken) => JobContext;
  /** Turns what is thrown into a wire error. */
  readonly answer: <Result>(work: () => Promise<Result>) => Promise<Result | ResponseError<WireErrorData>>;
  readonly openParams: (model: ModelSelection) => OpenModelParams;
}

/** Binds the request that runs reward tests. */
export function registerRewardTestHandlers(params: RewardTestHandlersParams): void {
  const { connection, engine, job, answer } = params;
  connection.onRequest(runRewardTestsRequest, (request, token) =>
    answer(async () => {
      const { requestToken, text, path, ids, model } = request;
      const tell = (step: RewardTestParams): void => void connection.sendNotification(rewardTestNotification, step);
      await engine.runRewardTests(
        {
          file: parseRewardTests(text),
          path,
          ids: ids === null ? null : new Set(ids),
          model: null,
          fallbackModel: { reference: model.reference, cwd: model.cwd, dtype: model.dtype },
          models: testModels(request, params),
          onStart: ({ id }) => tell({ requestToken, started: id }),
          onResult: (result) => tell({ requestToken, result }),
        },
        job(requestToken, token),
      );
      return null;
    }),
  );
}

/** The models that this process keeps open; rows that somebody looks at meanwhile go first. */
function testModels(
  { requestToken, model: selection }: RewardTestsParams,
  { models, generate, openParams }: RewardTestHandlersParams,
): TestModels {
  const selectionOf = (model: TestModelReference): ModelSelection => selectModel(model, selection);
  return {
    useScorer: (model, context, use) =>
      models.withModel(openParams(selectionOf(model)), context, (cached) =>
        use(interruptibleModel(cached, 'background')),
      ),
    answer: async (model, params, context) => {
      const { answers } = await generate({ ...params, requestToken, model: selectionOf(model) }, context);
      return answers.map(({ text }) => text);
    },
  };
}

/** The model of a test on the device of the settings; spelled as there where it is the same, so that it opens once. */
function selectModel({ reference, cwd, dtype }: TestModelReference, settings: ModelSelection): ModelSelection {
  const isSame = reference === settings.reference && (reference === 'starter' || isAbsolute(reference));
  const { headPath: _headPath, judge: _judge, weights: _weights, cwd: _cwd, ...others } = settings;
  const folder = isSame ? settings.cwd : cwd;
  return {
    ...(isSame ? settings : others),
    reference,
    dtype: dtype ?? settings.dtype,
    ...(folder === undefined ? {} : { cwd: folder }),
  };
}
