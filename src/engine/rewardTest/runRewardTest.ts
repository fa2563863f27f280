import { dirname, resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { Message } from '../../core/promptFile/message';
import { readScorableRow } from '../../core/promptFile/readScorableRow';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { RewardBreakdown, ScoredRow } from '../../core/reward/rewardBreakdown';
import { evaluateRewardTest } from '../../core/rewardTest/evaluateRewardTest';
import { isScoreFile } from '../../core/rewardTest/readExpectations';
import { ResponseSummary } from '../../core/rewardTest/responseSummary';
import type { Baseline, Expectation, NamedResponse, RewardTest, Scope } from '../../core/rewardTest/rewardTest';
import type { RewardTestResult, ScoredResponse } from '../../core/rewardTest/rewardTestResult';
import { spokenText } from '../../core/rewardTest/spokenText';
import { openDataInputs } from '../promptFile/dataInput';
import type { ScoreOptions } from '../reward/rewardModel';
import { scoreRows } from '../reward/scoreRows';
import { readBaselineScores, type BaselineScores } from './readBaselineScores';
import { readTestText } from './readTestText';
import { renderTestPrompt } from './renderTestPrompt';
import type { TestModels, TestScorer } from './runRewardTests';

export interface RunRewardTestParams {
  readonly test: RewardTest;
  /** Of the test file, absolute. */
  readonly path: string;
  readonly options: ScoreOptions;
  readonly scorer: TestScorer;
  readonly models: TestModels;
}

export type TestOutcome = Pick<RewardTestResult, 'failures' | 'responses' | 'row' | 'rows' | 'meanScore'>;

const score = { kind: 'score' } as const;

/**
 * Scores what a test names and holds it against what it expects.
 * @throws AlidadeError for whatever keeps it from being found out.
 */
export async function runRewardTest(params: RunRewardTestParams, context: JobContext): Promise<TestOutcome> {
  const { plan } = params.test;
  if (plan === null) throw new Error('the test has problems');
  const { subject } = plan;
  const recorded = await readBaselineScores({ ...params, expectations: plan.expectations }, context);
  if (subject.kind === 'rows') return runRows(subject.file.value, params, recorded, context);
  const folder = dirname(params.path);
  const { conversation } = subject;
  const messages =
    conversation.kind === 'messages' ? conversation.messages : await renderTestPrompt(conversation, folder);
  const responses = subject.kind === 'generate' ? await makeAnswers(messages, params, context) : subject.responses;
  const baselines = await readBaselineTexts(plan.expectations, folder);
  const breakdowns = await scoreTexts({ messages, responses, baselines: [...baselines.values()] }, params, context);
  const scored = responses.map(({ name }, index): ScoredResponse => ({ name, breakdown: breakdowns[index] }));
  const summary = new ResponseSummary();
  for (const response of scored) summary.add(response);
  const scoreOfText = new Map(
    [...baselines.keys()].map((baseline, index) => [baseline, breakdowns[responses.length + index].score]),
  );
  const baselineScore = (baseline: Baseline, scope: Scope): number =>
    scoreOfText.get(baseline) ?? recorded.scoreOf(baseline, scope);
  const failures = evaluateRewardTest({ expectations: plan.expectations, responses: scored, summary, baselineScore });
  const row = rowOf(params.test.id, messages, responses);
  return { failures, responses: scored, row, rows: null, meanScore: summary.mean(score) };
}

async function makeAnswers(
  messages: readonly Message[],
  { test, path, models }: RunRewardTestParams,
  context: JobContext,
): Promise<readonly NamedResponse[]> {
  if (test.plan?.subject.kind !== 'generate') return [];
  const { settings } = test.plan.subject;
  const { answers: count, temperature, maxNewTokens, seed } = settings;
  const reference = { reference: settings.model.value, cwd: dirname(path), dtype: null };
  const answers = await models.answer(reference, { messages, count, temperature, maxNewTokens, seed }, context);
  const { span } = settings.model;
  const named = answers.map((text, index) => ({ name: `answer ${index + 1}`, text, span }));
  const empty = named.find(({ text }) => text.trim() === '');
  if (empty === undefined) return named;
  throw new AlidadeError({
    code: 'row',
    message: `${empty.name} of ${settings.model.value} is empty: it cannot be scored`,
    hint: 'choose another seed, a higher temperature, or another model',
  });
}

/** The texts that a response is held against, by the baseline that names them. */
async function readBaselineTexts(
  expectations: readonly Expectation[],
  folder: string,
): Promise<ReadonlyMap<Baseline, string>> {
  const texts = new Map<Baseline, string>();
  for (const expectation of expectations) {
    if (expectation.kind !== 'beats') continue;
    const { baseline } = expectation;
    if (baseline.kind === 'text') texts.set(baseline, baseline.text);
    else if (!isScoreFile(baseline.file.value)) {
      const path = resolve(folder, baseline.file.value);
      const text = spokenText(await readTestText(path));
      if (text.trim() === '') throw new AlidadeError({ code: 'row', message: `${path} is empty: no baseline` });
      texts.set(baseline, text);
    }
  }
  return texts;
}

interface TextsToScore {
  readonly messages: readonly Message[];
  readonly responses: readonly NamedResponse[];
  readonly baselines: readonly string[];
}

/** @returns the breakdowns of the responses, then of the baselines. */
async function scoreTexts(
  { messages, responses, baselines }: TextsToScore,
  { test, scorer, options }: RunRewardTestParams,
  context: JobContext,
): Promise<readonly RewardBreakdown[]> {
  const texts = [...responses.map(({ text }) => text), ...baselines];
  const row = readScorableRow({ id: test.id, messages, responses: texts }, test.id);
  const [scored] = await scorer.scoreBatch([row], options, context);
  return breakdownsOf(scored);
}

/** @throws AlidadeError with the row's error. */
function breakdownsOf(scored: ScoredRow): readonly RewardBreakdown[] {
  if ('error' in scored) throw new AlidadeError(scored.error);
  if ('margin' in scored) return [scored.chosen];
  return 'responses' in scored ? scored.responses : [scored];
}

function rowOf(id: string, messages: readonly Message[], responses: readonly NamedResponse[]): ScorableRow {
  const [first] = responses;
  const fields = responses.length === 1 ? { response: first.text } : { responses: responses.map(({ text }) => text) };
  return readScorableRow({ id, messages, ...fields }, id);
}

/** Every row of a data file: of a pair, its chosen response counts. */
async function runRows(
  file: string,
  { test, path, options, scorer }: RunRewardTestParams,
  recorded: BaselineScores,
  context: JobContext,
): Promise<TestOutcome> {
  const source = resolve(dirname(path), file);
  const [input] = await openDataInputs({ paths: [source] });
  const summary = new ResponseSummary();
  const rows = input.rows({ signal: context.signal });
  let count = 0;
  for await (const scored of scoreRows({ model: scorer, rows, options }, { ...context, progress: () => undefined })) {
    count += 1;
    context.progress({ message: test.name, done: count, unit: 'rows' });
    if ('error' in scored) {
      throw new AlidadeError({
        code: 'row',
        message: `${source}: ${scored.error.message}`,
        hint: 'mend the row, or leave it out of the file',
      });
    }
    summary.addRow('margin' in scored ? scored.margin : null);
    breakdownsOf(scored).forEach((breakdown, index, all) => {
      summary.add({ name: all.length === 1 ? scored.id : `${scored.id}, response ${index + 1}`, breakdown });
    });
  }
  if (count === 0) throw new AlidadeError({ code: 'row', message: `${source} has no rows`, hint: 'name another file' });
  const { expectations } = test.plan ?? { expectations: [] };
  const baselineScore = (baseline: Baseline, scope: Scope): number => recorded.scoreOf(baseline, scope);
  const failures = evaluateRewardTest({ expectations, responses: [], summary, baselineScore });
  return { failures, responses: [], row: null, rows: summary.rowCounts, meanScore: summary.mean(score) };
}
