import type { JobContext } from '../../core/jobContext';
import { proposeRatios } from '../../core/merging/search/proposeRatios';
import type { RatioSpace } from '../../core/merging/search/ratioSpace';
import { trialValues, type RatioTrial } from '../../core/merging/search/ratioTrial';
import { throwIfCancelled } from '../../core/throwIfCancelled';

export interface SearchRatiosParams {
  readonly space: RatioSpace;
  readonly seed: number;
  /** Trials in all, those done already among them. */
  readonly budget: number;
  /** Done already, by the same search. */
  readonly trials: readonly RatioTrial[];
  readonly measure: (ratios: readonly number[], context: JobContext) => Promise<RatioTrial>;
  /** Told every trial before the next one begins. */
  readonly onTrial: (trial: RatioTrial) => Promise<void> | void;
}

/**
 * Direct search (ours, not HMA's): measures merged models for reward and surprise, each time at the ratios that promise
 * most for the front of the two (`proposeRatios`), until the budget is spent or nothing new is left.
 * @returns all trials, in their order.
 */
export async function searchRatios(
  { space, seed, budget, trials: done, measure, onTrial }: SearchRatiosParams,
  context: JobContext,
): Promise<readonly RatioTrial[]> {
  const trials = [...done];
  while (trials.length < budget) {
    throwIfCancelled(context.signal);
    const values = trialValues(trials);
    const evaluations = trials.map(({ ratios }, index) => ({ ratios, values: values[index] }));
    const ratios = proposeRatios({ space, seed, evaluations });
    if (ratios === null) break;
    const message = `Trial ${trials.length + 1} of ${budget}`;
    const progress: JobContext['progress'] = (step) =>
      context.progress({ ...step, message: `${message}: ${step.message}` });
    const trial = await measure(ratios, { ...context, progress });
    trials.push(trial);
    await onTrial(trial);
  }
  return trials;
}
