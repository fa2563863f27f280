import type { Span } from '../promptFile/locateJson';
import type { RewardTestResult } from './rewardTestResult';

/** A result with where its test stands. */
export interface ReportedTest {
  /** As the user named it. */
  readonly file: string;
  /** Of the file, to find lines in it. */
  readonly text: string;
  /** Of the test; null: the file could not be read. */
  readonly span: Span | null;
  readonly result: RewardTestResult;
}
