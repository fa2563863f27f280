import { resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { MergeMeasurement } from '../../core/merging/mergeMeasurement';
import { MergeScorer } from '../../engine/merging/mergeScorer';
import type { MeasureRecipeParams } from '../../engine/merging/mergeScorer';
import { openRewardModel } from '../../engine/reward/openRewardModel';
import type { RewardModel } from '../../engine/reward/rewardModel';
import { exitStatus, type CommandCall, type ExitStatus } from '../command';
import type { mergeScoreOptions } from './mergeOptions';
import { planRecipe } from './planRecipe';

type Call = CommandCall<typeof mergeScoreOptions>;

/** Of files that are not written. */
const anySize = 5e9;

/** `alidade merge score` */
export async function scoreMergeCommand({ positionals, options, terminal, context }: Call): Promise<ExitStatus> {
  checkOptions(options);
  const path = resolve(positionals[0]);
  const { stages } = await planRecipe({ path, options: { ...options, 'shard-size': anySize }, terminal }, context);
  const { device, threads, head } = options;
  const scorer = await openScorer(options, context);
  const merges = new MergeScorer();
  try {
    const measurement = await merges.measure(
      {
        merge: { recipe: stages, folders: [], headPath: head, device, threads },
        inputs: { rows: absolute(options.rows), texts: absolute(options.text), prompts: absolute(options.prompts) },
        options: { maxTokens: options['max-tokens'], truncate: options.truncate },
        answers: scorer === null ? undefined : answersOf(options, scorer),
      },
      context,
    );
    if (options.json) await terminal.writeJson(measurement);
    else await terminal.write(describeMeasurement(measurement));
    const failures = problemsOf(measurement);
    for (const failure of failures) terminal.fail(failure);
    return failures.length === 0 ? exitStatus.done : exitStatus.failed;
  } finally {
    await merges.close();
    await scorer?.release();
  }
}

/** @throws AlidadeError `usage` */
function checkOptions({ rows, text, prompts, reward, head }: Call['options']): void {
  const usage = (message: string): AlidadeError =>
    new AlidadeError({ code: 'usage', message, hint: 'see alidade merge score --help' });
  if (rows === undefined && text === undefined && prompts === undefined) {
    throw usage('nothing to measure on: give --rows, --text or --prompts');
  }
  if (rows !== undefined && prompts !== undefined) throw usage('--rows and --prompts exclude each other');
  if (prompts !== undefined && reward === undefined) throw usage('--prompts needs --reward, which scores the answers');
  if (prompts === undefined && reward !== undefined) {
    throw usage('--reward scores answers to --prompts; rows are scored by the merge itself, or by --head on its body');
  }
  if (prompts !== undefined && head !== undefined) throw usage('--head rates --rows, not answers to --prompts');
}

async function openScorer(
  { prompts, reward, device, threads }: Call['options'],
  context: Call['context'],
): Promise<RewardModel | null> {
  if (prompts === undefined || reward === undefined) return null;
  return openRewardModel({ reference: reward, device, dtype: 'auto', threads }, context);
}

function answersOf(options: Call['options'], scorer: RewardModel): NonNullable<MeasureRecipeParams['answers']> {
  const { temperature, seed } = options;
  return { temperature, maxNewTokens: options['max-new-tokens'], seed, scorer };
}

function absolute(path: string | undefined): string | null {
  return path === undefined ? null : resolve(path);
}

function describeMeasurement(measurement: MergeMeasurement): string {
  const { reward, perplexity, mergedTensors, mergeMilliseconds, milliseconds } = measurement;
  const seconds = (value: number): string => `${(value / 1000).toFixed(1)} s`;
  const lines = [
    `merged in memory: ${mergedTensors} tensors in ${seconds(mergeMilliseconds)} of ${seconds(milliseconds)}`,
  ];
  if (reward !== null) {
    const scored = reward.rows.filter((row) => row.reward !== null).length;
    const what = reward.isOfGenerated ? 'answers' : 'rows';
    lines.push(`reward: ${reward.mean} (mean of ${scored} ${what}; ${reward.model})`);
  }
  if (perplexity !== null) lines.push(`perplexity: ${perplexity.perplexity} (${perplexity.tokens} tokens)`);
  return `${lines.join('\n')}\n`;
}

/** What did not count, each with its row. */
function problemsOf({ reward, perplexity }: MergeMeasurement): string[] {
  const ofRows = (reward?.rows ?? []).flatMap(({ id, error }) => (error === null ? [] : [{ id, error }]));
  return [...ofRows, ...(perplexity?.errors ?? [])].map(({ id, error }) =>
    error.startsWith('row ') ? error : `row ${id}: ${error}`,
  );
}
