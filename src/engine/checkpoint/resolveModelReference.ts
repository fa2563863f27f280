import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { findSnapshot, hubCacheFolder, parseHubReference } from './hubCache';
import { starterHeadPath, starterPath } from './starterFile';

export interface ModelLocation {
  /** A folder or a .gguf file; absolute. */
  readonly path: string;
  /** The head file that belongs to it, only for the starter. */
  readonly headPath: string | null;
}

/**
 * Where a model is that was named as `--model` takes it: a folder, a .gguf file, a hub id in the local cache
 * (`org/name[@revision]`), or `starter`.
 * @throws AlidadeError `not_found`
 */
export async function resolveModelReference(
  reference: string,
  { cwd, hubCache = hubCacheFolder() }: { readonly cwd: string; readonly hubCache?: string },
): Promise<ModelLocation> {
  if (reference === 'starter') return locateStarter();
  const path = resolve(cwd, reference);
  const found = await stat(path).catch(() => null);
  if (reference !== '' && found?.isFile() === true) return { path, headPath: null };
  if (reference !== '' && found !== null) return { path: await withoutFolder(path), headPath: null };
  const hubReference = parseHubReference(reference);
  const snapshot = hubReference === null ? null : await findSnapshot(hubReference, hubCache);
  if (snapshot !== null) return { path: await withoutFolder(snapshot), headPath: null };
  throw new AlidadeError({
    code: 'not_found',
    message: `${reference === '' ? 'an empty name' : reference} is neither a file, a folder, nor a model in the hub cache`,
    hint:
      hubReference?.repository.includes('/') === true
        ? `fetch it with \`alidade download ${reference}\`, if it is a model of the hub`
        : 'give a checkpoint folder, a .gguf file, org/name of a downloaded model, or starter',
  });
}

async function locateStarter(): Promise<ModelLocation> {
  const path = starterPath();
  if ((await stat(path).catch(() => null)) !== null) return { path, headPath: starterHeadPath() };
  throw new AlidadeError({
    code: 'not_found',
    message: `the starter model has not been fetched (${path} does not exist)`,
    hint: 'fetch it with `alidade starter fetch`, or "Alidade: Fetch the Starter Model" in the editor',
  });
}

/** The folder itself, or the one .gguf file in a folder that holds no checkpoint in another format. */
async function withoutFolder(folder: string): Promise<string> {
  const names = await readdir(folder).catch((): string[] => []);
  if (names.includes('config.json') && names.some((name) => name.endsWith('.safetensors'))) return folder;
  const ggufs = names.filter((name) => name.toLowerCase().endsWith('.gguf'));
  if (ggufs.length === 1) return join(folder, ggufs[0]);
  if (ggufs.length === 0) return folder;
  throw new AlidadeError({
    code: 'not_found',
    message: `${folder} holds ${ggufs.length} models`,
    hint: `name one of them: ${ggufs.slice(0, 10).join(', ')}`,
  });
}
