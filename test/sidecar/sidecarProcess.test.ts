import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AlidadeError } from '../../src/core/alidadeError';
import type { Logger } from '../../src/core/jobContext';
import { forkSidecar } from '../../src/extension/sidecar/forkSidecar';
import type { RowRequest } from '../../src/extension/sidecar/sidecarClient';
import { SidecarClient } from '../../src/extension/sidecar/sidecarClient';
import { writeTinyModel } from '../fixtures/tinyModel';
import packageJson from '../../package.json';

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const never = new AbortController().signal;
const script = resolve('dist', 'sidecar.js');

describe('the built sidecar', function () {
  this.timeout(30_000);
  let folder = '';
  let model = '';
  let cache: string | undefined;
  const clients: SidecarClient[] = [];

  before(() => {
    assert.ok(existsSync(script), `${script} is missing: run npm run build`);
    folder = mkdtempSync(join(tmpdir(), 'alidade-sidecar-'));
    model = join(folder, 'models', 'tiny');
    writeTinyModel({ folder: model });
    cache = process.env['ALIDADE_CACHE'];
    process.env['ALIDADE_CACHE'] = join(folder, 'cache');
    process.env['HF_HUB_CACHE'] = join(folder, 'hub');
  });

  afterEach(() => clients.splice(0).forEach((client) => client.dispose()));

  after(() => {
    if (cache === undefined) delete process.env['ALIDADE_CACHE'];
    else process.env['ALIDADE_CACHE'] = cache;
    delete process.env['HF_HUB_CACHE'];
    rmSync(folder, { recursive: true, force: true });
  });

  function start(): SidecarClient {
    const client = new SidecarClient({
      fork: () => forkSidecar({ script, nodePath: process.execPath }),
      packageVersion: packageJson.version,
      logger: silent,
      onStateChange: () => {},
    });
    clients.push(client);
    return client;
  }

  function pair(chosen: string): RowRequest {
    const input = (content: string) => ({
      kind: 'messages' as const,
      messages: [
        { role: 'user', content: 'Name a colour.' },
        { role: 'assistant', content },
      ],
    });
    return {
      model: { reference: model, device: 'cpu', dtype: 'auto' },
      row: { kind: 'pair', id: 'row', chosen: input(chosen), rejected: input('Perhaps.') },
      priority: 'interactive',
    };
  }

  it('scores a row, explains it with the same numbers, and answers again from its cache', async () => {
    const client = start();
    const scored = await client.scoreRow(pair('Blue.'), { signal: never });
    assert.ok('margin' in scored.row);
    assert.equal(scored.row.margin, scored.row.chosen.score - scored.row.rejected.score);
    assert.deepEqual(
      scored.row.chosen.objectives.map(({ name }) => name),
      ['helpful', 'brief'],
    );
    const begin = performance.now();
    const explained = await client.explainRow(pair('Blue.'), { signal: never });
    assert.ok(performance.now() - begin < 100, 'a known row is not computed again');
    assert.equal(explained.responses[0]?.score, scored.row.chosen.score);
    assert.equal(explained.responses[0]?.text, '<|begin|><|user|>Name a colour.<|end|><|assistant|>Blue.<|end|>');
  });

  it('rejects at once when it is killed during a request, and the next request works', async () => {
    const client = start();
    await client.scoreRow(pair('Red.'), { signal: never });
    const { state } = client;
    assert.equal(state.kind, 'running');
    const pending = client.scoreRow(pair('Green.'.repeat(200)), { signal: never });
    const rejected = assert.rejects(pending, /ended before it answered/);
    process.kill(state.pid, 'SIGKILL');
    const begin = performance.now();
    await rejected;
    assert.ok(performance.now() - begin < 1000, 'rejected within a second');
    const again = await client.scoreRow(pair('Green.'), { signal: never });
    assert.ok('margin' in again.row);
  });

  it('names what is wrong with a model that is not there, and goes on', async () => {
    const client = start();
    const request = pair('Blue.');
    await assert.rejects(
      client.scoreRow({ ...request, model: { ...request.model, reference: join(folder, 'none') } }, { signal: never }),
      (error) => error instanceof AlidadeError && error.code === 'not_found' && error.hint !== undefined,
    );
    assert.ok('margin' in (await client.scoreRow(request, { signal: never })).row);
  });

  it('stops a running request when it is cancelled', async () => {
    const client = start();
    await client.describeModel(pair('').model, { signal: never });
    const controller = new AbortController();
    const pending = client.scoreRow(pair('Yellow. '.repeat(100)), { signal: controller.signal });
    setTimeout(() => controller.abort(), 5);
    const begin = performance.now();
    await assert.rejects(pending, (error) => error instanceof AlidadeError && error.code === 'cancelled');
    assert.ok(performance.now() - begin < 200);
  });

  it('lists the checkpoints of a folder with their heads', async () => {
    const client = start();
    const { checkpoints, starterPresent } = await client.listCheckpoints([join(folder, 'models')], { signal: never });
    assert.equal(starterPresent, false);
    assert.deepEqual(
      checkpoints.map(({ name, place, head, problems }) => ({ name, place, head, problems })),
      [
        {
          name: 'tiny',
          place: 'folder',
          head: { kind: 'classification', objectives: ['helpful', 'brief'] },
          problems: [],
        },
      ],
    );
  });

  it('reports devices, of which the CPU works', async () => {
    const { ok, checks } = await start().doctor({ signal: never });
    assert.equal(ok, true);
    assert.equal(checks.find(({ name }) => name === 'device cpu')?.ok, true);
  });

  it('goes away with its parent', async () => {
    const client = start();
    await client.doctor({ signal: never });
    const { state } = client;
    assert.equal(state.kind, 'running');
    client.dispose();
    for (let turn = 0; turn < 100 && isAlive(state.pid); turn += 1) await new Promise((done) => setTimeout(done, 20));
    assert.equal(isAlive(state.pid), false);
  });

  it('refuses to run without a parent', async () => {
    const { spawnSync } = await import('node:child_process');
    const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    assert.equal(status, 2);
    assert.match(stderr, /started by the editor/);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
