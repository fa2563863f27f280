import { existsSync } from 'node:fs';
import { AlidadeError } from '../core/alidadeError';
import { starterPath } from '../engine/checkpoint/starterFile';

/** @throws AlidadeError `not_found` with the way to get it, when the model named is the starter and it is not there. */
export function requireStarter(reference: string): void {
  if (reference !== 'starter' || existsSync(starterPath())) return;
  throw new AlidadeError({
    code: 'not_found',
    message: `the starter model is not in ${starterPath()}`,
    hint: 'fetch it with: alidade starter fetch',
  });
}
