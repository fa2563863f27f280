import { AlidadeError } from '../../core/alidadeError';
import { readId, readScorableRow } from '../../core/promptFile/readScorableRow';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import { outputRowOf } from '../../core/reward/outputRow';
import type { ScoredRow } from '../../core/reward/rewardBreakdown';
import type { Route } from '../http/route';
import { RequestFields } from '../openai/requestFields';
import { readRewardOptions, requireRewards } from './rewardParts';
import type { RewardRouteParts } from './rewardParts';

/** POST /v1/rewards: rows as `alidade score` reads them, scored rows as it prints them. A bad row has its error. */
export function rewardsRoute(parts: RewardRouteParts): Route {
  const { service, batcher } = parts;
  return {
    method: 'POST',
    path: '/v1/rewards',
    run: async ({ body, client, signal }) => {
      requireRewards(service.model);
      const fields = new RequestFields(body);
      const values = fields.list('rows');
      if (values === undefined) throw fields.refusal('rows', 'is missing: it has to be a list of rows');
      const read = values.map((value, index) => readRow(value, String(index + 1)));
      const rows = read.filter((row): row is ScorableRow => 'kind' in row);
      const request = { client, rows, options: readRewardOptions(fields, parts), signal };
      const scored = (await batcher.score(request))[Symbol.iterator]();
      return { rows: read.map((row) => ('kind' in row ? outputRowOf(scored.next().value as ScoredRow) : row)) };
    },
  };
}

function readRow(value: unknown, fallbackId: string): ScorableRow | ScoredRow {
  try {
    return readScorableRow(value, fallbackId);
  } catch (error) {
    if (!(error instanceof AlidadeError)) throw error;
    return { id: readId(value, fallbackId), error: { code: error.code, message: error.message } };
  }
}
