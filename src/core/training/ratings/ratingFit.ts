import type { RatedText } from '../data/trainingData';

/** Rows with labels for one objective, as indices into a matrix of features. */
export interface RatedObjective {
  readonly name: string;
  readonly kind: 'linear' | 'logistic';
  /** Rows of the feature matrix; the fields below are in this order. */
  readonly rows: Int32Array; // [n]
  /** 0 or 1 for `logistic`. */
  readonly targets: Float64Array; // [n]
  /** Texts of one group are never on both sides of a split. */
  readonly groups: readonly string[]; // [n]
}

/** One linear function of raw features: w·x + b, standardisation folded in. */
export interface RatingFit {
  readonly name: string;
  readonly kind: 'linear' | 'logistic';
  readonly weight: Float64Array; // [columns]
  readonly bias: number;
  /** The penalty that was chosen. */
  readonly penalty: number;
  /** Mean loss on held-out rows (squared error, or −log p) for each penalty, in the recipe's order. */
  readonly penalties: readonly { readonly penalty: number; readonly loss: number }[];
  readonly heldOut: HeldOutPredictions;
}

/** What models that have seen neither a row nor its group say of it. */
export interface HeldOutPredictions {
  /** Places in `RatedObjective.rows` that were held out: all of them with folds. */
  readonly places: Int32Array;
  /** w·x + b, before any sigmoid. */
  readonly predictions: Float64Array; // [places]
  /** Which fold a place was held out in; all 0 for one validation split. */
  readonly fold: Int32Array; // [places]
  /** How many folds there are; 1 for one validation split. */
  readonly folds: number;
}

/** What the table of objectives is made from: see `reportRating`. */
export interface RatingReportParams {
  readonly fit: RatingFit;
  readonly objective: RatedObjective;
  /** In the order of `objective.rows`. */
  readonly texts: readonly Pick<RatedText, 'input'>[];
  /** What words alone are to be compared with. */
  readonly wordBaseline: 'response' | 'cosine';
  readonly seed: number;
}
