import { AlidadeError } from '../core/alidadeError';
import { exitStatus, type ExitStatus } from './command';
import type { Terminal } from './terminal';

export interface FailureCircumstances {
  readonly terminal: Terminal;
  readonly isCancelled: boolean;
  /** Print the error as JSON too. */
  readonly isJson: boolean;
}

/** Says on standard error what went wrong; the exit status follows from the error's code. */
export function reportFailure(error: unknown, { terminal, isCancelled, isJson }: FailureCircumstances): ExitStatus {
  const failure = isCancelled ? asCancelled(error) : asAlidadeError(error);
  const { code, message, hint } = failure;
  terminal.fail(hint === undefined ? message : `${message}: ${hint}`);
  if (isJson) terminal.writeError(JSON.stringify({ error: { code, message, hint: hint ?? null } }));
  if (code === 'cancelled') return exitStatus.cancelled;
  return code === 'usage' ? exitStatus.usage : exitStatus.failed;
}

/** Whatever breaks off when everything is being stopped, it was cancelled; who knows what is left of it says so. */
function asCancelled(error: unknown): AlidadeError {
  if (error instanceof AlidadeError && error.code === 'cancelled') return error;
  return new AlidadeError({ code: 'cancelled', message: 'cancelled' });
}

function asAlidadeError(error: unknown): AlidadeError {
  if (error instanceof AlidadeError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AlidadeError({
    code: 'internal',
    message,
    hint: 'this is a mistake in alidade: please report it',
    cause: error,
  });
}
