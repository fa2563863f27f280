import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands } from 'vscode';
import { writeTinyClassifier } from '../cli/tinyVariants';
import { HubServer, type HubFile } from '../fixtures/hubServer';
import { activated } from './workbench';

const commit = 'beef'.padEnd(40, '0');

describe('downloading a model', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'alidade-download-'));
  const server = new HubServer();
  const variables = ['HF_ENDPOINT', 'HF_HUB_CACHE', 'HF_TOKEN', 'HF_HUB_OFFLINE'];
  const kept = Object.fromEntries(variables.map((name) => [name, process.env[name]]));

  before(async () => {
    await activated();
    await server.start();
    process.env['HF_ENDPOINT'] = server.endpoint;
    process.env['HF_HUB_CACHE'] = join(folder, 'cache');
    process.env['HF_TOKEN'] = '';
    process.env['HF_HUB_OFFLINE'] = '';
    // The process takes its environment from the editor when it starts.
    await commands.executeCommand('alidade.restartSidecar');
    writeTinyClassifier(join(folder, 'model'));
    const files = readdirSync(join(folder, 'model')).map((name): [string, HubFile] => [
      name,
      { content: readFileSync(join(folder, 'model', name)), isLarge: name.endsWith('.safetensors') },
    ]);
    server.repositories.set('org/judge', { commit, files: Object.fromEntries(files) });
  });

  after(async () => {
    for (const [name, value] of Object.entries(kept)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await commands.executeCommand('alidade.restartSidecar');
    await commands.executeCommand('alidade.refreshModels');
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('puts it into the hub cache and says what to call it', async () => {
    const result = await commands.executeCommand<{ readonly reference: string; readonly path: string }>(
      'alidade.downloadModel',
      'org/judge',
    );
    assert.equal(result.reference, 'org/judge');
    assert.ok(existsSync(join(result.path, 'model.safetensors')));
    assert.ok(server.requests.every(({ authorization }) => authorization === null));
  });

  it('fetches nothing the second time', async () => {
    server.requests.length = 0;
    await commands.executeCommand('alidade.downloadModel', 'org/judge');
    assert.ok(server.paths.every((path) => !path.includes('/resolve/')));
  });

  it('shows what went wrong, and answers nothing', async () => {
    assert.equal(await commands.executeCommand('alidade.downloadModel', 'org/judge@nosuch'), undefined);
  });
});
