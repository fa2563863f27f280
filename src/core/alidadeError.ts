/** The error codes of the command-line contract; every failure that a user can meet carries one. */
export type ErrorCode =
  | 'usage'
  | 'not_found'
  | 'format'
  | 'unsupported'
  | 'weights'
  | 'template'
  | 'gate_not_found'
  | 'too_long'
  | 'row'
  | 'recipe'
  | 'exists'
  | 'no_space'
  | 'permission'
  | 'device'
  | 'cancelled'
  | 'internal';

export interface ErrorParts {
  readonly code: ErrorCode;
  /** What failed and on which file, without a final full stop. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** A failure whose message is meant for people: what failed, on which file, and (hint) what to do. */
export class AlidadeError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor({ code, message, hint, cause }: ErrorParts) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AlidadeError';
    this.code = code;
    this.hint = hint;
  }
}
