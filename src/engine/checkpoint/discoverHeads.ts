import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { readHeadHeader } from '../../core/checkpoint/readHeadHeader';
import type { JobContext } from '../../core/jobContext';
import type { HeadFileMetadata } from '../../core/reward/headFile';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { withFile } from './fileByteSource';

export interface DiscoverHeadsParams {
  readonly folders: readonly string[];
  /** Levels of subfolders that are looked through. Default 8. */
  readonly maximumDepth?: number;
  /** Files and folders looked at in all. Default 100,000. */
  readonly maximumEntries?: number;
}

export interface DiscoveredHead {
  readonly path: string;
  readonly bytes: number;
  readonly metadata: HeadFileMetadata;
}

/** Folders that hold many files and no heads. `blobs` and `refs` are the hub cache's own. */
const skippedFolders = new Set(['node_modules', '__pycache__', 'site-packages', 'blobs', 'refs']);

/**
 * Finds head files below some folders, each once, in the order of their paths. What is another safetensors file, or cannot
 * be read, is passed over. Folders with a config.json hold whole models: their weights are not looked at.
 * @throws AlidadeError `cancelled` only.
 */
export async function discoverHeads(
  { folders, maximumDepth = 8, maximumEntries = 100_000 }: DiscoverHeadsParams,
  { signal, logger }: Pick<JobContext, 'signal' | 'logger'>,
): Promise<readonly DiscoveredHead[]> {
  const visited = new Set<string>();
  const heads: DiscoveredHead[] = [];
  let entriesLeft = maximumEntries;
  const visit = async (folder: string, depth: number): Promise<void> => {
    throwIfCancelled(signal);
    const real = await realpath(folder).catch(() => null);
    if (real === null || visited.has(real)) return;
    visited.add(real);
    const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
    if (entriesLeft < entries.length) {
      logger.debug(`looked at ${maximumEntries} files and folders for heads, the rest was passed over`);
      entriesLeft = 0;
      return;
    }
    entriesLeft -= entries.length;
    const isModel = entries.some(({ name }) => name === 'config.json' || name.endsWith('.safetensors.index.json'));
    for (const { name } of isModel ? [] : entries.filter(isSafetensors)) {
      const head = await readIt(join(folder, name));
      if (head !== null) heads.push(head);
    }
    if (maximumDepth <= depth) return;
    for (const { name } of entries.filter((entry) => entry.isDirectory() && !isPassedOver(entry.name)))
      await visit(join(folder, name), depth + 1);
  };
  for (const folder of folders) await visit(folder, 0);
  return heads.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function isSafetensors(entry: Dirent): boolean {
  return entry.name.toLowerCase().endsWith('.safetensors') && !entry.isDirectory();
}

/** Hidden folders, those of programs, and what is still being written. */
function isPassedOver(name: string): boolean {
  return name.startsWith('.') || name.endsWith('.part') || skippedFolders.has(name);
}

async function readIt(path: string): Promise<DiscoveredHead | null> {
  try {
    return await withFile(path, async (source) => {
      const { metadata } = await readHeadHeader(source);
      return { path, bytes: source.size, metadata };
    });
  } catch (error) {
    if (error instanceof AlidadeError) return null;
    throw error;
  }
}
