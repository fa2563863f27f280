import { readHeadFile } from '../../core/checkpoint/readHeadFile';
import type { HeadFile } from '../../core/reward/headFile';
import { withFile } from './fileByteSource';

/**
 * Reads a head file from disk.
 * @throws AlidadeError `not_found` or `permission`, FormatError when it is not a head file.
 */
export async function loadHeadFile(path: string): Promise<HeadFile> {
  return withFile(path, readHeadFile);
}
