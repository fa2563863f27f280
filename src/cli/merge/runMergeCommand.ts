import { resolve } from 'node:path';
import { countOf, describeBytes, describeDuration } from '../../core/describeQuantity';
import { peakMemory } from '../../core/merging/plan/mergeCosts';
import type { NonFiniteTensor } from '../../core/merging/mergeResult';
import { runMerge } from '../../engine/merging/runMerge';
import { exitStatus, type CommandCall, type ExitStatus } from '../command';
import type { mergeRunOptions } from './mergeOptions';
import { planMergeCommand } from './planMergeCommand';
import { planRecipe } from './planRecipe';

/** Tensors with values that are no numbers that are told one by one. */
const mostTold = 5;

/** `alidade merge run` */
export async function runMergeCommand(call: CommandCall<typeof mergeRunOptions>): Promise<ExitStatus> {
  const { positionals, options, terminal, context } = call;
  if (options['dry-run']) return planMergeCommand(call);
  const [path, output] = positionals;
  const { stages, problems } = await planRecipe({ path, options, terminal }, context);
  const last = stages[stages.length - 1];
  const tensors = stages.reduce((sum, stage) => sum + stage.tensors.length, 0);
  const readBytes = stages.reduce((sum, stage) => sum + stage.readBytes, 0);
  const peakBytes = Math.max(...stages.map((stage) => peakMemory(stage.tensors, options.threads)));
  terminal.log(
    `${last.method}: ${countOf(tensors, 'tensor')} into ${output}, ${describeBytes(last.bytes)}; ` +
      `reads ${describeBytes(readBytes)}, takes at most ${describeBytes(peakBytes)} of memory`,
  );
  const result = await runMerge(
    {
      stages,
      target: resolve(output),
      resume: options.resume,
      force: options.force,
      verify: !options['no-verify'],
      flush: !options['no-flush'],
      threads: options.threads,
      version: process.env['ALIDADE_VERSION'] ?? '',
    },
    context,
  );
  for (const tensor of result.nonFinite.slice(0, mostTold)) terminal.warn(describeNonFinite(tensor));
  if (mostTold < result.nonFinite.length) terminal.warn(`and ${result.nonFinite.length - mostTold} more such tensors`);
  if (options.json) {
    const warnings = problems.filter(({ severity }) => severity === 'warning');
    await terminal.writeJson({
      ...result,
      method: last.method,
      dtype: last.dtype,
      warnings: warnings.map(({ code, message }) => ({ code, message })),
    });
  }
  const checked = result.isVerified ? ', read again and found as it was computed' : '';
  terminal.log(`${output} is there: ${describeBytes(result.bytes)} in ${describeDuration(result.seconds)}${checked}`);
  return exitStatus.done;
}

function describeNonFinite({ tensor, nan, infinite, inSources }: NonFiniteTensor): string {
  const counts = [...(0 < nan ? [`${nan} NaN`] : []), ...(0 < infinite ? [`${infinite} infinite`] : [])].join(' and ');
  const origin = inSources === 0 ? 'which its sources have not' : `${inSources} in its sources`;
  return `${tensor} has ${nan + infinite === 1 ? 'a value that is' : 'values that are'} no number: ${counts}, ${origin}`;
}
