import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isTestFile } from '../../core/rewardTest/isTestFile';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';
import { matchesPattern } from '../hub/matchesPattern';

/** Folders: a workspace has fewer, a loop of links more. */
const deepestFolder = 40;

/**
 * The test files that some names mean: a file itself, those below a folder, those that match a pattern with `*`, `?` or
 * `[ab]` (`*` crosses folders). Folders called `node_modules` or with a dot in front are passed over.
 * @param names none: the current folder.
 * @returns each once, in the order of the names, then of their paths. A name that is no file and no folder is returned as
 * it is: reading it says what is wrong.
 */
export async function findTestFiles(names: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const name of names.length === 0 ? ['.'] : names) {
    for (const path of await expand(name, signal)) found.add(path);
  }
  return [...found];
}

async function expand(name: string, signal: AbortSignal): Promise<readonly string[]> {
  const kind = await stat(name).catch(() => null);
  if (kind?.isDirectory() === true) return collect(name, signal);
  if (kind !== null || !/[*?[]/.test(name)) return [name];
  const pattern = name
    .replaceAll('\\', '/')
    .replace(/^(\.\/)+/, '')
    .replaceAll('**/', '*');
  const base = pattern.slice(0, pattern.slice(0, pattern.search(/[*?[]/)).lastIndexOf('/') + 1);
  const below = await collect(base === '' ? '.' : base, signal);
  return below.filter((path) => matchesPattern(path.replaceAll('\\', '/'), pattern));
}

async function collect(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const found: string[] = [];
  const walk = async (path: string, depth: number): Promise<void> => {
    throwIfCancelled(signal);
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      // What may not be looked into below is passed over, as everything that is nobody's business.
      if (depth === 0) throw describeFileError(error, path);
      return [];
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = path === '.' ? entry.name : join(path, entry.name);
      if (entry.isDirectory()) {
        const isSkipped = entry.name === 'node_modules' || entry.name.startsWith('.') || deepestFolder <= depth;
        if (!isSkipped) await walk(inner, depth + 1);
      } else if (isTestFile(entry.name)) {
        found.push(inner);
      }
    }
  };
  await walk(folder, 0);
  return found;
}
