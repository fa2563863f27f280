import type { HeadPooling } from '../../reward/rewardHead';

/**
 * What a head is trained from: a `*.head.yml` file, read and checked. Names of data and objectives that it mentions exist
 * in it. Stages follow ArmoRM (Wang et al. 2024, arXiv:2406.12845, section 3): ratings, correction for verbosity, gate.
 */
export interface HeadRecipe {
  readonly name: string;
  /** Reference of the body: a path, a hub id, or `starter`. */
  readonly model: string;
  readonly pooling: Pick<HeadPooling, 'kind' | 'layer'>;
  /** Longer texts lose their beginning; null: the model's context, and longer texts are refused. */
  readonly maxTokens: number | null;
  /** Of everything that is left to chance. */
  readonly seed: number;
  readonly data: readonly DataRecipe[];
  readonly ratings: RatingsRecipe;
  /** In the order of the head. Empty where `preference` is the head. */
  readonly objectives: readonly ObjectiveRecipe[];
  readonly verbosity: VerbosityRecipe | null;
  readonly gate: GateRecipe | null;
  /** One Bradley–Terry head instead of objectives. */
  readonly preference: PreferenceRecipe | null;
  /** Of `gate` or `preference`. */
  readonly semiSupervised: SemiSupervisedRecipe | null;
  readonly checks: readonly CheckRecipe[];
  readonly card: CardRecipe;
}

/** Rows under a name. */
export interface DataRecipe {
  readonly name: string;
  /** Relative to the recipe's folder, or to the folders that the command is given. JSONL, JSON, CSV, Parquet. */
  readonly files: readonly string[];
  /** A field (dotted path) whose rows are never on both sides of a split; null: the prompt. */
  readonly group: string | null;
  readonly source: string | null;
  readonly licence: string | null;
  /** How people, or what, made the labels. */
  readonly labels: string | null;
}

/** How linear objectives are fitted. */
export interface RatingsRecipe {
  /**
   * Strengths of the penalty to choose from. Default: nine powers of ten from 1e-4 to 1e4 (armo-rm/stage-1_train.py);
   * 10 to 30,000 where features are standardised.
   */
  readonly penalties: readonly number[];
  /** Subtract mean and divide by standard deviation first; folded into the weights. Default: false, as published. */
  readonly standardise: boolean;
  /** Default: false, as published; yes/no objectives always have one. */
  readonly intercept: boolean;
  readonly selection: SplitRecipe;
  /** `best`: the smallest loss (as published). `one_standard_error`: the largest penalty within one standard error of it. */
  readonly choice: 'best' | 'one_standard_error';
  /** What the chosen penalty is fitted on again: the training part (as published), or all rows. */
  readonly refit: 'training' | 'all';
}

export type SplitRecipe =
  /** A share of the groups is held out. */
  | { readonly kind: 'validation'; readonly share: number }
  /** Every group is held out once; penalties are chosen inside each training part. */
  | { readonly kind: 'folds'; readonly folds: number };

export interface ObjectiveRecipe {
  readonly name: string;
  /** `linear`: a rating. `logistic`: yes or no. `computed`: from the text alone. */
  readonly kind: 'linear' | 'logistic' | 'computed';
  /** `computed` only. */
  readonly compute: 'log_tokens' | null;
  /** Name of the data; null for `computed`. */
  readonly data: string | null;
  readonly label: LabelRecipe | null;
  readonly scale: ScaleRecipe | null;
  readonly description: string | null;
  /** What words alone are to be compared with: those of the response, or how like they are to the prompt's. */
  readonly wordBaseline: 'response' | 'cosine';
}

/** Where a row's label comes from. */
export type LabelRecipe =
  /**
   * A field (dotted path). A row without it is not used for the objective; `values` maps what it may say to numbers, and
   * rows that say anything else are not used either.
   */
  | {
      readonly kind: 'field';
      readonly field: string;
      readonly values: Readonly<Record<string, number>> | null;
    }
  /** Responses in their place (1) and given to another prompt of the same file (0). */
  | { readonly kind: 'exchanged'; readonly leastWords: number }
  /** Responses as they are (1) and with their words shuffled (0). */
  | { readonly kind: 'shuffled'; readonly leastWords: number }
  /** Of pairs: the chosen response (1), the rejected one (0). */
  | { readonly kind: 'chosen' };

export interface ScaleRecipe {
  /** The lowest and the highest rating. */
  readonly min: number;
  readonly max: number;
  /**
   * Of a scale with that many steps, (rating − min + 0.5) / levels is learnt, as ArmoRM does; null: the line from 0 at
   * `min` to 1 at `max`.
   */
  readonly levels: number | null;
  readonly unit: string | null;
}

/** ArmoRM's correction: r'ᵢ = rᵢ − λᵢ · r_verbosity (section 3, eq. 4; armo-rm/stage-2_train.py). */
export interface VerbosityRecipe {
  /** The objective that is corrected for. */
  readonly objective: string;
  /** Rank correlation to come under; default 0.03. */
  readonly threshold: number;
  /** Tried in this order. */
  readonly grid: readonly number[];
  /** Data whose responses it is measured on; null: those of the gate. */
  readonly data: string | null;
}

/** ArmoRM's gate (section 3, eq. 5; armo-rm/stage-2_train.py). */
export interface GateRecipe {
  /** Names of data with pairs. */
  readonly data: readonly string[];
  /** Outputs of the hidden layers; default [1024, 1024, 1024]. */
  readonly hidden: readonly number[];
  /** Default 10. */
  readonly temperature: number;
  readonly optimiser: OptimiserRecipe;
  /** Chance that an output of a hidden layer is left out; default 0.2. */
  readonly dropout: number;
  /** Share of the groups held out; default 0.2. */
  readonly validation: number;
}

export interface OptimiserRecipe {
  /** Default 2000. */
  readonly steps: number;
  /** Pairs a step, with replacement; default 1024. */
  readonly batch: number;
  /** At the first step; falls to 0 along a half cosine. Default 1e-3. */
  readonly learningRate: number;
  /** Default 0. */
  readonly weightDecay: number;
  /** Steps between two looks at the held-out pairs; default 50. */
  readonly evaluateEvery: number;
  /** Looks without a better loss before it stops; null: never. The best weights are kept either way. Default 10. */
  readonly patience: number | null;
}

export interface PreferenceRecipe {
  /** The objective's name. */
  readonly name: string;
  readonly description: string | null;
  /** Names of data with pairs. */
  readonly data: readonly string[];
  readonly penalties: readonly number[];
  readonly standardise: boolean;
  readonly validation: number;
}

/** SSRM (He et al. 2024, arXiv:2409.06903): label what is unlabelled, keep what is certain, train again. */
export interface SemiSupervisedRecipe {
  /** Names of data with pairs whose order is not looked at. */
  readonly data: readonly string[];
  /** Pseudo-labels are kept above this confidence; default 0.8. */
  readonly threshold: number;
  /** Default 3. */
  readonly rounds: number;
  /** Reference of a causal model that labels the first round, asked in both orders; null: the head labels itself. */
  readonly judge: string | null;
}

/** Rows that are never trained on. */
export interface CheckRecipe {
  readonly name: string;
  readonly data: string;
  /** Which objective is looked at; null: the score, on pairs. */
  readonly objective: string | null;
  readonly label: LabelRecipe | null;
  /** Error rates by group: a field of the rows, or words that occur in the response. */
  readonly groups: GroupingRecipe | null;
}

export type GroupingRecipe =
  { readonly kind: 'field'; readonly field: string } | { readonly kind: 'terms'; readonly terms: readonly string[] };

/** What the model card says besides figures; Markdown. */
export interface CardRecipe {
  readonly about: string | null;
  readonly intendedUse: string | null;
  readonly knownFaults: readonly string[];
  readonly licence: string | null;
}
