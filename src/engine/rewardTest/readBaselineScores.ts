import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { isRecord } from '../../core/promptFile/rowProblem';
import { isScoreFile } from '../../core/rewardTest/readExpectations';
import { readRecordedScore } from '../../core/rewardTest/recordedScore';
import type { Baseline, Expectation, Scope } from '../../core/rewardTest/rewardTest';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';
import { splitLines } from '../promptFile/splitLines';
import type { TestScorer } from './runRewardTests';

export interface BaselineScores {
  /** @throws AlidadeError `not_found` for a baseline that has no recorded score. */
  scoreOf(baseline: Baseline, scope: Scope): number;
}

export interface ReadBaselineScoresParams {
  readonly expectations: readonly Expectation[];
  /** Of the test file. */
  readonly path: string;
  readonly scorer: TestScorer;
}

/**
 * The recorded scores that a test has to beat, found before anything is scored.
 * @throws AlidadeError `not_found` (file, or id in it), `format`, `usage` when another model gave them.
 */
export async function readBaselineScores(
  { expectations, path, scorer }: ReadBaselineScoresParams,
  context: JobContext,
): Promise<BaselineScores> {
  const scores = new Map<Baseline, number>();
  for (const expectation of expectations) {
    if (expectation.kind !== 'beats' || expectation.baseline.kind !== 'file') continue;
    const { baseline, scope } = expectation;
    const { file, id } = baseline;
    if (!isScoreFile(file.value)) continue;
    const source = resolve(dirname(path), file.value);
    const recorded = readRecordedScore(await findLine(source, id, context), scope);
    if (recorded === null) {
      throw new AlidadeError({ code: 'format', message: `${source} has no score for ${JSON.stringify(id)}` });
    }
    const { hash, name } = scorer.description;
    if (recorded.modelHash !== null && recorded.modelHash !== hash) {
      throw new AlidadeError({
        code: 'usage',
        message: `${source}: ${recorded.modelName ?? 'another model'} gave the score for ${JSON.stringify(id)}, not ${name}`,
        hint: 'scores of two models cannot be compared: record it again with --record',
      });
    }
    scores.set(baseline, recorded.score);
  }
  return {
    scoreOf: (baseline) => {
      const found = scores.get(baseline);
      if (found !== undefined) return found;
      throw new AlidadeError({ code: 'not_found', message: 'a baseline has no recorded score' });
    },
  };
}

/** The last line with this id. */
async function findLine(path: string, id: string, { signal }: JobContext): Promise<unknown> {
  let found: unknown = null;
  let line = 0;
  for await (const text of readLines(path, signal)) {
    line += 1;
    if (text.trim() === '') continue;
    const value = parseLine(text, path, line);
    if (isRecord(value) && String(value['id']) === id) found = value;
  }
  if (found !== null) return found;
  throw new AlidadeError({
    code: 'not_found',
    message: `${path} has no line with the id ${JSON.stringify(id)}`,
    hint: 'name another `id`, or record the score with --record',
  });
}

function parseLine(text: string, path: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AlidadeError({ code: 'format', message: `${path}: line ${line} is not JSON`, cause });
  }
}

async function* readLines(path: string, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  try {
    if (!(await stat(path)).isFile()) {
      throw new AlidadeError({ code: 'unsupported', message: `${path} is not a file`, hint: 'name recorded scores' });
    }
    const bytes = createReadStream(path, { signal }) as AsyncIterable<Buffer>;
    for await (const line of splitLines(bytes, path)) yield decoder.decode(line);
  } catch (error) {
    throwIfCancelled(signal);
    throw describeFileError(error, path);
  }
}
