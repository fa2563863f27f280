import { downloadModel } from '../engine/hub/downloadModel';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import { describeBytes } from '../core/describeQuantity';
import type { downloadOptions } from './options';

/** `alidade download` */
export async function download({
  positionals,
  options,
  terminal,
  context,
}: CommandCall<typeof downloadOptions>): Promise<ExitStatus> {
  const [reference] = positionals;
  const include = (options.include ?? '')
    .split(',')
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '');
  const model = await downloadModel({ reference, include }, context);
  if (options.json) {
    await terminal.writeJson(model);
    return exitStatus.done;
  }
  const fetched = model.files.filter((file) => file.fetched);
  const fetchedBytes = fetched.reduce((sum, { bytes }) => sum + bytes, 0);
  const what = fetched.length === 0 ? 'everything was there' : `${describeBytes(fetchedBytes)} fetched`;
  context.logger.info(`${model.repository} at ${model.commit}: ${model.files.length} files, ${what}`);
  context.logger.info(`in ${model.path}`);
  context.logger.info(`use it with --model ${model.reference}`);
  await terminal.write(`${model.reference}\n`);
  return exitStatus.done;
}
