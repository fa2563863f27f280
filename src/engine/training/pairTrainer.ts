import type { JobContext } from '../../core/jobContext';
import type { SelectedPairs } from '../../core/training/semiSupervised/selfTraining';

/** Something that learns from pairs, step by step: a gate, or one linear head. */
export interface PairTrainer<Fitted> {
  /** @param step the name under which the result is kept. */
  fit(step: string, selected: SelectedPairs, context: JobContext): Promise<Fitted>;
  /** Score of the chosen response minus that of the rejected one, in the order of `pairs`. */
  margins(fitted: Fitted, pairs: Int32Array, context: JobContext): Promise<Float64Array>;
  /** Adds what was found to the report. */
  report(fitted: Fitted, selected: SelectedPairs): void;
  /** In words: what it is no better than. */
  warningsOf(fitted: Fitted): readonly string[];
}
