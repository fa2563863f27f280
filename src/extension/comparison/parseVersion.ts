import { AlidadeError } from '../../core/alidadeError';
import { parsePromptFile } from '../../core/prompt/parsePromptFile';
import { loadPromptFile, type LoadedPromptFile } from '../prompt/promptDocuments';
import { readAtHead } from './gitHead';
import type { VersionSource } from './versionSource';

/** A version with the files that it refers to; those of a committed version as they were committed with it. */
export async function parseVersion({
  uri,
  text,
  reference,
}: VersionSource): Promise<Pick<LoadedPromptFile, 'file' | 'files'>> {
  const loaded = await loadPromptFile(uri, text);
  if (reference.kind === 'file' || loaded.references.length === 0) return loaded;
  const files = new Map(loaded.files);
  for (const referred of loaded.references) {
    if (referred.uri === null) continue;
    try {
      files.set(referred.reference.path, (await readAtHead(referred.uri)).text);
    } catch (error) {
      // Never committed: then it is taken as it is now.
      if (!(error instanceof AlidadeError)) throw error;
    }
  }
  return { file: parsePromptFile({ text, path: uri.path, files }), files };
}
