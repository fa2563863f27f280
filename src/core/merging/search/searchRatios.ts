import type { JobContext } from '../../jobContext';
import { proposeRatios } from './proposeRatios';
import type { RatioSpace } from './ratioSpace';
import { trialValues, type RatioTrial } from './ratioTrial';
import { throwIfCancelled } from '../../throwIfCancelled';

export interface SearchRatiosParams<Context> {
  readonly space: RatioSpace;
  readonly seed: number;
  /** Trials in all, those done already among them. */
  readonly budget: number;
  /** Done already: those of the same search let it go on as if it had never stopped. */
  readonly trials: readonly RatioTrial[];
  readonly measure: (ratios: readonly number[], context: Context) => Promise<RatioTrial>;
  /** What progress is called while a trial is measured. */
  readonly nameOf: (trial: number, budget: number) => string;
  /** Told every trial before the next one begins. */
  readonly onTrial: (trial: RatioTrial) => Promise<void> | void;
}

/**
 * Direct search (ours, not HMA's): measures merged models for reward and surprise, each time at the ratios that promise
 * most for the front of the two (`proposeRatios`), until the budget is spent or nothing new is left.
 * @returns all trials, in their order.
 */
export async function searchRatios<Context extends Pick<JobContext, 'signal' | 'progress'>>(
  { space, seed, budget, trials: done, measure, nameOf, onTrial }: SearchRatiosParams<Context>,
  context: Context,
): Promise<readonly RatioTrial[]> {
  const trials = [...done];
  while (trials.length < budget) {
    throwIfCancelled(context.signal);
    const values = trialValues(trials);
    const evaluations = trials.map(({ ratios }, index) => ({ ratios, values: values[index] }));
    const ratios = proposeRatios({ space, seed, evaluations });
    if (ratios === null) break;
    const name = nameOf(trials.length + 1, budget);
    const progress: JobContext['progress'] = (step) =>
      context.progress({ ...step, message: step.message === '' ? name : `${name}: ${step.message}` });
    const trial = await measure(ratios, { ...context, progress });
    trials.push(trial);
    await onTrial(trial);
  }
  return trials;
}
