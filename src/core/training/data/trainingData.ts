import type { ScorableInput } from '../../promptFile/scorableRow';
import type { CheckRecipe } from '../recipe/headRecipe';
import type { DataReport } from '../trainingReport';

/** A text with a label for one objective. */
export interface RatedText {
  readonly id: string;
  readonly input: ScorableInput;
  /** 0 or 1 for yes/no objectives; else what is learnt (in [0, 1] where the objective has a scale). */
  readonly target: number;
  /** Texts of one group are never on both sides of a split. */
  readonly group: string;
}

/** Two responses to one prompt, of which the first is preferred. */
export interface PreferencePair {
  readonly id: string;
  readonly chosen: ScorableInput;
  readonly rejected: ScorableInput;
  readonly group: string;
  readonly subset: string | null;
}

/** Rows that were not used, counted by reason. */
export interface RefusedRows {
  /** In words, the same for all of them. */
  readonly reason: string;
  readonly count: number;
  /** The first of them: file and line. */
  readonly first: string;
}

export interface RatedSet {
  readonly objective: string;
  readonly texts: readonly RatedText[];
  readonly refused: readonly RefusedRows[];
}

export interface PairSet {
  /** Name of the data. */
  readonly name: string;
  readonly pairs: readonly PreferencePair[];
  readonly refused: readonly RefusedRows[];
}

/** A file that was read. */
export interface DataFileRecord {
  /** As the recipe names it. */
  readonly name: string;
  readonly sha256: string;
  readonly rows: number;
}

/** Responses that a correction for verbosity is measured on. */
export interface ResponseSet {
  /** Name of the data. */
  readonly name: string;
  readonly inputs: readonly ScorableInput[];
}

/** Rows of a check: `texts` of an objective, or `pairs` for the score. What is trained on elsewhere is not among them. */
export interface CheckSet {
  readonly check: CheckRecipe;
  readonly texts: readonly RatedText[];
  readonly pairs: readonly PreferencePair[];
  /** By text or pair: the groups whose errors are counted that it is in; empty without groups. */
  readonly memberships: readonly (readonly string[])[];
  readonly refused: readonly RefusedRows[];
}

/** Everything that a head recipe is trained and checked on. */
export interface TrainingData {
  /** One for each objective that is learnt, in their order. */
  readonly rated: readonly RatedSet[];
  /** One for each data set that `gate`, `preference` or `semi_supervised` names. */
  readonly pairs: readonly PairSet[];
  /** null: there is no correction. */
  readonly verbosity: ResponseSet | null;
  readonly checks: readonly CheckSet[];
  readonly data: readonly DataReport[];
  /** In words, for people. */
  readonly warnings: readonly string[];
}
