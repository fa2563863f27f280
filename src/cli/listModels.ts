import { stat } from 'node:fs/promises';
import type { CheckpointSummary } from '../core/checkpoint/checkpointSummary';
import { describeFileError } from '../engine/checkpoint/describeFileError';
import { discoverCheckpoints } from '../engine/checkpoint/discoverCheckpoints';
import { hubCacheFolder } from '../engine/checkpoint/hubCache';
import { starterPath } from '../engine/checkpoint/starterFile';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import { describeHead } from './describeHead';
import { describeBytes, describeCount } from '../core/describeQuantity';
import type { listOptions } from './options';
import { writeTable } from './writeTable';

/** `alidade models` */
export async function listModels({
  positionals,
  options,
  terminal,
  context,
}: CommandCall<typeof listOptions>): Promise<ExitStatus> {
  for (const folder of positionals) {
    await stat(folder).catch((error: unknown) => {
      throw describeFileError(error, folder);
    });
  }
  const folders = 0 < positionals.length ? positionals : [process.cwd(), hubCacheFolder(), starterPath()];
  const listed = await discoverCheckpoints({ folders }, context);
  if (options.json) {
    await terminal.writeJson(listed);
    return exitStatus.done;
  }
  if (listed.length === 0) {
    terminal.log(`no checkpoints under ${folders.join(', ')}`);
    return exitStatus.done;
  }
  await terminal.write(describe(listed));
  return exitStatus.done;
}

function describe(listed: readonly CheckpointSummary[]): string {
  const rows = listed.map((model) => [
    model.base === undefined ? model.name : `${model.name} on ${model.base.name}`,
    model.architecture ?? '?',
    model.parameters === null ? '?' : describeCount(model.parameters),
    model.dtype ?? '?',
    describeBytes(model.bytes),
    describeHead(model.head),
    model.license ?? '',
  ]);
  const problems = listed.flatMap(({ path, problems }) => problems.map((problem) => `  ${path}: ${problem}`));
  return [
    writeTable([['model', 'architecture', 'parameters', 'dtype', 'size', 'reward head', 'licence'], ...rows], {
      right: [2, 4],
    }),
    ...(problems.length === 0 ? [] : ['', 'problems', ...problems]),
    '',
  ].join('\n');
}
