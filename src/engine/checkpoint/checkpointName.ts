import { basename } from 'node:path';

/** `org/name` for a snapshot in the hub cache, else the name of the folder or file. */
export function checkpointName(path: string): string {
  const match = /[\\/]models--([^\\/]+)[\\/]snapshots[\\/][^\\/]+([\\/].+)?$/.exec(path);
  return match === null ? basename(path).replace(/\.gguf$/i, '') : match[1].replace('--', '/');
}
