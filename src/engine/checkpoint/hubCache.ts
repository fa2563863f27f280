import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { readSmallFile } from './readSmallFile';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the hub's own tools keep downloaded models. */
export function hubCacheFolder(environment: Environment = process.env, home = homedir()): string {
  const own = environment['HF_HUB_CACHE'] ?? environment['HUGGINGFACE_HUB_CACHE'];
  if (own !== undefined && own !== '') return own;
  const hubHome = environment['HF_HOME'];
  if (hubHome !== undefined && hubHome !== '') return join(hubHome, 'hub');
  const cache = environment['XDG_CACHE_HOME'];
  return join(cache !== undefined && cache !== '' ? cache : join(home, '.cache'), 'huggingface', 'hub');
}

export interface HubReference {
  /** `org/name`, or `name` of the oldest models. */
  readonly repository: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

/** `org/name[@revision]`; null when the text cannot be one. */
export function parseHubReference(text: string): HubReference | null {
  const match = /^([\w][\w.-]*(?:\/[\w][\w.-]*)?)(?:@([\w][\w./-]*))?$/.exec(text);
  if (match === null || match[0].split(/[/@]/).some((part) => /^\.*$/.test(part))) return null;
  return { repository: match[1], revision: match[2] ?? 'main' };
}

/**
 * The snapshot folder of a model in the hub cache (`models--org--name/{refs,snapshots,blobs}`), null when the model is not there.
 * @throws AlidadeError `not_found` when the model is there, but not in this revision.
 */
export async function findSnapshot(
  { repository, revision }: HubReference,
  cache = hubCacheFolder(),
): Promise<string | null> {
  const folder = join(cache, `models--${repository.replace('/', '--')}`);
  const snapshots = await listNames(join(folder, 'snapshots'));
  if (snapshots.length === 0) return null;
  const reference = await readSmallFile({ path: join(folder, 'refs', ...revision.split('/')), most: 1000 });
  const commit = reference === null ? revision : new TextDecoder().decode(reference).trim();
  if (snapshots.includes(commit)) return join(folder, 'snapshots', commit);
  // A short commit, or a copy of the cache without refs.
  const matching = snapshots.filter((name) => 7 <= commit.length && name.startsWith(commit));
  if (matching.length === 1) return join(folder, 'snapshots', matching[0]);
  if (revision === 'main' && reference === null && snapshots.length === 1)
    return join(folder, 'snapshots', snapshots[0]);
  throw new AlidadeError({
    code: 'not_found',
    message: `${repository} is in the hub cache, but not in the revision ${revision}`,
    hint: `revisions that are there: ${snapshots.slice(0, 10).join(', ')}`,
  });
}

async function listNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch {
    return [];
  }
}
