import { isRecord } from '../promptFile/rowProblem';
import { JUDGE_OBJECTIVES } from '../reward/judgedPair';
import type { RewardBreakdown, ScoredRow } from '../reward/rewardBreakdown';

/**
 * One line of the output of a run. A judge's verdict becomes a pair again: its scores are the probabilities of winning,
 * and the tokens of its texts are not known any more.
 * @returns null for what is no such line.
 */
export function parseScoreLine(text: string): ScoredRow | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || typeof value['id'] !== 'string') return null;
  if (typeof value['pChosen'] === 'number') return readJudged(value['id'], value);
  return isScoredRow(value) ? (value as unknown as ScoredRow) : null;
}

function isScoredRow(value: Readonly<Record<string, unknown>>): boolean {
  if ('error' in value) return isRecord(value['error']);
  if ('margin' in value) {
    return typeof value['margin'] === 'number' && isBreakdown(value['chosen']) && isBreakdown(value['rejected']);
  }
  if ('responses' in value) {
    return Array.isArray(value['responses']) && value['responses'].every(isBreakdown) && 'best' in value;
  }
  return isBreakdown(value);
}

function isBreakdown(value: unknown): boolean {
  return isRecord(value) && typeof value['score'] === 'number' && Array.isArray(value['objectives']);
}

function readJudged(id: string, value: Readonly<Record<string, unknown>>): ScoredRow | null {
  const { pChosen, pChosenFirst, pChosenSecond } = value;
  if (typeof pChosen !== 'number' || typeof pChosenFirst !== 'number' || typeof pChosenSecond !== 'number') return null;
  // The chosen reply is shown first once, and the rejected one second then.
  const chosen = breakdownOf(pChosen, [pChosenFirst, pChosenSecond]);
  const rejected = breakdownOf(1 - pChosen, [1 - pChosenSecond, 1 - pChosenFirst]);
  const judged = { pChosen, pChosenFirst, pChosenSecond };
  return { id, chosen, rejected, margin: chosen.score - rejected.score, judged };
}

function breakdownOf(score: number, probabilities: readonly number[]): RewardBreakdown {
  const coefficient = 1 / JUDGE_OBJECTIVES.length;
  const objectives = JUDGE_OBJECTIVES.map(({ name }, index) => {
    const reward = probabilities[index] ?? NaN;
    return { name, reward, coefficient, contribution: coefficient * reward };
  });
  return { score, tokens: 0, truncated: false, objectives };
}
