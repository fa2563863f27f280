import { execFileSync } from 'node:child_process';
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { repository } from '../workbench/paths.mjs';

/**
 * A hub on 127.0.0.1 that has the starter and nothing else, out of this machine's cache.
 *
 * @returns {Promise<{environment: Record<string, string>, requests: string[], stop: () => void}>} `environment` sends the
 * downloads of a process there, and keeps pip away from every index
 */
export async function startStarterMirror() {
  const cli = join(repository, 'dist', 'cli.js');
  const file = execFileSync(process.execPath, [cli, 'starter'], { encoding: 'utf8' }).trim();
  const { size } = statSync(file);
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (!request.url?.endsWith('.gguf')) {
      response.writeHead(404).end();
      return;
    }
    const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start === 0 ? 200 : 206, {
      'content-length': size - start,
      ...(start === 0 ? {} : { 'content-range': `bytes ${start}-${size - 1}/${size}` }),
    });
    createReadStream(file, { start }).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${server.address().port}`;
  return {
    environment: {
      HF_ENDPOINT: endpoint,
      PIP_INDEX_URL: `${endpoint}/simple/`,
      PIP_EXTRA_INDEX_URL: '',
      PIP_RETRIES: '0',
    },
    requests,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
