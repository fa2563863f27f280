import { dirname } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { DtypeChoice } from '../../core/device';
import type { JobContext } from '../../core/jobContext';
import { findUnknownObjectives, findUnknownWeights } from '../../core/rewardTest/findUnknownObjectives';
import type { RewardTest, RewardTestFile } from '../../core/rewardTest/rewardTest';
import type { RewardTestError, RewardTestResult } from '../../core/rewardTest/rewardTestResult';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import type { RowScorer } from '../reward/rowScorer';
import { runRewardTest } from './runRewardTest';

/** Which model, as a test file names it. */
export interface TestModelReference {
  readonly reference: string;
  /** Folder from which a relative name is taken. */
  readonly cwd: string | undefined;
  /** null: the caller's. */
  readonly dtype: DtypeChoice | null;
}

export type TestScorer = Pick<RowScorer, 'description' | 'scoreBatch'>;

/** Whoever runs tests has the models: a command line opens them, a process that serves an editor keeps them open. */
export interface TestModels {
  useScorer<Result>(
    model: TestModelReference,
    context: JobContext,
    use: (scorer: TestScorer) => Promise<Result>,
  ): Promise<Result>;
  /** The texts of some answers. @throws as `answerMessages`. */
  answer(model: TestModelReference, params: AnswerParams, context: JobContext): Promise<readonly string[]>;
}

export interface AnswerParams {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly count: number;
  readonly temperature: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

export interface RunRewardTestsParams {
  readonly file: RewardTestFile;
  /** Absolute: relative names in the file are taken from its folder. */
  readonly path: string;
  /** Of the tests that are run; null: all. */
  readonly ids: ReadonlySet<string> | null;
  /** Goes before the file's; null: the file has to name one. */
  readonly model: TestModelReference | null;
  /** In place of `model` where the file names none. */
  readonly fallbackModel?: TestModelReference | undefined;
  readonly models: TestModels;
  readonly onStart?: ((test: RewardTest) => void) | undefined;
  /** Told each result as soon as it is there. */
  readonly onResult: (result: RewardTestResult) => void | Promise<void>;
}

/**
 * Runs the tests of a file one after the other. What is wrong with a test, or with the model, is its result.
 * @throws AlidadeError `cancelled` only.
 */
export async function runRewardTests(params: RunRewardTestsParams, context: JobContext): Promise<void> {
  const { file, ids, models, onResult } = params;
  const tests = file.tests.filter(({ id }) => ids === null || ids.has(id));
  const left = new Set(tests);
  const finish = async (test: RewardTest, result: RewardTestResult): Promise<void> => {
    left.delete(test);
    await onResult(result);
  };
  for (const test of tests) {
    if (test.skip !== null) await finish(test, { ...emptyResult(test), outcome: 'skipped', skip: test.skip });
    else if (test.plan === null || !file.isRunnable) await finish(test, erroredResult(test, problemsOf(file, test)));
  }
  if (left.size === 0) return;
  try {
    await models.useScorer(modelOf(params), context, async (scorer) => {
      for (const test of tests.filter((candidate) => left.has(candidate))) {
        throwIfCancelled(context.signal);
        params.onStart?.(test);
        const begin = performance.now();
        const result = await runOne(test, params, scorer, context);
        await finish(test, { ...result, milliseconds: performance.now() - begin });
      }
    });
  } catch (error) {
    throwIfCancelled(context.signal);
    // The model could not be opened, or broke: all tests that wait for it share its failure.
    for (const test of tests.filter((candidate) => left.has(candidate))) {
      await finish(test, erroredResult(test, [errorOf(error, null)]));
    }
  }
}

async function runOne(
  test: RewardTest,
  { file, path, models }: RunRewardTestsParams,
  scorer: TestScorer,
  context: JobContext,
): Promise<RewardTestResult> {
  const unknown = [...findUnknownWeights(file, scorer.description), ...findUnknownObjectives(test, scorer.description)];
  const base = { ...emptyResult(test), model: scoringModelOf(scorer.description) };
  if (0 < unknown.length) {
    const errors = unknown.map(({ message, span }) => ({ code: 'usage' as const, message, hint: null, span }));
    return { ...base, outcome: 'errored', errors };
  }
  try {
    const { weightSpans: _weightSpans, dtype: _dtype, ...options } = file.options;
    const outcome = await runRewardTest({ test, path, options, scorer, models }, context);
    return { ...base, ...outcome, outcome: outcome.failures.length === 0 ? 'passed' : 'failed' };
  } catch (error) {
    throwIfCancelled(context.signal);
    return { ...base, outcome: 'errored', errors: [errorOf(error, null)] };
  }
}

/** @throws AlidadeError `usage` when nobody names a model. */
function modelOf({ file, path, model, fallbackModel }: RunRewardTestsParams): TestModelReference {
  if (model !== null) return { ...model, dtype: model.dtype ?? file.options.dtype ?? null };
  if (file.model !== null) {
    return { reference: file.model.value, cwd: dirname(path), dtype: file.options.dtype ?? null };
  }
  if (fallbackModel !== undefined) return { ...fallbackModel, dtype: file.options.dtype ?? fallbackModel.dtype };
  throw new AlidadeError({
    code: 'usage',
    message: `${path} names no model`,
    hint: 'add `model:` to it, or give --model',
  });
}

function scoringModelOf({ name, hash, device, dtype }: RewardModelDescription): RewardTestResult['model'] {
  return { name, hash, device, dtype };
}

function problemsOf(file: RewardTestFile, test: RewardTest): readonly RewardTestError[] {
  const isOwn = test.plan === null;
  const problems = (isOwn ? test.problems : file.problems).filter(({ severity }) => severity === 'error');
  return problems.map(({ message, span }) => ({ code: 'format', message, hint: null, span }));
}

/** A result with nothing in it yet. */
export function emptyResult({ id, name }: Pick<RewardTest, 'id' | 'name'>): RewardTestResult {
  return {
    id,
    name,
    outcome: 'errored',
    failures: [],
    errors: [],
    skip: null,
    responses: [],
    row: null,
    rows: null,
    meanScore: null,
    model: null,
    milliseconds: 0,
  };
}

function erroredResult(test: RewardTest, errors: readonly RewardTestError[]): RewardTestResult {
  return { ...emptyResult(test), errors };
}

/** Whatever was thrown, as an error of a test. */
export function errorOf(error: unknown, span: RewardTestError['span']): RewardTestError {
  if (error instanceof AlidadeError) {
    return { code: error.code, message: error.message, hint: error.hint ?? null, span };
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error), hint: null, span };
}
