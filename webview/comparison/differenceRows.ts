import type { ComparisonView } from '../../src/protocol/comparisonView';
import type { BarRow } from '../shared/charts/barChart';
import { formatNumber } from '../shared/formatNumber';
import { strings } from './strings';
import { intervalText } from './summary';

/** Which of an objective's numbers is compared. */
export type Measure = 'contribution' | 'reward';

/** The objectives by the size of their difference; in the model's order while they still change. */
export function differenceRows({ comparison, model, state }: ComparisonView, measure: Measure): readonly BarRow[] {
  const descriptions = new Map((model?.objectives ?? []).map(({ name, description }) => [name, description]));
  const rows = (comparison?.objectives ?? []).map((objective): BarRow => {
    const compared = objective[measure];
    const { first, second, difference, interval, verdict } = compared;
    return {
      name: objective.name,
      description: descriptions.get(objective.name),
      values: [
        {
          value: difference,
          words: strings.objectiveWords(
            formatNumber(first),
            formatNumber(second),
            strings.verdicts[verdict],
            intervalText(compared),
          ),
          ...(interval === null ? {} : { interval }),
        },
      ],
    };
  });
  return state.kind === 'running' ? rows : bySize(rows);
}

/** What the gate weighs more and less for the second version. */
export function profileRows({ profiles, model }: ComparisonView): readonly BarRow[] {
  const descriptions = new Map((model?.objectives ?? []).map(({ name, description }) => [name, description]));
  return bySize(
    profiles.map(({ name, first, second }) => ({
      name,
      description: descriptions.get(name),
      values: [
        {
          value: second.gate - first.gate,
          words: strings.gateWords(formatNumber(first.gate), formatNumber(second.gate)),
        },
      ],
    })),
  );
}

function bySize(rows: readonly BarRow[]): readonly BarRow[] {
  return [...rows].sort((a, b) => Math.abs(b.values[0].value) - Math.abs(a.values[0].value));
}
