import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCli } from '../cli/runCli';
import { writeTinyCausal, writeTinyHeadFile } from '../cli/tinyVariants';
import { seededRandom } from '../fixtures/seededRandom';
import { useTemporaryCache } from '../fixtures/temporaryCache';

/** 5 s, 10 minutes with `ALIDADE_LONG=1`, or what `ALIDADE_SOAK_SECONDS` says. */
const seconds = Number(process.env['ALIDADE_SOAK_SECONDS'] ?? (process.env['ALIDADE_LONG'] === '1' ? 600 : 5));
/** Shorter runs still warm up: their memory says nothing. */
const leastForMemory = 60;
const workers = seconds < leastForMemory ? 12 : 48;

describe(`the server at full load for ${seconds} s`, function () {
  this.timeout((seconds + 240) * 1000); // a busy machine takes its time for what has begun
  useTemporaryCache();
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-soak-'));
    writeTinyCausal(join(folder, 'causal'));
    writeTinyHeadFile(join(folder, 'head.safetensors'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('answers everybody as they deserve, keeps its memory, and leaves nothing behind', async function () {
    if (process.platform !== 'linux') return this.skip(); // /proc
    const model = ['--model', join(folder, 'causal'), '--head', join(folder, 'head.safetensors')];
    const child = startCli(['serve', ...model, '--device', 'cpu', '--port', '0', '--max-body', '100kB', '--quiet']);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    try {
      const line = await new Promise<string>((resolve) =>
        child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
      );
      const load = new Load(JSON.parse(line) as { url: string; token: string });
      const pids = [child.pid ?? 0, ...childrenOf(child.pid ?? 0)];
      assert.equal(pids.length, 2);
      await load.everything(); // loads what is loaded lazily
      const idle = pids.map(openFiles);
      const end = performance.now() + 1000 * seconds;
      const running = Array.from({ length: workers }, (_, index) => load.run(index, end));
      const samples: number[][] = [];
      while (performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(1000, 10 * seconds)));
        samples.push(pids.map(residentMegabytes));
      }
      await Promise.all(running);
      console.log(`      ${describeRun(load, samples)}`);
      assert.deepEqual(load.failures.slice(0, 5), []);
      if (leastForMemory <= seconds) pids.forEach((_, index) => assertFlat(samples.map((sample) => sample[index])));
      await load.everything();
      // Connections of this test's own client are kept for a while on both sides.
      await settle(() => pids.every((pid, index) => openFiles(pid) <= idle[index] + workers + 8));
      child.kill('SIGTERM');
      assert.equal(await ended, 0);
      assert.equal(stderr, '');
    } finally {
      child.kill('SIGKILL');
    }
  });
});

/** Clients of every kind. */
class Load {
  readonly failures: string[] = [];
  readonly counts = new Map<string, number>();
  readonly #url: string;
  readonly #token: string;

  constructor({ url, token }: { readonly url: string; readonly token: string }) {
    this.#url = url;
    this.#token = token;
  }

  /** One client after the other of each kind. */
  async everything(): Promise<void> {
    for (const kind of this.#kinds) await this.#once(kind, seededRandom(1).next);
  }

  async run(seed: number, end: number): Promise<void> {
    const random = seededRandom(seed);
    while (performance.now() < end) await this.#once(this.#kinds[random.below(this.#kinds.length)], random.next);
  }

  async #once(kind: (random: () => number) => Promise<string>, random: () => number): Promise<void> {
    try {
      const name = await kind(random);
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    } catch (error) {
      this.failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  readonly #kinds: readonly ((random: () => number) => Promise<string>)[] = [
    async (random) => {
      const rows = Array.from({ length: 1 + Math.floor(8 * random()) }, (_, index) =>
        index % 3 === 2
          ? { prompt: text(random), chosen: text(random), rejected: text(random) }
          : { prompt: text(random), response: text(random) },
      );
      const scored = (await this.#json('/v1/rewards', { rows }, 200)) as { rows: { error?: object }[] };
      assert.equal(scored.rows.length, rows.length);
      assert.ok(scored.rows.every(({ error }) => error === undefined));
      return 'rewards';
    },
    async (random) => {
      const query = Array.from(
        { length: 4 },
        () => `<|begin|>${header('user')}a<|eot_id|>${header('assistant')}${text(random)}`,
      );
      const { rewards } = (await this.#json('/get_reward', { query, prompts: query, labels: query }, 200)) as {
        rewards: number[];
      };
      assert.ok(rewards.length === 4 && rewards.every(Number.isFinite));
      return 'get_reward';
    },
    async (random) => {
      const body = { prompt: text(random), max_tokens: 1, echo: true, logprobs: 1 };
      const { choices } = (await this.#json('/v1/completions', body, 200)) as {
        choices: [{ logprobs: { tokens: string[] } }];
      };
      assert.equal(choices[0].logprobs.tokens.length, Buffer.byteLength(body.prompt) + 1);
      return 'completions';
    },
    async (random) => {
      const response = await this.#post('/v1/chat/completions', chat(random, 12));
      assert.equal(response.status, 200);
      assert.match(await response.text(), /data: \[DONE\]\n\n$/);
      return 'streams';
    },
    async (random) => {
      const leaving = new AbortController();
      const response = await this.#post('/v1/chat/completions', chat(random, 1000), leaving.signal);
      assert.equal(response.status, 200);
      await response.body?.getReader().read();
      leaving.abort();
      return 'left streams';
    },
    async (random) => {
      const leaving = new AbortController();
      setTimeout(() => leaving.abort(), 30 * random());
      await this.#post('/v1/rewards', { rows: [{ prompt: 'a', response: text(random) }] }, leaving.signal)
        .then(
          (response) => response.text(),
          () => undefined,
        )
        .catch(() => undefined);
      return 'left rewards';
    },
    async (random) => {
      const refused = await fetch(`${this.#url}/v1/rewards`, { method: 'POST', body: text(random) });
      assert.equal(refused.status, 401);
      await refused.text();
      assert.equal((await this.#raw('/v1/rewards', '{"rows":[')).status, 400);
      assert.equal((await this.#raw('/v1/rewards', 'x'.repeat(150_000))).status, 413);
      return 'refused';
    },
    async () => {
      const { port } = new URL(this.#url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.write(
        `POST /v1/rewards HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${this.#token}\r\nContent-Length: 99\r\n\r\n{`,
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
      return 'broken off';
    },
  ];

  #post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    const headers = { Authorization: `Bearer ${this.#token}` };
    return fetch(this.#url + path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async #raw(path: string, body: string): Promise<Response> {
    const headers = { Authorization: `Bearer ${this.#token}` };
    const response = await fetch(this.#url + path, { method: 'POST', headers, body });
    await response.text();
    return response;
  }

  async #json(path: string, body: unknown, status: number): Promise<unknown> {
    const response = await this.#post(path, body);
    assert.equal(response.status, status);
    return response.json();
  }
}

function header(role: string): string {
  return `<|start_header_id|>${role}<|end_header_id|>\n\n`;
}

function text(random: () => number): string {
  return 'lorem ipsum dolor sit amet '.repeat(1 + Math.floor(6 * random())).slice(Math.floor(20 * random()));
}

function chat(random: () => number, maxTokens: number): object {
  const messages = [{ role: 'user', content: text(random) }];
  return { messages, stream: true, max_tokens: maxTokens, ignore_eos: true };
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return (
          readFileSync(`/proc/${name}/stat`, 'utf8')
            .replace(/^.*\) . /s, '')
            .split(' ')[0] === String(parent)
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000;
}

/** After a third of the time everything has been seen: the rest may not need more. */
function assertFlat(samples: readonly number[]): void {
  const third = Math.floor(samples.length / 3);
  const middle = median(samples.slice(third, 2 * third));
  const last = median(samples.slice(2 * third));
  assert.ok(last < 1.1 * middle + 5, `${middle.toFixed(0)} MB in the second third, ${last.toFixed(0)} MB in the last`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function settle(condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < end, `it did not settle: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function describeRun({ counts }: Load, samples: readonly (readonly number[])[]): string {
  const done = [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
  const thirds = [0, 1, 2].map((part) => {
    const size = Math.max(1, Math.floor(samples.length / 3));
    const slice = samples.slice(part * size, (part + 1) * size);
    return [0, 1].map((index) => median(slice.map((sample) => sample[index])).toFixed(0)).join(' + ');
  });
  return `${done}; MB of server + model by thirds of the time: ${thirds.join(', ')}`;
}
