import { checkWeights } from '../../core/reward/checkWeights';
import { HttpError } from '../http/httpError';
import type { ModelService, RewardOptions, ServedModel } from '../modelService';
import type { RequestFields } from '../openai/requestFields';
import type { RewardBatcher } from '../queue/rewardBatcher';

export interface RewardRouteParts {
  readonly service: ModelService;
  readonly batcher: RewardBatcher;
  /** In force where a request says nothing else. */
  readonly options: RewardOptions;
}

/** @throws HttpError 400 when the model has no reward head. */
export function requireRewards({ name, rewards }: ServedModel): void {
  if (rewards !== null) return;
  throw new HttpError({
    status: 400,
    code: 'unsupported',
    message: `${name} has no reward head: serve a reward model, or give a head file with --head`,
  });
}

/**
 * `max_tokens`, `truncate` and `weights` of a request, over those of the server.
 * @throws HttpError 400, AlidadeError `usage` for weights that do not fit the model.
 */
export function readRewardOptions(fields: RequestFields, { service, options }: RewardRouteParts): RewardOptions {
  const weights = readWeights(fields);
  if (service.model.rewards !== null) checkWeights(service.model.rewards, weights);
  return {
    maxTokens: fields.number('max_tokens', { least: 1, isInteger: true }) ?? options.maxTokens,
    truncate: fields.boolean('truncate') ?? options.truncate,
    weights: weights ?? options.weights,
  };
}

function readWeights(fields: RequestFields): Readonly<Record<string, number>> | undefined {
  const weights = fields.object('weights');
  if (weights === undefined) return undefined;
  return Object.fromEntries(
    weights.names().map((name): readonly [string, number] => {
      const value = weights.number(name, {});
      if (value === undefined) throw fields.refusal('weights', `has no number for ${name}`);
      return [name, value];
    }),
  );
}
