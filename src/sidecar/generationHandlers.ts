import type { CancellationToken, MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { AlidadeError } from '../core/alidadeError';
import type { JobContext, Logger } from '../core/jobContext';
import type { PromptProfile } from '../core/reward/promptProfile';
import type { RewardModelDescription } from '../core/reward/rewardModelDescription';
import type {
  GenerateParams,
  GenerateResult,
  ModelSelection,
  ProfilePromptParams,
  WireErrorData,
} from '../protocol/sidecar';
import { answerNotification, generateRequest, profilePromptRequest } from '../protocol/sidecar';
import type { EngineFunctions, OpenModelParams, RowOptions } from './engineFunctions';
import type { InteractiveWork } from './interactiveWork';
import { ModelCache } from './modelCache';
import { ResultCache } from './resultCache';

export interface GenerationHandlersParams {
  readonly connection: MessageConnection;
  readonly engine: Pick<EngineFunctions, 'openLanguageModel'>;
  /** Of reward models. */
  readonly models: ModelCache;
  /** What generation makes way for. */
  readonly work: InteractiveWork;
  readonly logger: Logger;
  readonly job: (requestToken: string, token: CancellationToken) => JobContext;
  /** Turns what is thrown into a wire error. */
  readonly answer: <Result>(work: () => Promise<Result>) => Promise<Result | ResponseError<WireErrorData>>;
  readonly openParams: (model: ModelSelection) => OpenModelParams;
  readonly rowOptions: (params: ProfilePromptParams, description: RewardModelDescription) => RowOptions;
}

export interface GenerationHandlers {
  /** As the request, for others that need answers. */
  readonly generate: (request: GenerateParams, context: JobContext) => Promise<GenerateResult>;
  releaseAll(): Promise<void>;
}

/** Answers are made of one model for a while, and a second one would only take the memory of the reward model. */
const maxLanguageModels = 1;
/** Answers of one request; more are a mistake. */
const mostAnswers = 256;
const profileLimits = { maxEntries: 200, maxCharacters: 4_000_000 };

/** Binds the requests that concern prompts: answers to them, and what a reward model will weigh in these. */
export function registerGenerationHandlers(params: GenerationHandlersParams): GenerationHandlers {
  const { connection, engine, models, work, logger, job, answer, openParams, rowOptions } = params;
  const languageModels = new ModelCache({ open: engine.openLanguageModel, maxModels: maxLanguageModels, logger });
  const profiles = new ResultCache<PromptProfile>(profileLimits);

  const generate = (request: GenerateParams, context: JobContext): Promise<GenerateResult> =>
    languageModels.withModel(request.model, context, async ({ model, queue }) => {
      const { requestToken, messages, count, temperature, maxNewTokens, seed } = request;
      const answers = await queue.enqueue(
        () =>
          model.answer(
            {
              messages,
              count,
              temperature,
              maxNewTokens,
              seed,
              onAnswer: (made, index) => {
                void connection.sendNotification(answerNotification, { requestToken, index, answer: made });
              },
              // A turn of the event loop reads what was asked for while the last token was computed.
              beforeToken: async () => {
                await new Promise<void>((resolve) => setImmediate(resolve));
                await work.idle(context.signal);
              },
            },
            context,
          ),
        { priority: 'background', signal: context.signal },
      );
      return { answers, model: model.description };
    });

  const profile = (request: ProfilePromptParams, context: JobContext): Promise<PromptProfile> =>
    models.withModel(openParams(request.model), context, ({ model, queue }) => {
      const { description } = model;
      const { weights: _weights, ...options } = rowOptions(request, description);
      const { path, hash, device, dtype } = description;
      const key = JSON.stringify([path, hash, device, dtype, options, request.messages]);
      const known = profiles.get(key);
      if (known !== undefined) return Promise.resolve(known);
      return queue.enqueue(
        async () => {
          if (model.profilePrompt === undefined) throw hasNoProfile(description);
          const made = await model.profilePrompt(request.messages, options, context);
          profiles.set(key, made, key.length + made.text.length);
          return made;
        },
        { priority: request.priority, signal: context.signal },
      );
    });

  connection.onRequest(generateRequest, (request, token) =>
    answer(async () => {
      checkCount(request.count);
      return generate(request, job(request.requestToken, token));
    }),
  );
  connection.onRequest(profilePromptRequest, (request, token) =>
    answer(() => profile(request, job(request.requestToken, token))),
  );
  return { generate, releaseAll: () => languageModels.releaseAll() };
}

function hasNoProfile({ name }: RewardModelDescription): AlidadeError {
  return new AlidadeError({
    code: 'unsupported',
    message: `${name} compares two replies and weighs nothing in a prompt`,
    hint: 'choose a reward model to see what it weighs',
  });
}

/** @throws AlidadeError `usage` */
function checkCount(count: number): void {
  if (Number.isInteger(count) && 0 < count && count <= mostAnswers) return;
  throw new AlidadeError({ code: 'usage', message: `${count} answers`, hint: `ask for 1 to ${mostAnswers}` });
}
