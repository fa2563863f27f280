import type { JobContext } from '../../core/jobContext';
import { AlidadeError } from '../../core/alidadeError';
import type { TrainedHead } from '../../core/training/assembleHead';
import { checksStage, type CheckedHead } from './checksStage';
import { GateTrainer } from './gateTrainer';
import { splitPairs, type PairSplit } from './pairSplit';
import type { PairTrainer } from './pairTrainer';
import { PreferenceTrainer } from './preferenceTrainer';
import { ratingsStage } from './ratingsStage';
import { semiSupervisedStage } from './semiSupervisedStage';
import type { Gate } from './gateMargins';
import type { TrainingWork } from './trainingWork';
import { verbosityStage } from './verbosityStage';

/** The stages between the features and the file, as the recipe wants them. @param gateText null: the body has none. */
export async function trainObjectives(
  work: TrainingWork,
  gateText: string | null,
  context: JobContext,
): Promise<TrainedHead> {
  const head =
    work.recipe.preference === null
      ? await trainRatedHead(work, gateText, context)
      : await trainPreferenceHead(work, context);
  if (0 < work.recipe.checks.length) {
    await work.status.during('checks', () => checksStage(work, head, context));
  }
  return head;
}

/** ArmoRM's stages. */
async function trainRatedHead(
  work: TrainingWork,
  gateText: string | null,
  context: JobContext,
): Promise<TrainedHead & Pick<CheckedHead, 'heldOut'>> {
  const { recipe, status } = work;
  const isLearnt = recipe.objectives.some(({ kind }) => kind !== 'computed');
  const fit = (): ReturnType<typeof ratingsStage> => ratingsStage(work, context);
  const weights = isLearnt ? await status.during('ratings', fit) : await fit();
  const transform =
    recipe.verbosity === null ? null : await status.during('verbosity', () => verbosityStage(work, weights, context));
  const gateRecipe = recipe.gate;
  if (gateRecipe === null) return { ...weights, transform, gate: null };
  if (gateText === null) throw noGateText(recipe.model);
  const split = splitPairs(work);
  const open = (): Promise<GateTrainer> =>
    GateTrainer.create({ work, recipe: gateRecipe, split, weights, transform }, context);
  const gate: Gate = await trainPairs({ work, split, open, stage: 'gate' }, context);
  const { layers, logitScale, temperature } = gate;
  return { ...weights, transform, gate: { layers, logitScale, temperature, text: gateText } };
}

async function trainPreferenceHead(
  work: TrainingWork,
  context: JobContext,
): Promise<TrainedHead & Pick<CheckedHead, 'heldOut'>> {
  const { preference } = work.recipe;
  if (preference === null) throw new AlidadeError({ code: 'internal', message: 'the recipe has no preference head' });
  const split = splitPairs(work);
  const open = (): Promise<PreferenceTrainer> => Promise.resolve(new PreferenceTrainer(work, preference, split));
  const { weight } = await trainPairs({ work, split, open, stage: 'preference' }, context);
  return { weight: Float32Array.from(weight), bias: new Float32Array(1), transform: null, gate: null, heldOut: [] };
}

interface TrainPairsParams<Fitted> {
  readonly work: TrainingWork;
  readonly split: PairSplit;
  readonly open: () => Promise<PairTrainer<Fitted>>;
  readonly stage: 'gate' | 'preference';
}

/** On the labelled pairs, and where the recipe has unlabelled ones, on those after. */
async function trainPairs<Fitted>(
  { work, split, open, stage }: TrainPairsParams<Fitted>,
  context: JobContext,
): Promise<Fitted> {
  const { status } = work;
  const { training } = split;
  const labelled = { pairs: training, isSwapped: new Uint8Array(training.length) };
  const { trainer, first } = await status.during(stage, async () => {
    const opened = await open();
    return { trainer: opened, first: await opened.fit(stage, labelled, context) };
  });
  const recipe = work.recipe.semiSupervised;
  const last =
    recipe === null
      ? first
      : await status.during('semiSupervised', () =>
          semiSupervisedStage({ work, recipe, split, trainer, first }, context),
        );
  status.warn(trainer.warningsOf(last));
  return last;
}

function noGateText(model: string): AlidadeError {
  return new AlidadeError({
    code: 'gate_not_found',
    message: `the chat template of ${model} has no text between a user's turn and the assistant's, where a gate reads`,
    hint: 'leave the gate out of the recipe, or choose a body with a chat template',
  });
}
