import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

/**
 * A page on 127.0.0.1 under a secret path that signs the browser in to the workbench and goes there: the workbench asks
 * for a password, so that other users of the machine stay out, and takes none in its address.
 *
 * @param {object} options
 * @param {{url: string, workspace: string}} options.server
 * @param {string} options.password of the server
 * @param {string} options.file opened at the start
 */
export async function openGate({ server, password, file }) {
  const path = `/${randomBytes(18).toString('base64url')}`;
  const login = new URL('/login', server.url);
  login.searchParams.set('folder', server.workspace);
  const open = ['openFile', `vscode-remote://${login.host}${file}`];
  login.searchParams.set('payload', JSON.stringify([open, ['skipWelcome', 'true'], ['skipReleaseNotes', 'true']]));
  const body = `<!doctype html><meta charset="utf-8"><title>Alidade</title>
<form method="post" action="${login.href.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">
<input type="hidden" name="password" value="${password}"><button>Open examples/ with Alidade</button></form>
<script>document.forms[0].submit()</script>`;
  const http = createServer((request, response) => {
    if (request.url !== path) return response.writeHead(404).end();
    const headers = { 'content-type': 'text/html', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' };
    return response.writeHead(200, headers).end(body);
  });
  await new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(0, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${http.address().port}${path}`, stop: () => http.close() };
}
