import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { RewardBreakdown } from '../../core/reward/rewardBreakdown';
import { HttpError } from '../http/httpError';
import type { Route } from '../http/route';
import { RequestFields, nameOf } from '../openai/requestFields';
import { readRewardOptions, requireRewards } from './rewardParts';
import type { RewardRouteParts } from './rewardParts';

/**
 * POST /get_reward as OpenRLHF's trainer calls it (`--reward.remote_url`; openrlhf/utils/remote_rm_utils.py): `query` holds
 * prompt and response as the policy saw them, special tokens included, so nothing is added, not even BOS. `prompts` and
 * `labels` are not needed. `rewards` are the scores, `scores` the same between 0 and 1, `extra_logs` each objective's own
 * reward, for the trainer's curves.
 */
export function getRewardRoute(parts: RewardRouteParts): Route {
  const { service, batcher } = parts;
  return {
    method: 'POST',
    path: '/get_reward',
    run: async ({ body, client, signal }) => {
      requireRewards(service.model);
      const fields = new RequestFields(body);
      const rows = readQuery(fields).map((text, index): ScorableRow => {
        return { kind: 'single', id: String(index + 1), input: { kind: 'text', text } };
      });
      const request = { client, rows, options: readRewardOptions(fields, parts), signal };
      const breakdowns = (await batcher.score(request)).map((scored, index): RewardBreakdown => {
        if ('objectives' in scored) return scored;
        // A number has to be there for every text: one that cannot be scored has none.
        const { code, message } = 'error' in scored ? scored.error : { code: 'row', message: 'it is no single text' };
        throw new HttpError({ status: 400, code, message: `\`query\` ${index + 1}: ${message}`, param: 'query' });
      });
      const rewards = breakdowns.map(({ score }) => score);
      const names = service.model.rewards?.objectives.map(({ name }) => name) ?? [];
      return {
        rewards,
        scores: rewards.map(sigmoid),
        extra_logs: Object.fromEntries(
          names.map((name, index) => [name, breakdowns.map(({ objectives }) => objectives[index].reward)]),
        ),
      };
    },
  };
}

function readQuery(fields: RequestFields): readonly string[] {
  const value = fields.get('query');
  if (value === undefined) throw fields.refusal('query', 'is missing: it has to be a list of texts');
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((text, index) => {
    if (typeof text !== 'string') throw fields.refusal('query', `${index + 1} is ${nameOf(text)}, not a text`);
    if (text === '') throw fields.refusal('query', `${index + 1} is empty`);
    return text;
  });
}

/** Monotone, from the whole line onto 0..1; 0.5 for a score of 0. */
function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score));
}
