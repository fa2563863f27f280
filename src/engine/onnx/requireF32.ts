import { AlidadeError } from '../../core/alidadeError';
import type { DtypeChoice } from '../../core/device';

/** @throws AlidadeError `unsupported` for number formats that the engine does not compute in yet. */
export function requireF32(dtype: DtypeChoice): void {
  if (dtype === 'auto' || dtype === 'f32') return;
  throw new AlidadeError({
    code: 'unsupported',
    message: `computing in ${dtype} is not supported yet`,
    hint: 'use --dtype f32 or leave it out',
  });
}
