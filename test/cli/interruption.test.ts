import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { finishCli, startCli } from './runCli';
import { writeTinyCausal, writeTinyClassifier } from './tinyVariants';

const row = `${JSON.stringify({ text: 'abc' })}\n`;

describe('an interrupted command', function () {
  this.timeout(60_000);
  useTemporaryCache();
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-interrupt-'));
    writeTinyClassifier(join(folder, 'classifier'));
    writeTinyCausal(join(folder, 'causal'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function startScoring(): ReturnType<typeof startCli> {
    return startCli(['score', '--model', join(folder, 'classifier'), '--quiet', '--json']);
  }

  it('stops waiting for rows at Ctrl+C and exits with 130', async function () {
    if (process.platform === 'win32') return this.skip();
    const child = startScoring();
    child.stdin.write(row);
    child.stdout.once('data', () => child.kill('SIGINT'));
    const { status, stdout, stderr } = await finishCli(child);
    assert.equal(status, 130);
    assert.equal(stdout.split('\n').length, 2, 'the row that was scored is there');
    assert.equal(stderr, 'error: cancelled\n{"error":{"code":"cancelled","message":"cancelled","hint":null}}\n');
  });

  it('stops generating at Ctrl+C and exits with 130', async function () {
    if (process.platform === 'win32') return this.skip();
    const args = ['--prompt', 'Hi', '--n', '1000', '--max-new-tokens', '1000', '--ignore-eos'];
    const child = startCli(['generate', '--model', join(folder, 'causal'), '--quiet', ...args]);
    child.stdout.once('data', () => child.kill('SIGINT'));
    const { status, stderr } = await finishCli(child);
    assert.equal(status, 130);
    assert.equal(stderr, 'error: cancelled\n');
  });

  it('ends quietly when nobody reads its output any more', async () => {
    const child = startScoring();
    child.stdin.on('error', () => undefined);
    child.stdin.write(row.repeat(20_000));
    child.stdout.once('data', () => child.stdout.destroy());
    const { status, stderr } = await finishCli(child);
    assert.equal(status, 0);
    assert.equal(stderr, '');
  });

  it('fails when its output cannot be written', async function () {
    if (!existsSync('/dev/full')) return this.skip();
    const child = spawn(process.execPath, [join(process.cwd(), 'dist', 'cli.js'), 'models', folder, '--json'], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const status = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^error: standard output cannot be written: ENOSPC.*: free some space\n\{"error":\{"code":"no_space"/,
    );
  });
});
