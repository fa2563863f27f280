import type { JobContext } from '../../core/jobContext';
import { objectivesOf } from '../../core/training/assembleHead';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { correctVerbosity } from '../../core/training/verbosity';
import { AlidadeError } from '../../core/alidadeError';
import { headRewards } from './headRewards';
import type { RatingWeights } from './ratingsStage';
import type { TrainingWork } from './trainingWork';

/** M of the correction for verbosity, measured on the responses that the recipe names; null: it names none. */
export async function verbosityStage(
  work: TrainingWork,
  weights: RatingWeights,
  context: JobContext,
): Promise<Float32Array | null> {
  const { recipe, data, features, rows, folder, status } = work;
  const { verbosity } = recipe;
  if (verbosity === null || data.verbosity === null) return null;
  throwIfCancelled(context.signal);
  context.progress({ message: 'Correcting for verbosity' });
  const { name, inputs } = data.verbosity;
  const responses = rows.responses(inputs);
  if (responses.length < 2) {
    throw new AlidadeError({
      code: 'row',
      message: `verbosity_correction: ${name} has no responses to measure correlations on`,
      hint: 'name data with more rows',
    });
  }
  const { transform, report } = await folder.step('verbosity', async () => {
    const objectives = objectivesOf(recipe);
    const rewards = await headRewards(
      {
        ...weights,
        objectives,
        features: features.matrix(recipe.pooling.kind),
        responseTokens: features.responseTokens,
        rows: responses,
      },
      context,
    );
    const names = objectives.map((objective) => objective.name);
    return correctVerbosity({ rewards, objectives: names, recipe: verbosity });
  });
  status.update({ verbosity: report });
  status.warn(
    report.rows
      .filter(({ isReached, objective }) => !isReached && objective !== report.objective)
      .map(
        ({ objective, after }) =>
          `${objective}: no λ brings its rank correlation with ${report.objective} under ${report.threshold}; it stays at ${after.toFixed(3)}`,
      ),
  );
  return transform;
}
