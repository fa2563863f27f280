import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { proposeRatios } from '../../core/merging/search/proposeRatios';
import type { RatioSpace } from '../../core/merging/search/ratioSpace';
import type { RatioLikelihood, RewardedSample, SearchStep } from '../../core/merging/search/searchJournal';
import { throwIfCancelled } from '../../core/throwIfCancelled';

export interface DistilRatiosParams {
  /** With a mean: without one the likelihood is best at the model after RLHF itself. */
  readonly space: RatioSpace;
  readonly seed: number;
  /** Answers to each prompt. */
  readonly answers: number;
  /** How many of all answers are kept; default: as many as there are prompts. */
  readonly keep: number | undefined;
  readonly prompts: number;
  /** Likelihoods in all, those done already among them. */
  readonly budget: number;
  /** Done already, by the same search. */
  readonly steps: readonly SearchStep[];
  /** One answer of the model after RLHF to each prompt, with its reward. */
  readonly sample: (seed: number, context: JobContext) => Promise<readonly RewardedSample[]>;
  /** Mean of ln p over the tokens of the samples under the merged model. */
  readonly logLikelihood: (
    ratios: readonly number[],
    samples: readonly RewardedSample[],
    context: JobContext,
  ) => Promise<number>;
  /** Told every step before the next one begins. */
  readonly onStep: (step: SearchStep) => Promise<void> | void;
}

/**
 * HMA's proxy distillation (Lin et al., 2023, section 4): the model after RLHF answers prompts, the answers of highest
 * reward are kept, and the ratios are those under which the merged model finds them most likely, with their mean held.
 *
 * As in the paper: who answers, what is maximised, the mean. As in its code, which differs from the printed formula: the
 * mean, not the sum, of the ratios is held. Ours: the highest answers are all kept, where the paper draws 2,000 of the
 * 5,000 highest; ratios are held at 1; and the maximum is looked for without gradients over the K - 1 free ratios, by
 * expected improvement, where the paper trains logits by one epoch of gradient steps (its code takes their gradient at
 * equal ratios, since the numerators it trains with are stale).
 * @returns the most likely ratios.
 * @throws AlidadeError `row` when no answer has a reward.
 */
export async function distilRatios(params: DistilRatiosParams, context: JobContext): Promise<RatioLikelihood> {
  const { space, seed, budget, steps, onStep } = params;
  const samples = keepBest(await takeSamples(params, context), params.keep ?? params.prompts);
  const likelihoods = steps.flatMap((step) => (step.kind === 'likelihood' ? [step.likelihood] : []));
  while (likelihoods.length < budget) {
    throwIfCancelled(context.signal);
    const evaluations = likelihoods.map(({ ratios, logLikelihood }) => ({ ratios, values: [logLikelihood] }));
    const ratios = proposeRatios({ space, seed, evaluations });
    if (ratios === null) break;
    const named = within(context, `Likelihood ${likelihoods.length + 1} of ${budget}`);
    const likelihood = { ratios, logLikelihood: await params.logLikelihood(ratios, samples, named) };
    likelihoods.push(likelihood);
    await onStep({ kind: 'likelihood', likelihood });
  }
  return likelihoods.reduce((best, other) => (best.logLikelihood < other.logLikelihood ? other : best));
}

async function takeSamples(
  { answers, seed, steps, sample, onStep }: DistilRatiosParams,
  context: JobContext,
): Promise<readonly RewardedSample[]> {
  const passes = steps.flatMap((step) => (step.kind === 'samples' ? [step.samples] : []));
  while (passes.length < answers) {
    throwIfCancelled(context.signal);
    const named = within(context, `Answers ${passes.length + 1} of ${answers}`);
    const samples = await sample(seed + passes.length, named);
    passes.push(samples);
    await onStep({ kind: 'samples', samples });
  }
  return passes.flat();
}

/** The highest rewards, the first of equal ones first; each text to a prompt once. */
function keepBest(samples: readonly RewardedSample[], count: number): readonly RewardedSample[] {
  const texts = new Set<string>();
  const rewarded = samples.filter(({ prompt, text, reward }) => {
    const key = `${prompt} ${text}`;
    if (reward === null || text === '' || texts.has(key)) return false;
    texts.add(key);
    return true;
  });
  if (rewarded.length === 0) {
    throw new AlidadeError({
      code: 'row',
      message: 'no answer of the model after RLHF has a reward',
      hint: 'look at the prompts, and whether the reward model can score answers to them',
    });
  }
  return rewarded.sort((one, other) => (other.reward ?? 0) - (one.reward ?? 0)).slice(0, count);
}

function within(context: JobContext, message: string): JobContext {
  return { ...context, progress: (step) => context.progress({ ...step, message: `${message}: ${step.message}` }) };
}
