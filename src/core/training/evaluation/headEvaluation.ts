import type { RewardBenchScores } from '../../reward/rewardBench';

/** 95 %. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How good a head is on labelled rows. Raw numbers, never rounded. */
export interface HeadEvaluation {
  readonly rows: number;
  /** Rows that could not be scored. */
  readonly errors: number;
  readonly pairs: PairEvaluation | null;
  /** Of rows with ratings or yes/no labels. */
  readonly objectives: readonly ObjectiveEvaluation[];
  /** In words: it does not beat length, too few rows to tell. */
  readonly warnings: readonly string[];
}

/** Whether the chosen response scores strictly higher. */
export interface PairEvaluation {
  readonly n: number;
  readonly ties: number;
  readonly accuracy: number;
  /** Wilson's, of groups where rows have them. */
  readonly interval: Interval;
  readonly subsets: readonly {
    readonly name: string;
    readonly n: number;
    readonly accuracy: number;
    readonly interval: Interval;
  }[];
  readonly rewardBench: RewardBenchScores | null;
  readonly baselines: {
    /** The longer response wins, or the shorter, whichever is right more often. */
    readonly length: { readonly prefers: 'longer' | 'shorter'; readonly accuracy: number; readonly interval: Interval };
    /** TF-IDF of the words, cross-validated on these pairs; null: too few. */
    readonly words: { readonly accuracy: number; readonly interval: Interval } | null;
  };
  /** As if the chosen response were longer as often as shorter; null where it is never the one or the other. */
  readonly lengthControlled: {
    readonly accuracy: number | null;
    readonly whereLonger: number | null;
    readonly whereShorter: number | null;
  };
  /** Head minus length on the same pairs. */
  readonly overLength: { readonly difference: number; readonly interval: Interval };
  readonly calibration: Calibration;
}

/** Whether σ(margin) is the share of pairs that are in order. */
export interface Calibration {
  /** Expected calibration error over the bins. */
  readonly error: number;
  /** Mean of (p − 1)². */
  readonly brier: number;
  readonly bins: readonly {
    readonly from: number;
    readonly to: number;
    readonly n: number;
    readonly confidence: number;
    readonly accuracy: number;
  }[];
}

export interface ObjectiveEvaluation {
  readonly objective: string;
  readonly n: number;
  readonly metric: 'AUC' | 'Spearman';
  readonly value: number;
  readonly interval: Interval;
  readonly lengthAlone: number;
  readonly wordsAlone: number | null;
  /** Yes/no labels only: by group, what is wrong at `threshold`. */
  readonly groups: readonly GroupErrors[];
  readonly threshold: number | null;
}

/** Error rates of a yes/no objective among the rows of one group. */
export interface GroupErrors {
  readonly group: string;
  readonly negatives: number;
  readonly positives: number;
  /** Share of negatives called positive; null without any. */
  readonly falsePositiveRate: number | null;
  /** Share of positives called negative; null without any. */
  readonly falseNegativeRate: number | null;
}
