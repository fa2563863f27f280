import { AlidadeError } from '../alidadeError';
import type { ConfigReader } from './configReader';

/** An error for a setting that asks for what is not compiled. `what` goes before "is not supported". */
export function unsupportedSetting({ file }: Pick<ConfigReader, 'file'>, what: string, hint?: string): AlidadeError {
  const message = `${file}: ${what} is not supported`;
  return new AlidadeError({ code: 'unsupported', message, ...(hint === undefined ? {} : { hint }) });
}
