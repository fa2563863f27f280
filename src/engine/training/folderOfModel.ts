import { resolve } from 'node:path';
import { isThere } from '../workFolder';

/** The first of the folders in which a reference is a path; the first one where it is none, such as a hub id. */
export async function folderOfModel(reference: string, folders: readonly string[]): Promise<string> {
  for (const folder of folders) if (await isThere(resolve(folder, reference))) return folder;
  return folders[0] ?? process.cwd();
}

/** Whether a reference means the same model on every machine: a hub id, or `starter`. */
export async function isPortable(reference: string, folders: readonly string[]): Promise<boolean> {
  if (reference === 'starter') return true;
  return !(await isThere(resolve(await folderOfModel(reference, folders), reference)));
}
