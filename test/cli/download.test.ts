import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HubServer, type HubFile, type HubRepository } from '../fixtures/hubServer';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { finishCli, runCli, startCli, type CliResult } from './runCli';
import { writeTinyClassifier } from './tinyVariants';

const commit = 'feed'.padEnd(40, '0');

describe('alidade download', function () {
  this.timeout(60_000);
  const folder = useTemporaryFolder();
  let server: HubServer;
  beforeEach(async () => {
    server = new HubServer();
    await server.start();
  });
  afterEach(() => server.stop());

  function host(parts: Partial<HubRepository> = {}): void {
    const model = join(folder(), 'model');
    writeTinyClassifier(model);
    const files = Object.fromEntries(
      readdirSync(model).map((name): [string, HubFile] => [
        name,
        { content: readFileSync(join(model, name)), isLarge: name.endsWith('.safetensors') },
      ]),
    );
    server.repositories.set('org/judge', { commit, files, ...parts });
  }

  function environment(extra: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
    return {
      HF_ENDPOINT: server.endpoint,
      HF_HOME: join(folder(), 'home'),
      HF_HUB_CACHE: '',
      HF_TOKEN: '',
      HF_TOKEN_PATH: '',
      ALIDADE_CACHE: join(folder(), 'cache'),
      ...extra,
    };
  }

  const download = (args: readonly string[], extra?: Readonly<Record<string, string>>): Promise<CliResult> =>
    runCli(['download', ...args], { env: environment(extra) });

  it('fetches a model that can then be used by its name', async () => {
    host();
    const { status, stdout, stderr } = await download(['org/judge']);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, 'org/judge\n');
    assert.match(stderr, /use it with --model org\/judge/);
    const scored = await runCli(['score', '--model', 'org/judge'], { env: environment(), stdin: '{"text":"abc"}\n' });
    assert.equal(scored.status, 0, scored.stderr);
    assert.equal(typeof (JSON.parse(scored.stdout) as { readonly score: unknown }).score, 'number');
    const listed = await runCli(['models', '--json'], { env: environment(), cwd: join(folder(), 'home') });
    const names = (JSON.parse(listed.stdout) as { readonly name: string }[]).map(({ name }) => name);
    assert.ok(names.includes('org/judge'), String(names));
  });

  it('says as JSON what it has fetched', async () => {
    host();
    const { stdout } = await download(['org/judge', '--json', '--quiet', '--include', '*.json, *.safetensors']);
    const result = JSON.parse(stdout) as { readonly commit: string; readonly path: string; readonly files: unknown[] };
    assert.equal(result.commit, commit);
    assert.ok(existsSync(join(result.path, 'model.safetensors')));
    assert.ok(2 < result.files.length);
  });

  it('takes the token from HF_TOKEN, else from the file of the hub login', async () => {
    host({ token: 'hf_secret' });
    const refused = await download(['org/judge', '--json']);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /error: org\/judge is gated/);
    const last = refused.stderr.trim().split('\n').at(-1) ?? '';
    const { error } = JSON.parse(last) as { readonly error: { readonly code: string; readonly hint: string } };
    assert.equal(error.code, 'permission');
    assert.match(error.hint, /HF_TOKEN/);
    assert.equal((await download(['org/judge'], { HF_TOKEN: 'hf_secret' })).status, 0);
    writeFileSync(join(folder(), 'home', 'token'), 'hf_secret\n');
    assert.equal((await download(['org/judge', '--include', 'config.json'])).status, 0);
  });

  it('is wrongly used without a name, with no name, or offline', async () => {
    assert.equal((await download([])).status, 2);
    assert.equal((await download(['not a name'])).status, 2);
    assert.equal((await download(['a/b', 'c/d'])).status, 2);
    const offline = await download(['org/judge'], { HF_HUB_OFFLINE: '1' });
    assert.deepEqual([offline.status, server.requests.length], [2, 0]);
    assert.equal((await download(['org/judge'], { HF_ENDPOINT: 'nonsense' })).status, 2);
  });

  it('goes on after it was killed, with what was there', async function () {
    if (process.platform === 'win32') return this.skip();
    const weights = Buffer.alloc(3_000_000, 'weights ');
    const files = {
      'config.json': { content: Buffer.from('{}') },
      'model.safetensors': { content: weights, isLarge: true },
    };
    server.repositories.set('org/big', { commit, files });
    server.fault = ({ host: where }) => (where === 'store' ? { kind: 'hang', after: 2_000_000 } : null);
    const child = startCli(['download', 'org/big'], { env: environment() });
    const blobs = join(folder(), 'home', 'hub', 'models--org--big', 'blobs');
    await until(() => existsSync(blobs) && readdirSync(blobs).some((name) => bytesOf(join(blobs, name)) === 2_000_000));
    child.kill('SIGKILL');
    await finishCli(child);
    server.fault = () => null;
    server.requests.length = 0;
    const begin = performance.now();
    const { status, stderr } = await download(['org/big']);
    assert.equal(status, 0, stderr);
    assert.ok(performance.now() - begin < 20_000, 'the lock of a dead process is not waited for');
    const ranges = server.requests.filter((request) => request.host === 'store').map(({ range }) => range);
    assert.deepEqual(ranges, ['bytes=2000000-']);
    const snapshot = join(folder(), 'home', 'hub', 'models--org--big', 'snapshots', commit);
    assert.deepEqual(readFileSync(join(snapshot, 'model.safetensors')), weights);
    assert.equal(readdirSync(blobs).length, 2);
  });

  it('fetches once when two processes want the same', async () => {
    host();
    const results = await Promise.all([download(['org/judge']), download(['org/judge'])]);
    assert.deepEqual(
      results.map(({ status }) => status),
      [0, 0],
      results.map(({ stderr }) => stderr).join(),
    );
    assert.equal(server.requests.filter((request) => request.host === 'store').length, 1);
  });

  it('stops at Ctrl+C', async function () {
    if (process.platform === 'win32') return this.skip();
    host();
    server.fault = ({ host: where }) => (where === 'store' ? { kind: 'hang', after: 10 } : null);
    const child = startCli(['download', 'org/judge', '--quiet'], { env: environment() });
    await until(() => server.requests.some((request) => request.host === 'store'));
    child.kill('SIGINT');
    const { status, stderr } = await finishCli(child);
    assert.deepEqual([status, stderr], [130, 'error: cancelled\n']);
  });
});

function bytesOf(path: string): number {
  try {
    return readFileSync(path).length;
  } catch {
    return 0;
  }
}

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 20) {
    assert.ok(waited < 20_000, 'it did not happen');
    await new Promise((done) => setTimeout(done, 20));
  }
}
