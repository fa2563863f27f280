import type { RefusedRows, DataFileRecord } from './data/trainingData';
import type { HeadEvaluation, Interval } from './evaluation/headEvaluation';

/**
 * What a training run has found so far: the page, the terminal and the model card are drawn from it. Raw numbers, never
 * rounded, and nothing that differs between two runs of the same recipe (no times, no paths of the machine).
 */
export interface TrainingReport {
  readonly name: string;
  readonly model: { readonly name: string; readonly hash: string; readonly hiddenSize: number };
  readonly pooling: { readonly kind: 'last' | 'mean'; readonly layer: number | 'final' };
  readonly seed: number;
  /** Of the program and of what it computes with, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly data: readonly DataReport[];
  readonly objectives: readonly ObjectiveReport[];
  readonly verbosity: VerbosityReport | null;
  readonly gate: GateReport | null;
  readonly preference: PreferenceReport | null;
  readonly semiSupervised: SemiSupervisedReport | null;
  readonly checks: readonly CheckReport[];
  /** In words: a head that does not beat length, duplicates across a split, rows that were refused. */
  readonly warnings: readonly string[];
}

export interface DataReport {
  readonly name: string;
  readonly files: readonly DataFileRecord[];
  readonly source: string | null;
  readonly licence: string | null;
  readonly labels: string | null;
  readonly refused: readonly RefusedRows[];
}

/** A figure on rows that were held out, over folds or of one split. */
export interface HeldOutFigure {
  readonly value: number;
  /** Standard deviation between folds; null for one split. */
  readonly deviation: number | null;
  /** 95 %, of one split; null for folds. */
  readonly interval: Interval | null;
}

export interface ObjectiveReport {
  readonly name: string;
  readonly kind: 'linear' | 'logistic' | 'computed';
  readonly rows: number;
  readonly groups: number;
  /** AUC for yes/no labels, Spearman for ratings; null for computed ones. */
  readonly metric: 'AUC' | 'Spearman' | null;
  readonly heldOut: HeldOutFigure | null;
  /** The response's length alone, on the same held-out rows. */
  readonly lengthAlone: HeldOutFigure | null;
  /** Words alone: TF-IDF. */
  readonly wordsAlone: HeldOutFigure | null;
  /** The loss on held-out rows for each penalty that was tried. */
  readonly penalties: readonly { readonly penalty: number; readonly loss: number }[];
  readonly penalty: number | null;
}

export interface VerbosityReport {
  readonly objective: string;
  readonly threshold: number;
  /** Responses that the correlations were taken over. */
  readonly responses: number;
  /** Spearman with the objective corrected for, before and after. `isReached`: it came under the threshold. */
  readonly rows: readonly {
    readonly objective: string;
    readonly before: number;
    readonly lambda: number;
    readonly after: number;
    readonly isReached: boolean;
  }[];
}

/** One look at a training that goes on in steps. */
export interface TrainingPoint {
  readonly step: number;
  /** Mean since the last point. */
  readonly loss: number;
  /** On held-out rows. */
  readonly heldOutLoss: number | null;
  readonly heldOutAccuracy: number | null;
}

export interface GateReport {
  readonly pairs: number;
  readonly heldOutPairs: number;
  readonly curve: readonly TrainingPoint[];
  /** The step whose weights were kept. */
  readonly bestStep: number;
  readonly accuracy: PairAccuracy;
  /** The same corrected ratings, all with the same coefficient. */
  readonly equalWeights: PairAccuracy;
  readonly lengthAlone: PairAccuracy;
  /** Mean gate of each objective over the held-out prompts. */
  readonly meanGates: readonly { readonly objective: string; readonly gate: number }[];
}

export interface PairAccuracy {
  readonly n: number;
  readonly accuracy: number;
  readonly interval: Interval;
}

export interface PreferenceReport {
  readonly pairs: number;
  readonly heldOutPairs: number;
  readonly penalties: readonly { readonly penalty: number; readonly loss: number }[];
  readonly penalty: number;
  readonly accuracy: PairAccuracy;
  readonly lengthAlone: PairAccuracy;
  readonly wordsAlone: PairAccuracy | null;
}

export interface SemiSupervisedReport {
  readonly labelled: number;
  readonly unlabelled: number;
  readonly threshold: number;
  /** The first is the labelled rows alone. */
  readonly rounds: readonly SemiSupervisedRound[];
}

export interface SemiSupervisedRound {
  readonly round: number;
  /** Pseudo-labels that were certain enough, and the share of the unlabelled pairs that they are. */
  readonly kept: number;
  readonly keptShare: number;
  /** Of the kept ones, turned round because the other response was judged better. */
  readonly swapped: number;
  /** Share of the kept ones that agree with the order in the file, which is not trained on. */
  readonly agreement: number | null;
  readonly heldOut: PairAccuracy;
  /** Expected calibration error on held-out pairs. */
  readonly calibrationError: number;
}

export interface CheckReport {
  readonly name: string;
  readonly evaluation: HeadEvaluation;
}

/** A run that is under way: what it has found, and where it is. */
export interface TrainingState {
  readonly stages: readonly {
    readonly kind: TrainingStage;
    readonly state: 'waiting' | 'running' | 'done';
  }[];
  readonly report: TrainingReport;
}

export type TrainingStage =
  'data' | 'features' | 'ratings' | 'verbosity' | 'gate' | 'preference' | 'semiSupervised' | 'checks' | 'head';
