import { copyFile, constants, mkdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { AlidadeError } from '../core/alidadeError';
import { describeFileError } from '../engine/checkpoint/describeFileError';
import { packageRoot } from '../engine/checkpoint/starterFile';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import type { listOptions } from './options';

const files = ['provider.mjs', 'assertion.mjs', 'server.mjs'] as const;

/** `alidade promptfoo`: copies the files of media/promptfoo into a project; those that are there already stay. */
export async function writePromptfooFiles({
  positionals,
  options,
  terminal,
}: CommandCall<typeof listOptions>): Promise<ExitStatus> {
  const [folder = 'promptfoo'] = positionals;
  const paths = files.map((name) => join(resolve(folder), name));
  for (const path of paths) await refuseExisting(path);
  try {
    await mkdir(resolve(folder), { recursive: true });
    for (const [index, path] of paths.entries()) {
      await copyFile(join(packageRoot(), 'media', 'promptfoo', files[index] ?? ''), path, constants.COPYFILE_EXCL);
    }
  } catch (error) {
    throw describeFileError(error, folder);
  }
  if (options.json) await terminal.writeJson({ files: paths });
  else await terminal.write(describeUse(relative(process.cwd(), resolve(folder)).replaceAll('\\', '/') || '.'));
  return exitStatus.done;
}

async function refuseExisting(path: string): Promise<void> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  throw new AlidadeError({ code: 'exists', message: `${path} exists`, hint: 'remove it, or name another folder' });
}

function describeUse(folder: string): string {
  return [
    `# ${folder}/provider.mjs and ${folder}/assertion.mjs are there; promptfooconfig.yaml uses them so:`,
    'providers:',
    `  - id: file://${folder}/provider.mjs`,
    '    config: { temperature: 0, maxTokens: 200 }',
    'defaultTest:',
    '  assert:',
    '    - type: javascript',
    `      value: file://${folder}/assertion.mjs`,
    '      config: { minimum: { score: 0 } }',
    '',
  ].join('\n');
}
