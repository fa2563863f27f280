import type { ErrorCode } from '../alidadeError';
import type { Span } from '../promptFile/locateJson';
import type { ScorableRow } from '../promptFile/scorableRow';
import type { RewardBreakdown } from '../reward/rewardBreakdown';

/** How one test ended. */
export interface RewardTestResult {
  /** Of the test, unique in its file. */
  readonly id: string;
  readonly name: string;
  /** `failed`: an expectation does not hold. `errored`: it could not be found out. */
  readonly outcome: 'passed' | 'failed' | 'errored' | 'skipped';
  readonly failures: readonly ExpectationFailure[];
  readonly errors: readonly RewardTestError[];
  /** Why it was left out; empty without a reason. */
  readonly skip: string | null;
  /** What was scored, in its order; empty for rows of a data file. */
  readonly responses: readonly ScoredResponse[];
  /** Those responses as a row that can be explained. */
  readonly row: ScorableRow | null;
  readonly rows: RowCounts | null;
  /** Mean score of everything that was scored. */
  readonly meanScore: number | null;
  readonly model: ScoringModel | null;
  readonly milliseconds: number;
}

/** Whose scores they are. */
export interface ScoringModel {
  readonly name: string;
  /** As in `RewardModelDescription`. */
  readonly hash: string;
  readonly device: string;
  readonly dtype: string;
}

export interface ScoredResponse {
  readonly name: string;
  readonly breakdown: RewardBreakdown;
}

/** What came of the rows of a data file. */
export interface RowCounts {
  readonly rows: number;
  readonly pairs: number;
  /** Pairs in which chosen scores strictly higher. */
  readonly wins: number;
  readonly ties: number;
  /** null without pairs. */
  readonly meanMargin: number | null;
}

/** An expectation that does not hold; `expected` and `actual` have a line for a line. */
export interface ExpectationFailure {
  readonly message: string;
  readonly expected: string;
  readonly actual: string;
  readonly span: Span;
}

export interface RewardTestError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
  /** What of the test file it is about; null: the test as a whole. */
  readonly span: Span | null;
}
