import type { GeneratedAnswer } from '../generation/generatedAnswer';
import type { Message } from '../promptFile/message';
import type { GatedObjective } from '../reward/promptProfile';
import type { RewardBreakdown } from '../reward/rewardBreakdown';
import type { RewardModelDescription } from '../reward/rewardModelDescription';
import type { ComparedInput } from './versionComparison';

/** A comparison of two versions of a prompt as far as it has come: all that is known of it. */
export interface ComparisonRecord {
  readonly first: RecordedVersion;
  readonly second: RecordedVersion;
  readonly generation: RecordedGeneration | null;
  /** null before the first score. */
  readonly model: RewardModelDescription | null;
  readonly inputs: readonly RecordedInput[];
}

export interface RecordedVersion {
  /** How it is told from the other one. */
  readonly name: string;
  /** Where it comes from: path, commit, prompt. */
  readonly detail: string;
}

export interface RecordedGeneration {
  /** The generator, in words. */
  readonly label: string;
  /** Answers for each version and input. */
  readonly answers: number;
  readonly temperature: number;
  readonly maxNewTokens: number;
  /** Of the first answer; each further one has the next number. */
  readonly seed: number;
}

export interface RecordedInput {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly first: RecordedCell;
  readonly second: RecordedCell;
}

/** What became of one version for one input. */
export interface RecordedCell {
  readonly state: 'waiting' | 'working' | 'done' | 'failed';
  /** Why it failed. */
  readonly problem: string | null;
  /** The rendered prompt; null where it could not be rendered. */
  readonly messages: readonly Message[] | null;
  /** By their place; the score of an answer comes after its text. */
  readonly answers: readonly RecordedAnswer[];
  /** What the model's gate weighs for the rendered prompt; null where there is no gate or it has not been asked. */
  readonly profile: readonly GatedObjective[] | null;
}

export interface RecordedAnswer extends GeneratedAnswer {
  readonly scored: ScoredAnswer | null;
  /** Why it has no score. */
  readonly problem: string | null;
}

export interface ScoredAnswer extends RewardBreakdown {
  readonly responseTokens: number;
}

/** The scored answers of complete cells: a cell that is being worked on would favour its first answers. */
export function comparedInputs(inputs: readonly RecordedInput[]): readonly ComparedInput[] {
  const scoredOf = ({ state, answers }: RecordedCell): readonly ScoredAnswer[] =>
    state === 'done' ? answers.flatMap(({ scored }) => (scored === null ? [] : [scored])) : [];
  return inputs.map(({ first, second }) => ({ first: scoredOf(first), second: scoredOf(second) }));
}

/** Both versions render the same conversation for every input: what differs is chance. */
export function isSamePrompt({ first, second }: RecordedInput): boolean {
  return first.messages !== null && JSON.stringify(first.messages) === JSON.stringify(second.messages);
}
