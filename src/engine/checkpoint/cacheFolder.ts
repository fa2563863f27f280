import { homedir } from 'node:os';
import { join } from 'node:path';

export interface CacheFolderParams {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly home: string;
}

/** Where Alidade keeps what it can make again: `ALIDADE_CACHE`, else the platform's cache folder. */
export function cacheFolder(
  { environment, platform, home }: CacheFolderParams = {
    environment: process.env,
    platform: process.platform,
    home: homedir(),
  },
): string {
  const own = environment['ALIDADE_CACHE'];
  if (own !== undefined && own !== '') return own;
  const shared = environment['XDG_CACHE_HOME'];
  if (shared !== undefined && shared !== '') return join(shared, 'alidade');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'alidade');
  const local = environment['LOCALAPPDATA'];
  if (platform === 'win32' && local !== undefined && local !== '') return join(local, 'alidade');
  return join(home, '.cache', 'alidade');
}
