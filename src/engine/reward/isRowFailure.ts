import { AlidadeError, type ErrorCode } from '../../core/alidadeError';

/** What can be wrong with one row while the others can be scored. */
const rowCodes: ReadonlySet<ErrorCode> = new Set(['row', 'template', 'too_long', 'gate_not_found']);

export function isRowFailure(failure: unknown): failure is AlidadeError {
  return failure instanceof AlidadeError && rowCodes.has(failure.code);
}
