import type { RowMap } from './mergePlan';

/** Which rows of each model's tables the output has. */
export interface VocabularyPlan {
  /** Rows of the output's tables. */
  readonly rows: number;
  /** By key of the model; null: rows stay where they are. */
  readonly maps: ReadonlyMap<string, RowMap | null>;
}
