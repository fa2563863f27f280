import { open, rename, rm } from 'node:fs/promises';
import { describeFileError } from './checkpoint/describeFileError';

/**
 * Writes a whole file: its name keeps the old content until the new one is complete.
 * @throws AlidadeError `not_found` (folder), `permission`, `no_space`.
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw describeFileError(error, path);
  }
}
