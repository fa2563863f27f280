import { AlidadeError } from '../../core/alidadeError';
import { countOf } from '../../core/describeQuantity';
import type { JobContext } from '../../core/jobContext';
import type { PreferencePair } from '../../core/training/data/trainingData';
import { openJudgeModel } from '../reward/judgeModel';
import { folderOfModel } from './folderOfModel';
import type { TrainingWork } from './trainingWork';

export interface JudgePairsParams {
  readonly work: TrainingWork;
  /** A causal model. */
  readonly reference: string;
  readonly pairs: readonly PreferencePair[];
}

/** Pairs between two steps: what a kill may cost. */
const stepPairs = 64;

/**
 * How likely a pairwise judge finds the chosen response of each pair the better one: the mean over both orders. A pair that
 * it cannot be shown gets ½, which is never certain.
 * @throws AlidadeError as `openJudgeModel`, `cancelled`.
 */
export async function judgePairs(
  { work, reference, pairs }: JudgePairsParams,
  context: JobContext,
): Promise<Float64Array> {
  const { folder, status, device, dtype, threads } = work;
  const cwd = await folderOfModel(reference, work.folders);
  const probabilities = new Float64Array(pairs.length);
  let judge: Awaited<ReturnType<typeof openJudgeModel>> | null = null;
  let unjudged = 0;
  try {
    for (let start = 0; start < pairs.length; start += stepPairs) {
      context.progress({ message: 'Asking the judge', done: start, total: pairs.length, unit: 'rows' });
      const part = pairs.slice(start, start + stepPairs);
      const found = await folder.step(`judge-${start / stepPairs}`, async () => {
        judge ??= await openJudgeModel({ reference, cwd, device, dtype, threads }, context);
        const rows = part.map(({ id, chosen, rejected }) => ({ kind: 'pair', id, chosen, rejected }) as const);
        const scored = await judge.scoreBatch(rows, { truncate: true }, context);
        // What was computed for other pairs must not show in these: a resumed run begins here.
        judge.forget();
        return Float64Array.from(scored, (row) => ('judged' in row ? (row.judged?.pChosen ?? NaN) : NaN));
      });
      found.forEach((probability, index) => {
        if (Number.isNaN(probability)) unjudged += 1;
        probabilities[start + index] = Number.isNaN(probability) ? 0.5 : probability;
      });
    }
  } finally {
    await (judge as Awaited<ReturnType<typeof openJudgeModel>> | null)?.release();
  }
  if (unjudged === pairs.length && 0 < unjudged) {
    throw new AlidadeError({
      code: 'row',
      message: `${reference} could judge none of ${countOf(unjudged, 'pair')}`,
      hint: 'a judge needs conversations of user and assistant in alternation, without a system turn',
    });
  }
  if (0 < unjudged) status.warn([`${countOf(unjudged, 'pair')} could not be shown to the judge ${reference}`]);
  return probabilities;
}
