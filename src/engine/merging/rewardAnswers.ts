import type { JobContext } from '../../core/jobContext';
import { rewardOfRow } from '../../core/merging/rewardOfRow';
import type { RewardedSample } from '../../core/merging/search/searchJournal';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { RowScorer } from '../reward/rowScorer';
import type { MergePrompt } from './liveMerge';

/** One answer to each prompt, with its reward. */
export async function rewardAnswers(
  scorer: RowScorer,
  prompts: readonly MergePrompt[],
  answers: readonly { readonly text: string }[],
  context: JobContext,
): Promise<readonly RewardedSample[]> {
  // What it keeps from earlier answers would make a search that goes on differ in the last bits.
  scorer.forget?.();
  const rows = answers.map(({ text }, index) => answeredRow(prompts[index], text));
  const scored = await scorer.scoreBatch(rows, {}, context);
  return scored.map((row, prompt) => ({ prompt, text: answers[prompt].text, reward: rewardOfRow(row).reward }));
}

export function answeredRow({ id, messages }: MergePrompt, text: string): ScorableRow {
  return {
    kind: 'single',
    id,
    input: { kind: 'messages', messages: [...messages, { role: 'assistant', content: text }] },
  };
}
