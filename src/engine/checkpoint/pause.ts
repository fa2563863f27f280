import { throwIfCancelled } from '../../core/throwIfCancelled';

/** @throws AlidadeError `cancelled` at once when the signal is. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((done) => {
    const timer = setTimeout(finish, milliseconds);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      done();
    }
    signal.addEventListener('abort', finish, { once: true });
  });
  throwIfCancelled(signal);
}
