import { listFiles, modelInfo, type ListFileEntry } from '@huggingface/hub';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { createHubFetch } from './createHubFetch';
import type { HubAccess } from './hubAccess';
import type { HubSubject } from './hubRefusal';

/** What a file's content must hash to. */
export interface BlobIdentity {
  /** `git`: SHA-1 of git's blob object; `sha256`: of the content, for files in large file storage. */
  readonly kind: 'git' | 'sha256';
  /** Hexadecimal: also the name of the blob in the cache. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
}

export interface RepositoryFile {
  /** Relative, with `/`; checked to stay inside the folder. */
  readonly path: string;
  readonly blob: BlobIdentity;
}

export interface RepositoryListing {
  /** 40 hexadecimal digits: what the revision stood for when it was asked. */
  readonly commit: string;
  readonly files: readonly RepositoryFile[];
}

const maximumFiles = 100_000;

/**
 * The files of a model repository at one commit.
 * @throws AlidadeError as createHubFetch does; `format` for an answer that is none of the hub's.
 */
export async function listRepository(
  access: HubAccess,
  subject: HubSubject,
  context: JobContext,
): Promise<RepositoryListing> {
  const { repository, revision } = subject;
  const hubFetch = createHubFetch(access, subject, context);
  const parts = { hubUrl: access.endpoint, fetch: hubFetch };
  try {
    const info = await modelInfo({ name: repository, revision, additionalFields: ['sha'], ...parts });
    const commit: unknown = info.sha;
    if (typeof commit !== 'string' || !/^[0-9a-f]{40}$/.test(commit)) throw notTheHub(access, 'names no commit');
    const files: RepositoryFile[] = [];
    for await (const entry of listFiles({
      repo: { type: 'model', name: repository },
      revision: commit,
      recursive: true,
      ...parts,
    })) {
      if (maximumFiles <= files.length) throw notTheHub(access, `lists more than ${maximumFiles} files`);
      if (entry.type !== 'file') continue;
      if (isInside(entry.path)) files.push(readEntry(entry, access));
      else context.logger.warn(`${repository} lists ${JSON.stringify(entry.path)}, which is no file name: passed over`);
    }
    return { commit, files };
  } catch (error) {
    if (error instanceof AlidadeError) throw error;
    // The package trips over JSON of another shape.
    throw notTheHub(access, error instanceof Error ? error.message : String(error));
  }
}

/** What the package declares is not checked by it. */
function readEntry({ path, size, oid, lfs }: ListFileEntry, access: HubAccess): RepositoryFile {
  const large = lfs ?? null;
  const hash: unknown = large === null ? oid : large.oid;
  const bytes: unknown = large === null ? size : large.size;
  const form = large === null ? /^[0-9a-f]{40}$/ : /^[0-9a-f]{64}$/;
  if (
    typeof hash === 'string' &&
    form.test(hash) &&
    typeof bytes === 'number' &&
    Number.isSafeInteger(bytes) &&
    0 <= bytes
  )
    return { path, blob: { kind: large === null ? 'git' : 'sha256', hash, size: bytes } };
  throw notTheHub(access, `gives no hash and size for ${path}`);
}

/** A relative path of plain names, on every system: what a server lists is not to be trusted. */
function isInside(path: unknown): path is string {
  return (
    typeof path === 'string' &&
    path.length <= 1000 &&
    !/[\\:*?"<>|\u0000-\u001f\u007f]/.test(path) &&
    path.split('/').every((part) => part !== '' && part.length <= 255 && !/^\.*$/.test(part) && !/[. ]$/.test(part))
  );
}

function notTheHub({ endpoint }: HubAccess, problem: string): AlidadeError {
  return new AlidadeError({
    code: 'format',
    message: `the answer of ${endpoint} cannot be used: it ${problem}`,
    hint: 'check HF_ENDPOINT',
  });
}
