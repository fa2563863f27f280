import type { ObjectiveContribution, RewardBreakdown, ScoredRow } from '../../core/reward/rewardBreakdown';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import type { ScoreRowResult } from '../../protocol/sidecar';

/**
 * What a language model is told about scores, from all there is to the least that answers: it takes the first that it has
 * room for. English, since it is not what people read.
 * @throws Error for a row that has no scores.
 */
export function toolTexts({ row, model }: ScoreRowResult): readonly string[] {
  const counts = [Infinity, 6, 3, 0];
  const full = counts.map((count) =>
    [describeModel(model), ...describeRow(row, count), describeLimits(model)].join('\n'),
  );
  return [...full, describeRow(row, 0).join('\n')];
}

function describeModel({ name, head, device, dtype }: RewardModelDescription): string {
  return `Scored by the reward model ${name} (${head}), on this machine (${device}, ${dtype}).`;
}

function describeLimits({ headKind, name }: RewardModelDescription): string {
  return [
    `Scores of ${name} compare responses to one prompt with each other; they mean nothing next to scores of another model.`,
    ...(headKind === 'meters'
      ? ['It is a small starter model whose meters each measure one narrow thing: it does not judge quality.']
      : []),
    ...(headKind === 'judge' ? ['It is a judge: what it gives are probabilities that a response is preferred.'] : []),
  ].join(' ');
}

function describeRow(row: ScoredRow, count: number): readonly string[] {
  if ('error' in row) throw new Error(row.error.message);
  if ('judged' in row && row.judged !== undefined) {
    const { pChosen, pChosenFirst, pChosenSecond } = row.judged;
    return [
      `Probability that response 1 is better than response 2: ${pChosen} (${pChosenFirst} when it is shown first, ${pChosenSecond} when it is shown second).`,
    ];
  }
  if ('margin' in row) {
    const { chosen, rejected, margin } = row;
    const better = margin === 0 ? 'Neither is better' : `Response ${0 < margin ? 1 : 2} is better`;
    return [
      `${better}. Margin (response 1 minus response 2): ${margin}`,
      ...describeBreakdown('Response 1', chosen, count),
      ...describeBreakdown('Response 2', rejected, count),
      ...describeDifferences(chosen, rejected, count),
    ];
  }
  if ('responses' in row) {
    const order = row.responses
      .map(({ score }, index) => ({ score, index }))
      .sort((a, b) => b.score - a.score)
      .map(({ score, index }) => `response ${index + 1} (${score})`);
    return [
      `Best first: ${order.join(', ')}.`,
      ...row.responses.flatMap((response, index) => describeBreakdown(`Response ${index + 1}`, response, count)),
    ];
  }
  return describeBreakdown('Response', row, count);
}

function describeBreakdown(
  name: string,
  { score, tokens, truncated, objectives }: RewardBreakdown,
  count: number,
): readonly string[] {
  const shown = byWeight(objectives, ({ contribution }) => contribution).slice(0, count);
  const cut = truncated ? '; only the end of it was read, since it is longer than the model takes' : '';
  const left = objectives.length - shown.length;
  return [
    `${name}: score ${score} (${tokens} tokens${cut})`,
    ...(shown.length === 0 ? [] : ['  the score is the sum of coefficient × reward of its objectives:']),
    ...shown.map(
      ({ name: objective, contribution, coefficient, reward, rating }) =>
        `  ${objective}: ${contribution} = ${coefficient} × ${reward}${rating === undefined ? '' : `, rated ${rating}`}`,
    ),
    ...(0 < left && 0 < shown.length ? [`  and ${left} objectives that contribute less`] : []),
  ];
}

function describeDifferences(first: RewardBreakdown, second: RewardBreakdown, count: number): readonly string[] {
  const differences = first.objectives.map(({ name, contribution }, index) => ({
    name,
    difference: contribution - (second.objectives[index]?.contribution ?? 0),
  }));
  const shown = byWeight(differences, ({ difference }) => difference).slice(0, count);
  if (shown.length === 0) return [];
  return ['What makes the margin:', ...shown.map(({ name, difference }) => `  ${name}: ${difference}`)];
}

function byWeight<Item extends Pick<ObjectiveContribution, 'name'>>(
  items: readonly Item[],
  value: (item: Item) => number,
): readonly Item[] {
  return [...items].sort((a, b) => Math.abs(value(b)) - Math.abs(value(a)));
}
