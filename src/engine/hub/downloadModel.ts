import { mkdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { parseSafetensorsIndex } from '../../core/checkpoint/parseSafetensorsIndex';
import type { JobContext } from '../../core/jobContext';
import { describeFileError } from '../checkpoint/describeFileError';
import { hubCacheFolder, parseHubReference } from '../checkpoint/hubCache';
import { resolveModelReference } from '../checkpoint/resolveModelReference';
import { readHubAccess, type HubAccess } from './hubAccess';
import type { HubSubject } from './hubRefusal';
import { listRepository, type RepositoryFile, type RepositoryListing } from './listRepository';
import { RepositoryCache, type LinkKind } from './repositoryCache';
import { selectFiles } from './selectFiles';
import { Transfer } from './transfer';

export interface DownloadModelParams {
  /** `org/name[@revision]`. */
  readonly reference: string;
  /** Only the files that match one of these; see matchesPattern. Empty: what makes the model. */
  readonly include?: readonly string[];
  /** Goes before that of the environment. */
  readonly token?: string | undefined;
  readonly cache?: string;
  readonly access?: HubAccess;
  /** The links that the cache's disk may have. Default: both; what fails is passed over. */
  readonly linksCan?: readonly LinkKind[];
}

export interface DownloadedModel {
  /** What `--model` takes for it. */
  readonly reference: string;
  /** The folder, or the .gguf file. */
  readonly path: string;
  readonly repository: string;
  readonly revision: string;
  readonly commit: string;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly fetched: boolean }[];
  /** Of all files. */
  readonly bytes: number;
}

/** Bytes that are left free on the disk. */
const spareBytes = 50_000_000;

/**
 * Fetches a model from the hub into the cache that the hub's own tools use, at the commit that the revision stands for now.
 * What is there is kept, what was begun is gone on with, what arrives is checked. The snapshot and the revision appear when all
 * files are there.
 * @throws AlidadeError `usage`, `not_found`, `permission` (as HubTokenNeeded where a token may help), `unsupported`, `format`,
 *   `no_space`, `cancelled`.
 */
export async function downloadModel(params: DownloadModelParams, context: JobContext): Promise<DownloadedModel> {
  const { reference, include = [], token, cache = hubCacheFolder(), linksCan } = params;
  const subject = parseHubReference(reference);
  if (subject === null) {
    throw new AlidadeError({
      code: 'usage',
      message: `${JSON.stringify(reference)} is no model of the hub`,
      hint: 'give org/name or org/name@revision',
    });
  }
  const access = params.access ?? (await readHubAccess({ token }));
  context.progress({ message: `Looking up ${subject.repository}` });
  const listing = await listRepository(access, subject, context);
  const selection = selectFiles(listing.files, { repository: subject.repository, patterns: include });
  const repositoryCache = new RepositoryCache({
    cache,
    repository: subject.repository,
    ...(linksCan === undefined ? {} : { linksCan }),
  });
  await repositoryCache.createFolders();

  const transfer = new Transfer({ access, subject, commit: listing.commit, cache: repositoryCache });
  let files = selection.files;
  if (selection.index !== null) {
    await transfer.fetch([selection.index], context);
    files = [...files, ...(await findShards(selection.index, listing, transfer.placesOf(selection.index), subject))];
  }
  await checkSpace({ cache, bytes: await transfer.missingBytes(files), subject });
  await transfer.fetch(files, context);

  await repositoryCache.fillSnapshot(listing.commit, files);
  await repositoryCache.setRevision(subject.revision, listing.commit);
  return {
    ...(await nameModel(subject, files, repositoryCache.snapshotPath(listing.commit), cache)),
    ...subject,
    commit: listing.commit,
    files: files.map((file) => ({ path: file.path, bytes: file.blob.size, fetched: transfer.fetched.has(file.path) })),
    bytes: files.reduce((sum, { blob }) => sum + blob.size, 0),
  };
}

/** The weight files that the index names. */
async function findShards(
  index: RepositoryFile,
  listing: RepositoryListing,
  places: readonly string[],
  { repository }: HubSubject,
): Promise<readonly RepositoryFile[]> {
  const bytes = await readFile(places[0]).catch(() => readFile(places[1]));
  const names = parseSafetensorsIndex(bytes, `${repository}/${index.path}`).files;
  const byPath = new Map(listing.files.map((file) => [file.path, file]));
  const missing = names.filter((name) => !byPath.has(name));
  if (0 < missing.length) {
    throw new AlidadeError({
      code: 'format',
      message: `${index.path} of ${repository} names files that the repository does not have: ${missing.slice(0, 10).join(', ')}`,
    });
  }
  return names.flatMap((name) => byPath.get(name) ?? []);
}

async function checkSpace({
  cache,
  bytes,
  subject,
}: {
  readonly cache: string;
  readonly bytes: number;
  readonly subject: HubSubject;
}): Promise<void> {
  if (bytes === 0) return;
  await mkdir(cache, { recursive: true }).catch((error: unknown) => {
    throw describeFileError(error, cache);
  });
  const space = await statfs(cache).catch(() => null);
  if (space === null) return;
  const free = space.bavail * space.bsize;
  if (bytes + spareBytes <= free) return;
  throw new AlidadeError({
    code: 'no_space',
    message: `${subject.repository} needs ${gigabytes(bytes)}, ${cache} has ${gigabytes(free)} free`,
    hint: 'free some space, or set HF_HUB_CACHE to a folder on another disk',
  });
}

/** What the model is called from now on: by its name on the hub where that says enough, else by its file. */
async function nameModel(
  { repository, revision }: HubSubject,
  files: readonly RepositoryFile[],
  snapshot: string,
  cache: string,
): Promise<Pick<DownloadedModel, 'reference' | 'path'>> {
  const reference = revision === 'main' ? repository : `${repository}@${revision}`;
  const gguf = files.find(({ path }) => /\.gguf$/i.test(path));
  const path = gguf === undefined ? snapshot : join(snapshot, ...gguf.path.split('/'));
  // Several models in one snapshot have no name of their own; nor has one in a folder of its own.
  const found = await resolveModelReference(reference, { cwd: snapshot, hubCache: cache }).catch(() => null);
  return { reference: found?.path === path ? reference : path, path };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 1)} GB`;
}
