import { rename, rm, stat } from 'node:fs/promises';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';
import { downloadFile } from '../checkpoint/downloadFile';
import { acquireLock } from '../checkpoint/fileLock';
import { claimPart, flushFile, leavePart } from '../checkpoint/partFile';
import { hashBlob } from './hashBlob';
import type { HubAccess } from './hubAccess';
import { describeRefusal, type HubSubject } from './hubRefusal';
import type { RepositoryFile } from './listRepository';
import type { RepositoryCache } from './repositoryCache';

export interface FetchBlobParams {
  readonly access: HubAccess;
  readonly subject: HubSubject;
  readonly commit: string;
  readonly file: RepositoryFile;
  readonly cache: RepositoryCache;
  /** Bytes of this file that are there. */
  readonly onBytes: (bytes: number) => void;
}

/** How often a file that came with other content is fetched. */
const fetches = 2;

/**
 * Makes sure that the content of a file is in the cache. It appears there under its name only when its hash is right; what
 * a broken attempt has left is gone on with. Of several processes that want it one fetches and the others wait.
 * @returns whether it was fetched.
 * @throws AlidadeError `not_found`, `permission`, `format` for content that does not have its hash, `no_space`, `cancelled`.
 */
export async function fetchBlob(params: FetchBlobParams, context: JobContext): Promise<boolean> {
  const { file, cache, commit, onBytes } = params;
  const { path, blob } = file;
  const isThere = async (): Promise<boolean> => cache.has(commit, file);
  if (await isThere()) {
    onBytes(blob.size);
    return false;
  }
  const onWait = (): void => context.logger.info(`${path} is being fetched by another process: waiting for it`);
  const lock = await acquireLock(cache.lockPath(blob.hash), { signal: context.signal, onWait });
  try {
    const wasThere = await isThere();
    if (!wasThere) await fetchIntoPlace(params, context);
    onBytes(blob.size);
    return !wasThere;
  } finally {
    await lock.release();
  }
}

async function fetchIntoPlace(params: FetchBlobParams, context: JobContext): Promise<void> {
  const { file, cache, subject } = params;
  const target = cache.blobPath(file.blob.hash);
  const part = await claimPart(target);
  try {
    for (let fetched = 1; ; fetched++) {
      await download(params, part, context);
      const actual = await hashBlob(part, file.blob, {
        signal: context.signal,
        onBytes: (done) =>
          context.progress({ message: `Checking ${file.path}`, done, total: file.blob.size, unit: 'bytes' }),
      });
      if (actual === file.blob.hash) break;
      await rm(part, { force: true });
      const problem = `${file.path} of ${subject.repository} came with the hash ${actual}, and not ${file.blob.hash}`;
      if (fetched === fetches) {
        throw new AlidadeError({
          code: 'format',
          message: problem,
          hint: 'it was removed: something on the way changes downloads, or the mirror is not true',
        });
      }
      context.logger.warn(`${problem}: it was removed and is fetched again`);
    }
    await flushFile(part);
    await rename(part, target);
  } catch (error) {
    await leavePart(part, target);
    throwIfCancelled(context.signal);
    throw describeFileError(error, target);
  }
}

async function download(params: FetchBlobParams, part: string, context: JobContext): Promise<void> {
  const { access, subject, commit, file, onBytes } = params;
  const { endpoint, token, patience } = access;
  const origin = new URL(endpoint).origin;
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  const present = await stat(part).then(
    ({ size }) => size,
    () => 0,
  );
  if (present <= file.blob.size) onBytes(present);
  const request = {
    url: `${endpoint}/${subject.repository}/resolve/${commit}/${path}`,
    output: part,
    size: file.blob.size,
    message: file.path,
    ...patience,
    ...(token === null ? {} : { headers: { authorization: `Bearer ${token}` } }),
    describeRefusal: (response: Response) => {
      // A store behind the hub refuses addresses that are too old: the next attempt gets a new one.
      const isStore = URL.canParse(response.url) && new URL(response.url).origin !== origin;
      return isStore && response.status !== 404 ? null : describeRefusal(response, subject, access);
    },
  };
  await downloadFile(request, { ...context, progress: ({ done }) => onBytes(done ?? 0) });
}
