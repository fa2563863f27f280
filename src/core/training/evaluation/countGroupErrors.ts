import type { GroupErrors } from './headEvaluation';
import type { ScoredText } from './scoredText';

/** What is wrong at a threshold, by group in the order of their names. */
export function countGroupErrors(
  texts: readonly Pick<ScoredText, 'score' | 'target' | 'memberships'>[],
  threshold: number,
): GroupErrors[] {
  const counts = new Map<string, { negatives: number; positives: number; called: number; missed: number }>();
  for (const { score, target, memberships } of texts) {
    const isCalled = threshold <= score;
    for (const group of new Set(memberships)) {
      const count = counts.get(group) ?? { negatives: 0, positives: 0, called: 0, missed: 0 };
      counts.set(group, count);
      if (target === 1) {
        count.positives += 1;
        if (!isCalled) count.missed += 1;
      } else {
        count.negatives += 1;
        if (isCalled) count.called += 1;
      }
    }
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, { negatives, positives, called, missed }]) => ({
      group,
      negatives,
      positives,
      falsePositiveRate: negatives === 0 ? null : called / negatives,
      falseNegativeRate: positives === 0 ? null : missed / positives,
    }));
}
