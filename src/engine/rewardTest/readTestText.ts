import { stat } from 'node:fs/promises';
import { AlidadeError } from '../../core/alidadeError';
import { describeFileError } from '../checkpoint/describeFileError';
import { readSmallFile } from '../checkpoint/readSmallFile';

/** Bytes: test files, prompts and baselines are written by people. */
const longestText = 5_000_000;

/**
 * The text of a test file, or of a prompt or baseline that a test names; a byte-order mark is dropped.
 * @throws AlidadeError `not_found`, `permission`, `format`
 */
export async function readTestText(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    throw describeFileError(error, path);
  });
  if (!found.isFile()) {
    throw new AlidadeError({ code: 'unsupported', message: `${path} is not a file`, hint: 'name a text file' });
  }
  const bytes = await readSmallFile({ path, most: longestText });
  if (bytes === null) throw new AlidadeError({ code: 'not_found', message: `${path} does not exist` });
  return decode(bytes, path);
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AlidadeError({ code: 'format', message: `${path} is not valid UTF-8`, hint: 'save it as UTF-8', cause });
  }
}
