import { isRecord } from '../promptFile/rowProblem';
import type { Scope } from './rewardTest';
import type { RewardTestResult } from './rewardTestResult';

export interface RecordedScore {
  readonly score: number;
  /** Hash of the model that gave it, where that was recorded. */
  readonly modelHash: string | null;
  readonly modelName: string | null;
}

/**
 * The score of a line of `alidade score` or `alidade test --record`: of a response, of a pair's chosen one, and of several
 * that which the scope asks for. null: there is none.
 */
export function readRecordedScore(line: unknown, scope: Scope): RecordedScore | null {
  if (!isRecord(line)) return null;
  const score = scoreOf(line, scope);
  if (score === null) return null;
  const model = isRecord(line['model']) ? line['model'] : {};
  return {
    score,
    modelHash: typeof model['hash'] === 'string' ? model['hash'] : null,
    modelName: typeof model['name'] === 'string' ? model['name'] : null,
  };
}

function scoreOf(line: Readonly<Record<string, unknown>>, scope: Scope): number | null {
  const own = numberOf(line);
  if (own !== null) return own;
  const { responses } = line;
  if (!Array.isArray(responses)) return numberOf(line['chosen']);
  const scores = responses.flatMap((response: unknown) => numberOf(response) ?? []);
  if (scores.length === 0) return null;
  if (scope === 'mean') return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return scores.reduce((best, score) => Math.max(best, score));
}

function numberOf(value: unknown): number | null {
  if (!isRecord(value)) return null;
  const { score } = value;
  return typeof score === 'number' && Number.isFinite(score) ? score : null;
}

/** The line that records a test's scores, to be a baseline later; null where nothing was scored. */
export function recordOf({ id, model, responses, rows, meanScore }: RewardTestResult): Record<string, unknown> | null {
  if (model === null || meanScore === null) return null;
  if (rows !== null) return { id, model, score: meanScore, rows };
  if (responses.length === 1) return { id, model, ...responses[0].breakdown };
  const named = responses.map(({ name, breakdown }) => ({ name, ...breakdown }));
  const best = named.reduce((found, { score }, index) => (named[found].score < score ? index : found), 0);
  return { id, model, responses: named, best };
}
