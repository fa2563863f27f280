import { AlidadeError, type ErrorCode } from '../../core/alidadeError';

const meanings: Readonly<Record<string, { readonly code: ErrorCode; readonly what: string }>> = {
  ENOENT: { code: 'not_found', what: 'does not exist' },
  ENOTDIR: { code: 'not_found', what: 'does not exist' },
  ELOOP: { code: 'not_found', what: 'is a symbolic link that leads nowhere' },
  EISDIR: { code: 'not_found', what: 'is a folder' },
  EACCES: { code: 'permission', what: 'may not be opened' },
  EPERM: { code: 'permission', what: 'may not be opened' },
  EROFS: { code: 'permission', what: 'is on a read-only disk' },
  ENOSPC: { code: 'no_space', what: 'does not fit on the disk' },
  EDQUOT: { code: 'no_space', what: 'does not fit into the quota' },
  EMFILE: { code: 'internal', what: 'could not be opened: too many open files' },
};

/** An error of the file system in words; an AlidadeError is returned as it is. */
export function describeFileError(error: unknown, path: string): AlidadeError {
  if (error instanceof AlidadeError) return error;
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const meaning = Object.hasOwn(meanings, code) ? meanings[code] : undefined;
  if (meaning === undefined) {
    const detail = error instanceof Error ? error.message : String(error);
    return new AlidadeError({ code: 'internal', message: `${path}: ${detail}`, cause: error });
  }
  return new AlidadeError({ code: meaning.code, message: `${path} ${meaning.what}`, cause: error });
}
