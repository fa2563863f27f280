import { resolve } from 'node:path';
import { AlidadeError } from '../core/alidadeError';
import type { JobContext } from '../core/jobContext';
import type { ScoredRow } from '../core/reward/rewardBreakdown';
import { readDataRows } from '../engine/promptFile/readDataRows';
import { openRewardModel } from '../engine/reward/openRewardModel';
import type { RewardModel } from '../engine/reward/rewardModel';
import { listBreakdowns, scoreRows } from '../engine/reward/scoreRows';
import { writeBreakdownTable } from './breakdownTable';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import { countOf, formatDuration } from './formatQuantity';
import { openInputs, type Input } from './openInput';
import type { scoreOptions } from './options';
import { ScoreProgress } from './scoreProgress';

/** `alidade score` */
export async function scoreFiles({
  positionals,
  options,
  terminal,
  context,
}: CommandCall<typeof scoreOptions>): Promise<ExitStatus> {
  const inputs = await openInputs(positionals);
  const { model: reference, head, device, dtype, threads } = options;
  const headPath = head === undefined ? undefined : resolve(head);
  const model = await openRewardModel({ reference, headPath, device, dtype, threads }, context);
  try {
    checkWeights(model, options.weights);
    if (options.table) await terminal.write(`${describeModel(model)}\n\n`);
    const progress = new ScoreProgress({ inputs, now: () => performance.now() });
    for (const input of inputs) {
      for await (const scored of scoreInput({ input, model, options, progress }, context)) {
        progress.addRow({ tokens: countTokens(scored), isError: 'error' in scored });
        const line = options.table ? writeBreakdownTable(scored) : JSON.stringify(scored);
        await terminal.write(`${line}\n`);
        terminal.showStatus(progress.describe());
      }
    }
    if (progress.rows === 0) context.logger.warn('no rows');
    else context.logger.info(`${progress.describeTotal()} in ${formatDuration(progress.seconds)}`);
    if (progress.errors === 0) return exitStatus.done;
    throw new AlidadeError({
      code: 'row',
      message: `${progress.errors} of ${countOf(progress.rows, 'row')} could not be scored`,
      hint: 'their output lines say why',
    });
  } finally {
    await model.release();
  }
}

function scoreInput(
  parts: {
    readonly input: Input;
    readonly model: RewardModel;
    readonly options: CommandCall<typeof scoreOptions>['options'];
    readonly progress: ScoreProgress;
  },
  context: JobContext,
): AsyncIterable<ScoredRow> {
  const { input, model, options, progress } = parts;
  const { name } = input;
  progress.startInput(input);
  const rows = readDataRows({
    source: input.open(context.signal),
    name,
    onPosition: (bytes) => progress.reach(bytes),
  });
  const { 'max-tokens': maxTokens, truncate, weights, states } = options;
  // The progress of all rows is shown, not that within one.
  const quietRows = { ...context, progress: () => undefined };
  return scoreRows({ model, rows, options: { maxTokens, truncate, weights, states } }, quietRows);
}

/** Before the first row: a run must not print half its lines and then find that it was called wrongly. */
function checkWeights(model: RewardModel, weights: Readonly<Record<string, number>> | undefined): void {
  if (weights === undefined) return;
  const { name, headKind, objectives } = model.description;
  if (headKind === 'gated') {
    throw new AlidadeError({
      code: 'usage',
      message: 'the weights of a gated model come from its gate',
      hint: 'leave --weights out',
    });
  }
  const known = objectives.map((objective) => objective.name);
  const unknown = Object.keys(weights).find((objective) => !known.includes(objective));
  if (unknown === undefined) return;
  throw new AlidadeError({
    code: 'usage',
    message: `${name} has no objective ${unknown}`,
    hint: `its objectives: ${known.join(', ')}`,
  });
}

/** Which model speaks: a table must not leave that open. */
function describeModel({ description }: RewardModel): string {
  const { name, head, device, dtype, mode } = description;
  return `${name} with ${head}, on ${device} in ${dtype.toUpperCase()}, weights ${mode}`;
}

function countTokens(scored: ScoredRow): number {
  return listBreakdowns(scored).reduce((sum, { tokens }) => sum + tokens, 0);
}
