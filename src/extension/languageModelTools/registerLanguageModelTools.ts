import { Disposable, l10n, lm } from 'vscode';
import type { ScorableInput, ScorableRow } from '../../core/promptFile/scorableRow';
import type { RowScores } from '../reward/rowScores';
import { RewardTool } from './rewardTool';
import { readToolInput } from './toolInput';

/** Their names in the manifest. */
export const languageModelTools = {
  score: 'alidade_score_response',
  compare: 'alidade_compare_responses',
} as const;

/** Lets chat and agents score responses with the reward model of the settings. */
export function registerLanguageModelTools(scores: Pick<RowScores, 'score'>): Disposable {
  const score = new RewardTool({
    scores,
    title: () => l10n.t('Score a response'),
    readRow: (input) => rowOf(readToolInput(input, 'response')),
  });
  const compare = new RewardTool({
    scores,
    title: () => l10n.t('Compare responses'),
    readRow: (input) => rowOf(readToolInput(input, 'responses')),
  });
  return Disposable.from(
    lm.registerTool(languageModelTools.score, score),
    lm.registerTool(languageModelTools.compare, compare),
  );
}

/** Two responses are a pair, which judges can score too. */
function rowOf(inputs: readonly ScorableInput[]): ScorableRow {
  const [first, second] = inputs;
  if (first !== undefined && second === undefined) return { kind: 'single', id: 'tool', input: first };
  if (first !== undefined && second !== undefined && inputs.length === 2) {
    return { kind: 'pair', id: 'tool', chosen: first, rejected: second };
  }
  return { kind: 'list', id: 'tool', responses: inputs };
}
