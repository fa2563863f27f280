import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from './runCli';

interface Report {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

describe('alidade doctor and starter', function () {
  this.timeout(60_000);
  let folder = '';
  const env = (): Record<string, string> => ({ ALIDADE_CACHE: folder, HF_HUB_CACHE: join(folder, 'hub') });
  before(() => (folder = mkdtempSync(join(tmpdir(), 'alidade-doctor-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('reports every check with its reason as JSON', async () => {
    const { status, stdout } = await runCli(['doctor', '--json', '--quiet'], { env: env() });
    const report = JSON.parse(stdout) as Report;
    assert.equal(status, report.ok ? 0 : 1);
    const find = (name: string): Report['checks'][number] | undefined =>
      report.checks.find((check) => check.name === name);
    assert.equal(find('device cpu')?.ok, true);
    assert.match(find('runtime')?.detail ?? '', /^onnxruntime-node \d/);
    assert.match(find('device auto')?.detail ?? '', /^\w+: ./);
    assert.match(find('weights')?.detail ?? '', /mapped|prepacked/);
    assert.match(find('cache')?.detail ?? '', /GB used, .* GB free$/);
    assert.equal(find('starter model')?.ok, false);
    for (const check of report.checks) {
      assert.deepEqual(Object.keys(check), ['name', 'ok', 'detail']);
      assert.notEqual(check.detail, '');
    }
  });

  it('says that it cannot score where the cache cannot be written', async () => {
    const { status, stdout } = await runCli(['doctor'], { env: { ...env(), ALIDADE_CACHE: '/dev/null/cache' } });
    assert.equal(status, 1);
    assert.match(stdout, /\n-- +cache +\/dev\/null\/cache cannot be written: /);
    assert.match(stdout, /\nAlidade cannot score here\.\n$/);
  });

  it('says where the starter would be', async () => {
    const path = join(folder, 'starter', 'SmolLM2-135M-Instruct.Q4_1.gguf');
    const text = await runCli(['starter'], { env: env() });
    assert.deepEqual(text, { status: 0, stdout: `${path} (not there yet: alidade starter fetch)\n`, stderr: '' });
    const json = JSON.parse((await runCli(['starter', '--json'], { env: env() })).stdout) as Record<string, unknown>;
    assert.deepEqual([json['path'], json['present'], json['bytes']], [path, false, 98_362_432]);
  });

  it('says how to get the starter when a command needs it', async () => {
    const { status, stderr } = await runCli(['score', '--model', 'starter'], { env: env(), stdin: '' });
    assert.equal(status, 1);
    assert.match(stderr, /^error: .*alidade starter fetch/);
  });
});
