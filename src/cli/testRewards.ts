import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AlidadeError } from '../core/alidadeError';
import { countOf } from '../core/describeQuantity';
import type { JobContext } from '../core/jobContext';
import { parseRewardTests } from '../core/rewardTest/parseRewardTests';
import { recordOf } from '../core/rewardTest/recordedScore';
import type { ReportedTest } from '../core/rewardTest/reportedTest';
import type { RewardTest, RewardTestFile } from '../core/rewardTest/rewardTest';
import type { RewardTestError, RewardTestResult } from '../core/rewardTest/rewardTestResult';
import { writeJunit } from '../core/rewardTest/writeJunit';
import { writeTapBailOut, writeTapHeader, writeTapPoint } from '../core/rewardTest/writeTap';
import { replaceFile } from '../engine/replaceFile';
import { findTestFiles } from '../engine/rewardTest/findTestFiles';
import { openTestModels } from '../engine/rewardTest/openTestModels';
import { readTestText } from '../engine/rewardTest/readTestText';
import { emptyResult, errorOf, runRewardTests, type TestModels } from '../engine/rewardTest/runRewardTests';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import type { testOptions } from './options';
import type { Terminal } from './terminal';

type Options = CommandCall<typeof testOptions>['options'];

/** `alidade test` */
export async function testRewards({
  positionals,
  options,
  terminal,
  context,
}: CommandCall<typeof testOptions>): Promise<ExitStatus> {
  const pattern = readPattern(options.grep);
  for (const path of [options.junit, options.record]) if (path !== undefined) await checkFolder(path);
  const names = await findTestFiles(positionals, context.signal);
  const files = await Promise.all(names.map((name) => readTestFile(name, pattern)));
  const count = files.reduce((sum, { points }) => sum + points, 0);
  if (count === 0) throw noTests(names, options.grep);
  const report = new TestReport(count, options, terminal);
  await report.begin();
  const { device, threads } = options;
  const models = openTestModels({ device, threads });
  try {
    for (const file of files) await runFile({ file, options, models, report }, context);
  } catch (error) {
    await report.bailOut(context.signal.aborted ? 'cancelled' : String(error));
    throw error;
  } finally {
    await models.release();
  }
  return report.end();
}

/** A test file as far as it could be read. */
interface NamedTestFile {
  /** As the user has it. */
  readonly name: string;
  readonly text: string;
  readonly parsed: RewardTestFile | null;
  /** Those that are run. */
  readonly tests: readonly RewardTest[];
  /** What keeps all of it from being run. */
  readonly errors: readonly RewardTestError[];
  /** Test points that it makes. */
  readonly points: number;
}

async function readTestFile(name: string, pattern: RegExp | null): Promise<NamedTestFile> {
  let text = '';
  try {
    text = await readTestText(name);
  } catch (error) {
    return { name, text, parsed: null, tests: [], errors: [errorOf(error, null)], points: 1 };
  }
  const parsed = parseRewardTests(text);
  if (parsed.isRunnable) {
    const tests = parsed.tests.filter((test) => pattern === null || pattern.test(test.id));
    return { name, text, parsed, tests, errors: [], points: tests.length };
  }
  const errors = parsed.problems
    .filter(({ severity }) => severity === 'error')
    .map(({ message, span }) => ({ code: 'format' as const, message, hint: null, span }));
  return { name, text, parsed, tests: [], errors, points: 1 };
}

interface RunFileParams {
  readonly file: NamedTestFile;
  readonly options: Options;
  readonly models: TestModels;
  readonly report: TestReport;
}

async function runFile({ file, options, models, report }: RunFileParams, context: JobContext): Promise<void> {
  const { name, text, parsed, tests, errors } = file;
  if (parsed === null || 0 < errors.length) {
    const result = { ...emptyResult({ id: 'can be read', name }), errors };
    await report.add({ file: name, text, span: null, result });
    return;
  }
  const spans = new Map(tests.map(({ id, span }) => [id, span]));
  const dtype = options.dtype === 'auto' ? null : options.dtype;
  // A relative name is taken from the current folder here, and from the file's where the file names the model.
  const model = options.model === undefined ? null : { reference: options.model, cwd: undefined, dtype };
  const override = dtype === null ? parsed : { ...parsed, options: { ...parsed.options, dtype } };
  await runRewardTests(
    {
      file: override,
      path: resolve(name),
      ids: new Set(spans.keys()),
      model,
      models,
      onStart: (test) => context.progress({ message: `${name}: ${test.name}`, ...report.progress }),
      onResult: (result) => report.add({ file: name, text, span: spans.get(result.id) ?? null, result }),
    },
    context,
  );
}

/** Counts and prints the results as they come, and keeps what the files need. */
class TestReport {
  readonly #count: number;
  readonly #options: Options;
  readonly #terminal: Terminal;
  readonly #tests: ReportedTest[] = [];

  constructor(count: number, options: Options, terminal: Terminal) {
    this.#count = count;
    this.#options = options;
    this.#terminal = terminal;
  }

  get progress(): { readonly done: number; readonly total: number } {
    return { done: this.#tests.length, total: this.#count };
  }

  async begin(): Promise<void> {
    if (!this.#options.json) await this.#terminal.write(writeTapHeader(this.#count));
  }

  async add(test: ReportedTest): Promise<void> {
    const isNeeded = this.#options.junit !== undefined || this.#options.record !== undefined;
    this.#tests.push(isNeeded ? test : { ...test, text: '', result: { ...test.result, responses: [], row: null } });
    if (this.#options.json) {
      const { row: _row, ...result } = test.result;
      await this.#terminal.writeJson({ file: test.file, ...result });
    } else {
      await this.#terminal.write(writeTapPoint(this.#tests.length, test));
    }
    for (const { message, hint } of test.result.errors) {
      this.#terminal.fail(`${test.file}: ${test.result.id}: ${message}${hint === null ? '' : `: ${hint}`}`);
    }
  }

  async bailOut(reason: string): Promise<void> {
    if (!this.#options.json) await this.#terminal.write(writeTapBailOut(reason));
  }

  /** Writes the files and says how it went. @throws AlidadeError when a file cannot be written. */
  async end(): Promise<ExitStatus> {
    const { junit, record } = this.#options;
    if (junit !== undefined) await replaceFile(junit, writeJunit(this.#tests));
    if (record !== undefined) await replaceFile(record, this.#records());
    const failed = this.#countOf('failed');
    const errored = this.#countOf('errored');
    const parts = [`${this.#countOf('passed')} passed`];
    if (0 < failed) parts.push(`${failed} failed`);
    if (0 < errored) parts.push(`${errored} could not be run`);
    if (0 < this.#countOf('skipped')) parts.push(`${this.#countOf('skipped')} skipped`);
    this.#terminal.log(`${countOf(this.#count, 'test')}: ${parts.join(', ')}`);
    return failed + errored === 0 ? exitStatus.done : exitStatus.failed;
  }

  #countOf(outcome: RewardTestResult['outcome']): number {
    return this.#tests.filter(({ result }) => result.outcome === outcome).length;
  }

  #records(): string {
    const records = this.#tests.flatMap(({ result }) => recordOf(result) ?? []);
    return records.map((record) => `${JSON.stringify(record)}\n`).join('');
  }
}

/** Before the tests, which may take long. @throws AlidadeError `not_found` when nothing can be written there. */
async function checkFolder(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory() === true) return;
  const message = `${path} cannot be written: ${folder} is no folder`;
  throw new AlidadeError({ code: 'not_found', message, hint: 'make it, or name another file' });
}

/** @throws AlidadeError `usage` */
function readPattern(grep: string | undefined): RegExp | null {
  if (grep === undefined) return null;
  try {
    return new RegExp(grep, 'u');
  } catch (cause) {
    const message = `--grep ${grep} is not a regular expression`;
    throw new AlidadeError({ code: 'usage', message, hint: 'put a backslash before ( [ . * + ?', cause });
  }
}

function noTests(names: readonly string[], grep: string | undefined): AlidadeError {
  if (names.length === 0) {
    return new AlidadeError({
      code: 'not_found',
      message: 'there are no test files',
      hint: 'they are called *.reward.yaml: name one, or a folder that has some',
    });
  }
  const what = grep === undefined ? '' : ` whose names match ${grep}`;
  return new AlidadeError({
    code: 'not_found',
    message: `there are no tests${what} in ${countOf(names.length, 'file')}`,
  });
}
