import { nearestName } from '../nearestName';
import type { RewardModelDescription } from '../reward/rewardModelDescription';
import type { RewardTest, RewardTestFile, RewardTestProblem } from './rewardTest';

export type KnownModel = Pick<RewardModelDescription, 'name' | 'objectives'>;

/** The objectives that a test names and the model does not have. */
export function findUnknownObjectives({ plan }: RewardTest, model: KnownModel): readonly RewardTestProblem[] {
  return (plan?.expectations ?? []).flatMap((expectation) =>
    expectation.kind === 'objective' ? describeUnknown(expectation.name, expectation.nameSpan, model) : [],
  );
}

/** The same for the weights of a file. */
export function findUnknownWeights({ options }: RewardTestFile, model: KnownModel): readonly RewardTestProblem[] {
  return options.weightSpans.flatMap(({ value, span }) => describeUnknown(value, span, model));
}

function describeUnknown(
  name: string,
  span: RewardTestProblem['span'],
  { name: model, objectives }: KnownModel,
): readonly RewardTestProblem[] {
  const known = objectives.map((objective) => objective.name);
  if (known.includes(name)) return [];
  const near = nearestName(name, known);
  const hint = near === null ? '' : `, did you mean ${near}?`;
  const message = `${model} has no objective ${JSON.stringify(name)}${hint}: it has ${known.join(', ')}`;
  return [{ severity: 'error', message, span }];
}
