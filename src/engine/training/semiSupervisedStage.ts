import type { JobContext } from '../../core/jobContext';
import { sigmoid } from '../../core/training/linear/linearModel';
import type { SemiSupervisedRecipe } from '../../core/training/recipe/headRecipe';
import { selfTraining } from '../../core/training/semiSupervised/selfTraining';
import type { SemiSupervisedRound } from '../../core/training/trainingReport';
import { judgePairs } from './judgePairs';
import type { PairSplit } from './pairSplit';
import type { PairTrainer } from './pairTrainer';
import type { TrainingWork } from './trainingWork';

export interface SemiSupervisedStageParams<Fitted> {
  readonly work: TrainingWork;
  readonly recipe: SemiSupervisedRecipe;
  readonly split: PairSplit;
  readonly trainer: PairTrainer<Fitted>;
  /** What the labelled pairs alone have given. */
  readonly first: Fitted;
}

/** SSRM around a trainer: labels what is unlabelled, keeps what is certain, trains again. @returns the best round's. */
export async function semiSupervisedStage<Fitted>(
  params: SemiSupervisedStageParams<Fitted>,
  context: JobContext,
): Promise<Fitted> {
  const { work, recipe, split, trainer, first } = params;
  const { training, heldOut, unlabelled } = split;
  const pairs = Array.from(unlabelled, (index) => split.all.pairs[index]);
  const firstProbabilities =
    recipe.judge === null ? null : await judgePairs({ work, reference: recipe.judge, pairs }, context);
  const rounds: SemiSupervisedRound[] = [];
  const { fitted, selected, bestRound } = await selfTraining<Fitted>(
    {
      labelled: training,
      unlabelled,
      heldOut,
      heldOutGroups: Array.from(heldOut, (index) => split.all.pairs[index].group),
      recipe,
      firstProbabilities,
      learner: {
        fit: async (wanted, round) => (round === 0 ? first : trainer.fit(`round-${round}`, wanted, context)),
        probabilities: async (learnt, wanted) => (await trainer.margins(learnt, wanted, context)).map(sigmoid),
      },
      onRound: (round) => {
        rounds.push(round);
        work.status.update({
          semiSupervised: {
            labelled: training.length,
            unlabelled: unlabelled.length,
            threshold: recipe.threshold,
            rounds: [...rounds],
          },
        });
      },
    },
    context,
  );
  trainer.report(fitted, selected);
  if (bestRound < rounds.length - 1) {
    const which = bestRound === 0 ? 'the labelled pairs alone' : `round ${bestRound}`;
    work.status.warn([`what was learnt from ${which} is kept: later rounds on unlabelled pairs were no better`]);
  }
  return fitted;
}
