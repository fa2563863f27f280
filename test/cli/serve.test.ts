import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { finishCli, runCli, startCli, type CliResult } from './runCli';
import { writeTinyCausal, writeTinyHeadFile } from './tinyVariants';

interface Served {
  readonly child: ChildProcessWithoutNullStreams;
  readonly url: string;
  readonly token: string;
  readonly ended: Promise<CliResult>;
  post(path: string, body: unknown): Promise<Response>;
}

const isWindows = process.platform === 'win32';

describe('alidade serve', function () {
  this.timeout(60_000);
  useTemporaryCache();
  let folder = '';
  let model: readonly string[] = [];
  const children: ChildProcessWithoutNullStreams[] = [];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-serve-'));
    writeTinyCausal(join(folder, 'causal'));
    writeTinyHeadFile(join(folder, 'head.safetensors'));
    model = ['--model', join(folder, 'causal'), '--head', join(folder, 'head.safetensors'), '--device', 'cpu'];
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  async function serve(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Served> {
    const child = startCli(['serve', ...model, '--port', '0', ...args], { env });
    children.push(child);
    const ended = finishCli(child);
    const first = new Promise<string>((resolve) =>
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
    );
    const line = await Promise.race([first, ended.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
    assert.match(line, /^\{"url":"[^"]+","token":"[^"]+"\}\n$/);
    const { url, token } = JSON.parse(line) as { url: string; token: string };
    const post = (path: string, body: unknown): Promise<Response> =>
      fetch(url + path, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      });
    return { child, url, token, ended, post };
  }

  const longStream = {
    messages: [{ role: 'user', content: 'Hi' }],
    stream: true,
    max_tokens: 1500,
    ignore_eos: true,
  };

  it('prints its address and a new token, answers, and ends with 0 when it is told to', async function () {
    const { child, url, token, ended, post } = await serve(['--quiet']);
    assert.match(url, /^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    assert.ok(32 <= token.length);
    assert.equal((await fetch(`${url}/health`)).status, 200);
    assert.equal((await fetch(`${url}/v1/models`)).status, 401);
    const chat = await post('/v1/chat/completions', { ...longStream, stream: false, max_tokens: 4 });
    const { usage } = (await chat.json()) as { usage: { completion_tokens: number } };
    assert.equal(usage.completion_tokens, 4);
    const rewards = await post('/v1/rewards', { rows: [{ id: 'x', prompt: 'a', response: 'b' }] });
    const { rows } = (await rewards.json()) as { rows: [{ id: string; score: number; objectives: object[] }] };
    assert.deepEqual([rows[0].id, rows[0].objectives.length], ['x', 2]);
    const text = '<|begin|><|start_header_id|>assistant<|end_header_id|>\n\nyes';
    const { scores } = (await (await post('/get_reward', { query: [text] })).json()) as { scores: number[] };
    assert.ok(0 < scores[0] && scores[0] < 1);
    if (isWindows) return this.skip();
    child.kill('SIGTERM');
    const { status, stdout, stderr } = await ended;
    assert.deepEqual([status, stdout.split('\n').length, stderr], [0, 2, '']);
  });

  it('takes its token from the environment or an option, and refuses one that cannot be sent', async () => {
    assert.equal((await serve([], { ALIDADE_TOKEN: 'from-environment' })).token, 'from-environment');
    assert.equal((await serve(['--token', 'given'], { ALIDADE_TOKEN: 'from-environment' })).token, 'given');
    for (const token of ['', 'with space', 'é']) {
      const { status, stderr, stdout } = await runCli(['serve', ...model, '--token', token]);
      assert.deepEqual([status, stdout], [2, ''], token);
      assert.match(stderr, /^error: --token cannot be sent in a header/);
    }
  });

  it('gives a stream at work time to end when it is stopped, and takes nothing new', async function () {
    if (isWindows) return this.skip();
    const { child, ended, post, url } = await serve();
    const response = await post('/v1/chat/completions', longStream);
    const reader = response.body?.getReader();
    await reader?.read();
    child.kill('SIGINT');
    let text = '';
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      text += Buffer.from(part.value).toString();
    }
    assert.match(text, /data: \[DONE\]\n\n$/);
    const { status, stderr } = await ended;
    assert.equal(status, 0);
    assert.match(stderr, /\nstopping\n$/);
    await assert.rejects(fetch(`${url}/health`));
  });

  it('ends at once at the second signal, and so does the process of the model', async function () {
    if (isWindows) return this.skip();
    const { child, ended, post } = await serve();
    const modelPid = childOf(child.pid ?? 0);
    const response = await post('/v1/chat/completions', { ...longStream, n: 100 });
    const text = response.text().catch(() => 'cut off');
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGINT'), 300);
    const begin = performance.now();
    const { status } = await ended;
    assert.equal(status, 130);
    assert.ok(performance.now() - begin < 3000);
    await text;
    await untilGone(modelPid);
  });

  it('takes the process of the model with it, however it ends', async function () {
    if (isWindows) return this.skip();
    const { child, ended } = await serve();
    const modelPid = childOf(child.pid ?? 0);
    child.kill('SIGKILL');
    await ended;
    await untilGone(modelPid);
  });

  it('fails before it prints anything when the model or the port cannot be had', async () => {
    const missing = await runCli(['serve', '--model', join(folder, 'nowhere'), '--port', '0', '--json']);
    assert.deepEqual([missing.status, missing.stdout], [1, '']);
    assert.match(missing.stderr, /"code":"not_found"/);
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const busy = await runCli(['serve', ...model, '--port', String(port)]);
    taken.close();
    assert.deepEqual([busy.status, busy.stdout], [1, '']);
    assert.match(busy.stderr, /error: another program listens on 127\.0\.0\.1:\d+: choose another port/);
  });

  it('refuses options that do not fit', async () => {
    for (const [args, message] of [
      [['--port', '65536'], /--port is 65536/],
      [['--port', 'http'], /not a number/],
      [['--max-body', 'much'], /--max-body is "much", not a size such as 8MB/],
      [['--max-queue', '0'], /--max-queue/],
      [['--host', ''], /--host is empty/],
      [['--weights', 'nosuch=1'], /no objective nosuch/],
      [['rows.jsonl'], /does not take/],
    ] as const) {
      const { status, stdout, stderr } = await runCli(['serve', ...model, ...args]);
      assert.deepEqual([status, stdout], [2, ''], args.join(' '));
      assert.match(stderr, message);
    }
    const { status, stderr } = await runCli(['serve']);
    assert.deepEqual([status, stderr.includes('--model M is missing')], [2, true]);
  });

  it('limits the size of a request as it is told to', async () => {
    const { post } = await serve(['--max-body', '1kB']);
    assert.equal((await post('/v1/rewards', { rows: [{ text: 'a'.repeat(1000) }] })).status, 413);
    assert.equal((await post('/v1/rewards', { rows: [{ text: 'a'.repeat(900) }] })).status, 200);
  });

  it('warns when other machines can reach it', async function () {
    if (isWindows) return this.skip();
    const { url, child, ended } = await serve(['--host', '0.0.0.0', '--quiet']);
    assert.equal((await fetch(`${url}/health`)).status, 200);
    child.kill('SIGTERM');
    const { status, stderr } = await ended;
    assert.equal(status, 0);
    assert.match(stderr, /^warning: other machines can reach http:\/\/127\.0\.0\.1:\d+: only the token/);
  });
});

/** The only child of a process. */
function childOf(pid: number): number {
  const found = listProcesses().filter(({ parent }) => parent === pid);
  assert.equal(found.length, 1);
  return found[0].pid;
}

async function untilGone(pid: number): Promise<void> {
  const end = performance.now() + 5000;
  while (listProcesses().some((process) => process.pid === pid && !process.isZombie)) {
    assert.ok(performance.now() < end, `process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Slim Linux images have no `ps`, other systems have no /proc. */
function listProcesses(): { readonly pid: number; readonly parent: number; readonly isZombie: boolean }[] {
  if (!existsSync('/proc/self/stat')) {
    return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .map(([pid, parent, state = '']) => ({
        pid: Number(pid),
        parent: Number(parent),
        isZombie: state.startsWith('Z'),
      }));
  }
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const [state, parent] = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return [{ pid: Number(name), parent: Number(parent), isZombie: state === 'Z' }];
    } catch {
      return []; // it has just ended
    }
  });
}
