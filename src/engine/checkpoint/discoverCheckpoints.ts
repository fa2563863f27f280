import { readdir, realpath, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join, resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { summariseCheckpoint, type CheckpointSummary } from '../../core/checkpoint/checkpointSummary';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { adapterConfigName } from './openAdapterCheckpoint';
import { openCheckpoint } from './openCheckpoint';
import { readStarterHead } from './readStarterHead';
import { starterPath } from './starterFile';
import { summariseUnreadable } from './summariseUnreadable';

export interface DiscoverParams {
  /** Folders to look through; those that do not exist hold nothing. A .gguf file may stand here too. */
  readonly folders: readonly string[];
  /** How many levels of subfolders are looked through. Default 8. */
  readonly maximumDepth?: number;
  /** Files and folders looked at in all. Default 100,000. */
  readonly maximumEntries?: number;
  /** Checkpoints read at the same time. Default 4. */
  readonly concurrency?: number;
}

/** Folders that hold many files and no models. `blobs` and `refs` are the hub cache's own. */
const skippedFolders = new Set(['node_modules', '__pycache__', 'site-packages', 'blobs', 'refs']);

/**
 * Finds the checkpoints under some folders: folders with config.json and .safetensors files, LoRA adapters, and .gguf files. Reads headers only.
 * Symbolic links are followed, each real folder is visited once. What cannot be opened is listed with its problems.
 * @throws AlidadeError `cancelled` only.
 */
export async function discoverCheckpoints(params: DiscoverParams, context: JobContext): Promise<CheckpointSummary[]> {
  const candidates = await findCandidates(params, context);
  const summaries = new Array<CheckpointSummary>(candidates.length);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < candidates.length) {
      throwIfCancelled(context.signal);
      const index = next++;
      summaries[index] = await summarise(candidates[index], context);
      context.progress({ message: 'Reading checkpoints', done: ++done, total: candidates.length });
    }
  };
  await Promise.all(Array.from({ length: params.concurrency ?? 4 }, work));
  return summaries;
}

/** Paths of what looks like a checkpoint, sorted within each of the given folders. */
async function findCandidates(params: DiscoverParams, context: JobContext): Promise<string[]> {
  const { folders, maximumDepth = 8, maximumEntries = 100_000 } = params;
  const visited = new Set<string>();
  const candidates = new Set<string>();
  let entriesLeft = maximumEntries;

  const visit = async (folder: string, depth: number): Promise<void> => {
    throwIfCancelled(context.signal);
    const real = await realpath(folder).catch(() => null);
    if (real === null || visited.has(real)) return;
    visited.add(real);
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
      context.logger.debug(`${folder} was passed over: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    });
    if (entriesLeft < entries.length) {
      if (0 < entriesLeft)
        context.logger.warn(`looked at ${maximumEntries} files and folders, the rest was passed over`);
      entriesLeft = 0;
      return;
    }
    entriesLeft -= entries.length;
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    if (isCheckpointFolder(entries)) candidates.add(folder);
    for (const entry of entries) {
      if (isGguf(entry.name) && !entry.isDirectory()) candidates.add(join(folder, entry.name));
    }
    if (maximumDepth <= depth) return;
    for (const entry of entries) {
      if (isPassedOver(entry.name)) continue;
      const path = join(folder, entry.name);
      const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await isDirectory(path)));
      if (isFolder) await visit(path, depth + 1);
    }
  };

  for (const folder of folders) {
    const path = resolve(folder);
    if (isGguf(path) && !(await isDirectory(path))) {
      if (await exists(path)) candidates.add(path);
    } else {
      await visit(path, 0);
    }
  }
  return [...candidates];
}

/** Hidden folders, those of programs, and what is still being written. */
function isPassedOver(name: string): boolean {
  return name.startsWith('.') || name.endsWith('.part') || skippedFolders.has(name);
}

/** Judged by names alone: a config and weights, or an index of weights; or an adapter. */
function isCheckpointFolder(entries: readonly Dirent[]): boolean {
  let hasConfig = false;
  let hasWeights = false;
  for (const { name } of entries) {
    hasConfig ||= name === 'config.json' || name === adapterConfigName;
    hasWeights ||= name.endsWith('.safetensors') || name.endsWith('.safetensors.index.json');
  }
  return hasConfig && hasWeights;
}

function isGguf(name: string): boolean {
  return name.toLowerCase().endsWith('.gguf');
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function summarise(path: string, context: JobContext): Promise<CheckpointSummary> {
  try {
    const summary = summariseCheckpoint(await openCheckpoint(path, context));
    return path === starterPath() ? await withStarterHead(summary) : summary;
  } catch (error) {
    if (error instanceof AlidadeError && error.code === 'cancelled') throw error;
    return summariseUnreadable(path, error instanceof Error ? error.message : String(error));
  }
}

async function withStarterHead(summary: CheckpointSummary): Promise<CheckpointSummary> {
  try {
    return { ...summary, head: await readStarterHead() };
  } catch (error) {
    if (!(error instanceof AlidadeError)) throw error;
    return { ...summary, problems: [...summary.problems, error.message] };
  }
}
