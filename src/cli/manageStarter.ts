import { existsSync } from 'node:fs';
import { fetchStarter } from '../engine/checkpoint/fetchStarter';
import { starterFile, starterHeadPath, starterPath } from '../engine/checkpoint/starterFile';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import { describeBytes } from '../core/describeQuantity';
import type { listOptions } from './options';

/** `alidade starter [fetch]` */
export async function manageStarter({
  positionals,
  options,
  terminal,
  context,
}: CommandCall<typeof listOptions>): Promise<ExitStatus> {
  if (positionals[0] === 'fetch') {
    if (!existsSync(starterPath())) {
      context.logger.info(`fetching the starter model (${describeBytes(starterFile.size)}) to ${starterPath()}`);
    }
    await fetchStarter(context);
  }
  const path = starterPath();
  const isPresent = existsSync(path);
  if (options.json) {
    await terminal.writeJson({ path, present: isPresent, bytes: starterFile.size, head: starterHeadPath() });
    return exitStatus.done;
  }
  await terminal.write(isPresent ? `${path}\n` : `${path} (not there yet: alidade starter fetch)\n`);
  return exitStatus.done;
}
