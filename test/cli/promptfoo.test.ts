import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { finishCli, runCli, startCli } from './runCli';
import { writeTinyCausal, writeTinyHeadFile } from './tinyVariants';

/** promptfoo's `ProviderResponse`. */
interface ProviderResponse {
  readonly output?: string;
  readonly error?: string;
  readonly tokenUsage?: { readonly total: number; readonly prompt: number; readonly completion: number };
}

/** promptfoo's `ApiProvider`, and how it makes one of a file. */
interface Provider {
  id(): string;
  callApi(prompt: string, context?: object, options?: object): Promise<ProviderResponse>;
}
type ProviderClass = new (options: { id?: string; config?: object; env?: object }) => Provider;

/** promptfoo's `GradingResult`. */
interface GradingResult {
  readonly pass: boolean;
  readonly score: number;
  readonly reason: string;
  readonly namedScores: Readonly<Record<string, number>>;
  readonly componentResults: readonly { readonly pass: boolean; readonly score: number; readonly reason: string }[];
}
type Assertion = (output: unknown, context: object) => Promise<GradingResult>;

async function load<Value>(name: string): Promise<Value> {
  const module = (await import(pathToFileURL(resolve('media', 'promptfoo', name)).href)) as { default: Value };
  return module.default;
}

describe('the files for promptfoo', function () {
  this.timeout(60_000);
  useTemporaryCache();
  let folder = '';
  let child: ChildProcessWithoutNullStreams;
  let config: { url: string };
  let AlidadeProvider: ProviderClass;
  let assertion: Assertion;
  const kept = process.env['ALIDADE_TOKEN'];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-promptfoo-'));
    writeTinyCausal(join(folder, 'causal'));
    writeTinyHeadFile(join(folder, 'head.safetensors'));
    const model = ['--model', join(folder, 'causal'), '--head', join(folder, 'head.safetensors'), '--device', 'cpu'];
    child = startCli(['serve', ...model, '--port', '0', '--quiet']);
    const ended = finishCli(child);
    const first = new Promise<string>((answer) =>
      child.stdout.once('data', (chunk: Buffer) => answer(chunk.toString())),
    );
    const line = await Promise.race([first, ended.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
    const { url, token } = JSON.parse(line) as { url: string; token: string };
    config = { url };
    process.env['ALIDADE_TOKEN'] = token;
    AlidadeProvider = await load<ProviderClass>('provider.mjs');
    assertion = await load<Assertion>('assertion.mjs');
  });
  after(() => {
    child.kill('SIGKILL');
    if (kept === undefined) delete process.env['ALIDADE_TOKEN'];
    else process.env['ALIDADE_TOKEN'] = kept;
    rmSync(folder, { recursive: true, force: true });
  });

  it('answer prompts, as text or as a conversation in JSON, with the tokens that it took', async () => {
    const provider = new AlidadeProvider({ id: 'tiny', config: { ...config, temperature: 0, maxTokens: 5 } });
    assert.equal(provider.id(), 'tiny');
    const context = { vars: { topic: 'x' }, prompt: { raw: 'Hi', label: 'Hi' } };
    const { output, error, tokenUsage } = await provider.callApi('Hi', context, { includeLogProbs: false });
    assert.equal(error, undefined);
    assert.equal(typeof output, 'string');
    assert.equal(tokenUsage?.total, (tokenUsage?.prompt ?? 0) + (tokenUsage?.completion ?? 0));
    assert.ok(0 < (tokenUsage?.completion ?? 0) && (tokenUsage?.completion ?? 0) <= 5);
    const conversation = JSON.stringify([{ role: 'user', content: 'Hi' }]);
    assert.equal((await provider.callApi(conversation, context)).output, output, 'the same conversation');
    const longer = await provider.callApi(JSON.stringify([{ role: 'user', content: 'Hi there' }]));
    assert.notEqual(longer.tokenUsage?.prompt, tokenUsage?.prompt);
  });

  it('take options from the prompt too, and put a system prompt first', async () => {
    const provider = new AlidadeProvider({ config: { ...config, maxTokens: 2, system: 'Be brief.' } });
    const one = await provider.callApi('Hi', { prompt: { raw: 'Hi', config: { maxTokens: 1 } } });
    assert.equal(one.tokenUsage?.completion, 1);
    const plain = await new AlidadeProvider({ config: { ...config, maxTokens: 1 } }).callApi('Hi');
    assert.ok((plain.tokenUsage?.prompt ?? 0) < (one.tokenUsage?.prompt ?? 0));
  });

  it('give what went wrong as an error, with what to do about it', async () => {
    const bad = await new AlidadeProvider({ config: { ...config, temperature: -1 } }).callApi('Hi');
    assert.match(bad.error ?? '', /alidade serve: `temperature` is -1, but has to be at least 0/);
    const stranger = new AlidadeProvider({ config: { ...config, tokenEnv: 'OTHER' }, env: { OTHER: 'wrong' } });
    assert.match((await stranger.callApi('Hi')).error ?? '', /has another token than OTHER/);
    const without = new AlidadeProvider({ config: { ...config, tokenEnv: 'ALIDADE_NO_SUCH_TOKEN' } });
    assert.match((await without.callApi('Hi')).error ?? '', /ALIDADE_NO_SUCH_TOKEN is not set/);
    const closed = createServer().listen(0);
    const { port } = closed.address() as AddressInfo;
    await new Promise((done) => closed.close(done));
    const nowhere = new AlidadeProvider({ config: { url: `http://127.0.0.1:${port}` } });
    assert.match((await nowhere.callApi('Hi')).error ?? '', /does not answer at .+ECONNREFUSED.+: start it/);
  });

  it('stop when promptfoo does', async () => {
    const abort = new AbortController();
    const provider = new AlidadeProvider({ config: { ...config, maxTokens: 1500 } });
    const answer = provider.callApi('Hi', {}, { abortSignal: abort.signal });
    abort.abort();
    assert.match((await answer).error ?? '', /abort/);
  });

  it('score an answer from 0 to 1, with a named score for each objective', async () => {
    const { pass, score, reason, namedScores, componentResults } = await assertion('Blue.', {
      prompt: 'A colour?',
      vars: {},
      config,
    });
    assert.equal(pass, true);
    const raw = Number(/^score (.+)$/.exec(reason)?.[1]);
    assert.equal(score, 1 / (1 + Math.exp(-raw)));
    assert.ok(0 < Object.keys(namedScores).length);
    assert.ok(Object.values(namedScores).every((value) => Number.isFinite(value)));
    assert.deepEqual(componentResults, []);
    const conversation = JSON.stringify([{ role: 'user', content: 'A colour?' }]);
    assert.equal((await assertion('Blue.', { prompt: conversation, config })).score, score);
    assert.notEqual((await assertion({ colour: 'blue' }, { prompt: 'A colour?', config })).score, score);
  });

  it('pass or fail by the bounds of the configuration, and say which failed', async () => {
    const context = { prompt: 'A colour?', vars: {} };
    const { namedScores } = await assertion('Blue.', { ...context, config });
    const [[name, value]] = Object.entries(namedScores) as [[string, number]];
    const minimum = { score: -1000, [name]: value };
    const good = await assertion('Blue.', { ...context, config: { ...config, minimum, maximum: { [name]: value } } });
    assert.deepEqual([good.pass, good.componentResults.map(({ pass }) => pass)], [true, [true, true, true]]);
    const bad = await assertion('Blue.', {
      ...context,
      config: { ...config, maximum: { [name]: value - 1 }, minimum },
    });
    assert.equal(bad.pass, false);
    assert.equal(bad.reason, `${name} ${value} is above ${value - 1}`);
    const ranged = await assertion('Blue.', {
      ...context,
      config: { ...config, range: [-1000, -999], threshold: 0.5 },
    });
    assert.deepEqual([ranged.score, ranged.pass], [1, true]);
    const low = await assertion('Blue.', { ...context, config: { ...config, range: [999, 1000], threshold: 0.5 } });
    assert.deepEqual([low.score, low.pass], [0, false]);
  });

  it('refuse bounds of objectives that the model does not have, and answers that cannot be scored', async () => {
    const context = { prompt: 'A colour?', vars: {} };
    await assert.rejects(
      assertion('Blue.', { ...context, config: { ...config, minimum: { wisdom: 1 } } }),
      /no objective wisdom/,
    );
    await assert.rejects(assertion('Blue.', { ...context, config: { ...config, range: [1, 1] } }), /low < high/);
    await assert.rejects(assertion(' ', { ...context, config }), /could not score the answer: .*empty/);
  });
});

describe('alidade promptfoo', () => {
  const folder = useTemporaryFolder();

  it('writes the files, and prints the configuration that uses them', async () => {
    const { status, stdout } = await runCli(['promptfoo'], { cwd: folder() });
    assert.equal(status, 0);
    const { providers, defaultTest } = parse(stdout) as {
      readonly providers: readonly { readonly id: string }[];
      readonly defaultTest: { readonly assert: readonly { readonly type: string; readonly value: string }[] };
    };
    for (const named of [providers[0]?.id, defaultTest.assert[0]?.value]) {
      const module = (await import(pathToFileURL(join(folder(), named?.replace('file://', '') ?? '')).href)) as object;
      assert.ok('default' in module);
    }
    assert.equal(defaultTest.assert[0]?.type, 'javascript');
  });

  it('leaves files that are there as they are', async () => {
    mkdirSync(join(folder(), 'mine'));
    writeFileSync(join(folder(), 'mine', 'assertion.mjs'), 'mine');
    const { status, stderr } = await runCli(['promptfoo', 'mine'], { cwd: folder() });
    assert.equal(status, 1);
    assert.match(stderr, /^error: .+assertion\.mjs exists: remove it, or name another folder\n$/);
    assert.deepEqual(readdirSync(join(folder(), 'mine')), ['assertion.mjs']);
  });
});
