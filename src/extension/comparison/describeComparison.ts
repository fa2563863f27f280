import {
  comparedInputs,
  isSamePrompt,
  type ComparisonRecord,
  type RecordedAnswer,
  type RecordedCell,
  type RecordedInput,
} from '../../core/comparison/comparisonRecord';
import { compareProfiles } from '../../core/comparison/profileDifference';
import { compareVersions } from '../../core/comparison/versionComparison';
import type {
  AnswerView,
  CellView,
  ComparisonAction,
  ComparisonState,
  ComparisonView,
  InputView,
} from '../../protocol/comparisonView';

/** Everything that the page of a comparison is drawn from. */
export interface ComparisonKnowledge {
  readonly title: string;
  readonly record: ComparisonRecord;
  readonly state: ComparisonState;
  readonly notes: readonly string[];
  readonly stale: string | null;
  /** Scoring or answering fails because the starter has not been fetched. */
  readonly isStarterMissing: boolean;
}

export function describeComparison(knowledge: ComparisonKnowledge): ComparisonView {
  const { title, record, state, notes, stale } = knowledge;
  const { first, second, generation, model, inputs } = record;
  return {
    ...{ title, first, second, state, generation, model, notes, stale },
    inputs: inputs.map(describeInput),
    comparison: compareVersions(comparedInputs(inputs)),
    profiles: compareProfiles(inputs.map((input) => ({ first: input.first.profile, second: input.second.profile }))),
    actions: actionsOf(knowledge),
  };
}

function describeInput(input: RecordedInput): InputView {
  const { name, values, first, second } = input;
  return {
    name,
    values: Object.entries(values).map(([key, value]) => ({ name: key, value: describeValue(value) })),
    samePrompt: isSamePrompt(input),
    first: describeCell(first),
    second: describeCell(second),
  };
}

function describeValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function describeCell({ state, problem, messages, answers }: RecordedCell): CellView {
  return { state, problem, rendered: messages !== null, answers: answers.map(describeAnswer) };
}

function describeAnswer({ text, finishReason, scored, problem }: RecordedAnswer): AnswerView {
  return {
    ...{ text, finishReason, problem },
    score: scored?.score ?? null,
    responseTokens: scored?.responseTokens ?? null,
    truncated: scored?.truncated ?? false,
  };
}

const exports: readonly ComparisonAction[] = ['save', 'copyJson', 'copyCsv'];

function actionsOf({ state, record, isStarterMissing }: ComparisonKnowledge): readonly ComparisonAction[] {
  const hasAnswers = record.inputs.some(({ first, second }) => 0 < first.answers.length + second.answers.length);
  const kept = hasAnswers ? exports : [];
  switch (state.kind) {
    case 'idle':
      return ['runAgain'];
    case 'running':
      return ['stop'];
    case 'done':
      return ['runAgain', ...kept];
    case 'stopped':
      return ['resume', 'runAgain', ...kept];
    case 'failed':
      if (isStarterMissing) return ['fetchStarter', 'chooseModel', 'openGeneratorSettings', ...kept];
      // Without inputs it never began: the versions themselves are at fault.
      if (record.inputs.length === 0) return ['runAgain', 'showLog'];
      return ['resume', 'runAgain', 'chooseModel', 'openGeneratorSettings', 'showLog', ...kept];
  }
}
