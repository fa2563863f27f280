import type { HistogramBin } from './histogram';

/** What kind of row was scored: decides which number ranks it. */
export type ScoredKind = 'pair' | 'single' | 'list' | 'error';

/** The numbers of one series of values. */
export interface ValueStatistics {
  readonly count: number;
  readonly mean: number;
  /** Of the population; 0 for one value. */
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
}

/** How often the model agrees with the labels of pairs. */
export interface PairCounts {
  readonly n: number;
  /** Chosen scores strictly higher. */
  readonly wins: number;
  readonly ties: number;
  /** wins / n */
  readonly accuracy: number;
  /** 95 %, by Wilson. */
  readonly interval: { readonly low: number; readonly high: number };
}

export interface Distribution {
  readonly bins: readonly HistogramBin[];
  /** One for every series of the bins. */
  readonly series: readonly {
    readonly role: 'chosen' | 'rejected' | 'response' | 'margin' | 'score';
    readonly statistics: ValueStatistics;
  }[];
}

export interface ObjectiveDistribution extends Distribution {
  readonly name: string;
  /** Pairs in which the chosen response has strictly more of it; null without pairs. */
  readonly pairs: PairCounts | null;
}

export interface SubsetOverview {
  readonly name: string;
  readonly rows: number;
  readonly errors: number;
  readonly pairs: PairCounts | null;
}

/** Everything that the data-set page shows above its table. */
export interface DatasetOverview {
  readonly rows: number;
  readonly kinds: Readonly<Record<ScoredKind, number>>;
  /** Tokens given to the model, over all rows. */
  readonly tokens: number;
  readonly truncated: number;
  readonly pairs: PairCounts | null;
  /** Of the pairs. */
  readonly margins: Distribution | null;
  /** Of single responses and of the responses of lists; null without such rows. */
  readonly scores: Distribution | null;
  /** In the order of the model. */
  readonly objectives: readonly ObjectiveDistribution[];
  /** By name; empty where no row has one. */
  readonly subsets: readonly SubsetOverview[];
}
