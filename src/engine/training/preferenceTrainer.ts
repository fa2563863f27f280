import type { JobContext } from '../../core/jobContext';
import { wordOutcomes } from '../../core/training/evaluation/pairWords';
import { pairAccuracy } from '../../core/training/evaluation/pairAccuracy';
import { scoredPairOf } from '../../core/training/evaluation/scoredPair';
import type { PreferenceRecipe } from '../../core/training/recipe/headRecipe';
import type { SelectedPairs } from '../../core/training/semiSupervised/selfTraining';
import type { PairAccuracy } from '../../core/training/trainingReport';
import { heldOutAccuracy, heldOutLength, warnOfLength, type PairSplit } from './pairSplit';
import type { PairTrainer } from './pairTrainer';
import { preferenceMargins, trainPreference, type PreferencePairs, type TrainedPreference } from './trainPreference';
import type { TrainingWork } from './trainingWork';

/** Trains one linear head on pairs, and measures it on those that are held out. */
export class PreferenceTrainer implements PairTrainer<TrainedPreference> {
  readonly #work: TrainingWork;
  readonly #recipe: PreferenceRecipe;
  readonly #split: PairSplit;
  readonly #pairs: PreferencePairs;
  readonly #lengthAlone: PairAccuracy;
  #wordsAlone: PairAccuracy | null = null;

  constructor(work: TrainingWork, recipe: PreferenceRecipe, split: PairSplit) {
    this.#work = work;
    this.#recipe = recipe;
    this.#split = split;
    const { chosen, rejected } = split.all;
    this.#pairs = { features: work.features.matrix(work.recipe.pooling.kind), chosen, rejected };
    this.#lengthAlone = heldOutLength(split);
  }

  async fit(step: string, selected: SelectedPairs, context: JobContext): Promise<TrainedPreference> {
    const { folder, threads } = this.#work;
    this.#wordsAlone = await folder.step('words', () => Promise.resolve(this.#readWords()));
    const isSwapped = new Uint8Array(this.#split.all.pairs.length);
    selected.pairs.forEach((pair, index) => (isSwapped[pair] = selected.isSwapped[index]));
    const head = await folder.step(step, () =>
      trainPreference(
        {
          ...this.#pairs,
          isSwapped,
          training: selected.pairs,
          heldOut: this.#split.heldOut,
          recipe: this.#recipe,
          ...(threads === undefined ? {} : { threads }),
        },
        context,
      ),
    );
    this.report(head, selected);
    return head;
  }

  margins({ weight }: TrainedPreference, pairs: Int32Array, context: JobContext): Promise<Float64Array> {
    return preferenceMargins({ ...this.#pairs, weight, pairs }, context);
  }

  report({ penalties, penalty, heldOutMargins }: TrainedPreference, { pairs }: SelectedPairs): void {
    this.#work.status.update({
      preference: {
        pairs: pairs.length,
        heldOutPairs: this.#split.heldOut.length,
        penalties,
        penalty,
        accuracy: heldOutAccuracy(this.#split, heldOutMargins),
        lengthAlone: this.#lengthAlone,
        wordsAlone: this.#wordsAlone,
      },
    });
  }

  /** In words: what the head is no better than. */
  warningsOf({ heldOutMargins }: TrainedPreference): readonly string[] {
    const accuracy = heldOutAccuracy(this.#split, heldOutMargins);
    const words = this.#wordsAlone;
    const isUseless = words !== null && accuracy.accuracy <= words.accuracy;
    const share = `${(100 * (words?.accuracy ?? 0)).toFixed(1)} %`;
    return [
      ...warnOfLength(accuracy, this.#lengthAlone),
      ...(isUseless ? [`the head does not beat words alone (TF-IDF), which are right on ${share} of the pairs`] : []),
    ];
  }

  /** Over folds of all labelled pairs: those held out alone are too few to learn words from. */
  #readWords(): PairAccuracy | null {
    const labelled = [...this.#split.training, ...this.#split.heldOut].sort((a, b) => a - b);
    const pairs = labelled.map((index) => scoredPairOf(this.#split.all.pairs[index], 0));
    const words = wordOutcomes({ pairs, seed: this.#work.recipe.seed });
    return words === null ? null : pairAccuracy(words.outcomes, words.groups);
  }
}
