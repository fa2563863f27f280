import type { FeatureMatrix } from '../featureMatrix';
import type { MatrixProducts } from '../linear/matrixProducts';
import type { RatingsRecipe } from '../recipe/headRecipe';
import type { RatingSplit } from './ratingSplit';

/** Linear functions of raw features, one a target. */
export interface RatingModels {
  readonly weights: Float64Array; // [targets, columns]
  readonly biases: Float64Array; // [targets]
}

/** Rows that have the same labels (though not the same values), dealt to parts. */
export interface RatingProblem {
  readonly features: FeatureMatrix;
  readonly rows: Int32Array; // [n]
  /** One a target, in the order of the rows. */
  readonly targets: readonly Float64Array[]; // [targets][n]
  readonly split: RatingSplit;
  readonly ratings: RatingsRecipe;
  readonly products: MatrixProducts;
  /** Lets others have their turn. Throws when the fit is to stop. */
  readonly pause: () => Promise<void>;
}

/** Fits on all parts but some. */
export interface RatingPath {
  /** Models for every penalty, in their order. */
  fit(excluded: readonly number[], penalties: readonly number[]): Promise<RatingModels[]>;
}
