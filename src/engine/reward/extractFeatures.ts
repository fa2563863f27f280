import type { JobContext } from '../../core/jobContext';
import type { ScorableInput } from '../../core/promptFile/scorableRow';
import type { RewardModel, ScoreOptions } from './rewardModel';

/**
 * The pooled hidden state of each text, [hidden], in input order. `model` comes from `openFeatureModel`.
 * @throws AlidadeError of the first text that cannot be read: `row`, `template`, `too_long`; `cancelled`.
 */
export async function* extractFeatures(
  model: RewardModel,
  inputs: Iterable<ScorableInput>,
  options: ScoreOptions,
  context: JobContext,
): AsyncGenerator<Float64Array> {
  let done = 0;
  for (const input of inputs) {
    yield await model.poolFeatures(input, options, context);
    done += 1;
    context.progress({ message: 'Reading features', done, unit: 'rows' });
  }
}
