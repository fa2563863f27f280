import { AlidadeError } from './alidadeError';

/** @throws AlidadeError `cancelled` when the signal has fired. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new AlidadeError({ code: 'cancelled', message: 'cancelled' });
}
