import { proportionInterval } from '../../core/dataset/proportionInterval';
import type { JobContext } from '../../core/jobContext';
import { objectivesOf } from '../../core/training/assembleHead';
import type { GateRecipe } from '../../core/training/recipe/headRecipe';
import type { SelectedPairs } from '../../core/training/semiSupervised/selfTraining';
import type { GateReport, PairAccuracy, TrainingPoint } from '../../core/training/trainingReport';
import { gateMargins, type GatePairs } from './gateMargins';
import { headRewards, transformRewards } from './headRewards';
import { heldOutAccuracy, heldOutLength, warnOfLength, type PairSplit } from './pairSplit';
import type { PairTrainer } from './pairTrainer';
import type { RatingWeights } from './ratingsStage';
import { trainGate, type TrainedGate } from './trainGate';
import type { TrainingWork } from './trainingWork';

export interface GateTrainerParams {
  readonly work: TrainingWork;
  readonly recipe: GateRecipe;
  readonly split: PairSplit;
  readonly weights: RatingWeights;
  /** M; null: no correction. */
  readonly transform: Float32Array | null;
}

/** Trains gates over the objectives, and measures them on the pairs that are held out. */
export class GateTrainer implements PairTrainer<TrainedGate> {
  readonly #params: GateTrainerParams;
  readonly #pairs: GatePairs;
  readonly #names: readonly string[];
  readonly #baselines: { readonly equalWeights: PairAccuracy; readonly lengthAlone: PairAccuracy };

  private constructor(params: GateTrainerParams, differences: Float64Array) {
    const { work, split } = params;
    this.#params = params;
    this.#names = objectivesOf(work.recipe).map(({ name }) => name);
    this.#pairs = {
      gate: work.features.matrix('gate'),
      prompts: split.all.chosen,
      differences,
    };
    this.#baselines = {
      equalWeights: heldOutAccuracy(split, this.#equalMargins()),
      lengthAlone: heldOutLength(split),
    };
  }

  /** Rates the responses of all pairs. @throws AlidadeError `cancelled`. */
  static async create(params: GateTrainerParams, context: JobContext): Promise<GateTrainer> {
    return new GateTrainer(params, await differencesOf(params, context));
  }

  async fit(step: string, selected: SelectedPairs, context: JobContext): Promise<TrainedGate> {
    const { work, recipe, split } = this.#params;
    const { folder, status, threads, checkpointSeconds } = work;
    const isSwapped = new Uint8Array(split.all.pairs.length);
    selected.pairs.forEach((pair, index) => (isSwapped[pair] = selected.isSwapped[index]));
    const curve: TrainingPoint[] = [];
    let saved = performance.now();
    const gate = await folder.step(step, async () => {
      const resume = await folder.loadCheckpoint(step);
      return trainGate(
        {
          ...this.#pairs,
          isSwapped,
          training: selected.pairs,
          heldOut: split.heldOut,
          objectives: this.#names,
          recipe,
          seed: work.recipe.seed,
          ...(threads === undefined ? {} : { threads }),
          ...(resume === null ? {} : { resume }),
          onPoint: (point) => {
            curve.push(point);
            status.update({ gate: this.#reportOf(curve, selected) });
          },
          onCheckpoint: async ({ pieces }) => {
            if (performance.now() - saved < 1000 * checkpointSeconds) return;
            await folder.saveCheckpoint(step, pieces);
            saved = performance.now();
          },
        },
        context,
      );
    });
    this.report(gate, selected);
    status.warn(gate.warnings);
    return gate;
  }

  margins(gate: TrainedGate, pairs: Int32Array, context: JobContext): Promise<Float64Array> {
    const { threads } = this.#params.work;
    return gateMargins({ ...this.#pairs, ...gate, pairs, ...(threads === undefined ? {} : { threads }) }, context);
  }

  report(gate: TrainedGate, selected: SelectedPairs): void {
    const { work, split } = this.#params;
    const meanGates = this.#names.map((objective, index) => ({ objective, gate: gate.meanGates[index] }));
    const accuracy = heldOutAccuracy(split, gate.heldOutMargins);
    const { bestStep, curve } = gate;
    work.status.update({ gate: { ...this.#reportOf(curve, selected), bestStep, accuracy, meanGates } });
  }

  /** In words: what the gate is no better than. */
  warningsOf(gate: TrainedGate): readonly string[] {
    const accuracy = heldOutAccuracy(this.#params.split, gate.heldOutMargins);
    const { equalWeights, lengthAlone } = this.#baselines;
    const isUseless = accuracy.accuracy <= equalWeights.accuracy;
    const share = `${(100 * equalWeights.accuracy).toFixed(1)} %`;
    return [
      ...warnOfLength(accuracy, lengthAlone),
      ...(isUseless
        ? [`the gate is no better than equal weights, which are right on ${share} of the held-out pairs`]
        : []),
    ];
  }

  /** As far as the curve goes. */
  #reportOf(curve: readonly TrainingPoint[], { pairs }: SelectedPairs): GateReport {
    const { split } = this.#params;
    const best = curve.reduce<TrainingPoint | null>(
      (found, point) => ((point.heldOutLoss ?? Infinity) < (found?.heldOutLoss ?? Infinity) ? point : found),
      null,
    );
    const { equalWeights, lengthAlone } = this.#baselines;
    return {
      pairs: pairs.length,
      heldOutPairs: split.heldOut.length,
      curve: [...curve],
      bestStep: best?.step ?? 0,
      accuracy: lookOf(best, split.heldOut.length) ?? equalWeights,
      equalWeights,
      lengthAlone,
      meanGates: [],
    };
  }

  #equalMargins(): Float64Array {
    const count = this.#names.length;
    return Float64Array.from(this.#params.split.heldOut, (pair) => {
      const differences = this.#pairs.differences.subarray(pair * count, (pair + 1) * count);
      return differences.reduce((sum, value) => sum + value, 0) / count;
    });
  }
}

/** The accuracy at a point of the curve, until that of the finished gate is known. */
function lookOf(point: TrainingPoint | null, n: number): PairAccuracy | null {
  const accuracy = point?.heldOutAccuracy ?? null;
  const interval = accuracy === null ? null : proportionInterval(accuracy * n, n);
  return accuracy === null || interval === null ? null : { n, accuracy, interval };
}

/** Corrected rewards of the chosen responses minus those of the rejected ones; [pairs, objectives]. */
async function differencesOf(
  { work, split, weights, transform }: GateTrainerParams,
  context: JobContext,
): Promise<Float64Array> {
  const { recipe, features } = work;
  const objectives = objectivesOf(recipe);
  const common = {
    ...weights,
    objectives,
    features: features.matrix(recipe.pooling.kind),
    responseTokens: features.responseTokens,
  };
  const chosen = await headRewards({ ...common, rows: split.all.chosen }, context);
  const rejected = await headRewards({ ...common, rows: split.all.rejected }, context);
  const differences = chosen.map((value, index) => value - rejected[index]);
  return transform === null ? differences : transformRewards(differences, transform, objectives.length);
}
