import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlidadeError } from '../../../src/core/alidadeError';
import type { ScorableInput, ScorableRow } from '../../../src/core/promptFile/scorableRow';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import { ModelProcess } from '../../../src/server/modelProcess/modelProcess';
import type { ModelProcessParams } from '../../../src/server/modelProcess/modelProcess';
import type { GenerationEvent, GenerationRequest } from '../../../src/server/modelService';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { tinyCausal, tinyChatTemplate, writeTinyModel } from '../../fixtures/tinyModel';
import { writeTinyHead } from '../../fixtures/tinyHead';
import { until } from '../support/useServer';

const request: GenerationRequest = {
  prompt: { kind: 'messages', messages: [{ role: 'user', content: 'Hi' }] },
  count: 1,
  maxNewTokens: 8,
  temperature: 0,
  topP: 1,
  topK: 0,
  seed: 0,
  stopTexts: [],
  ignoreEndOfSequence: true,
  alternatives: null,
  echo: false,
};
const never = new AbortController().signal;
const row: ScorableRow = {
  kind: 'single',
  id: '1',
  input: {
    kind: 'messages',
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
    ],
  },
};
const templated = '<|begin|><|user|>Hi<|end|><|assistant|>Hello<|end|>';

describe('the process of the model', function () {
  this.timeout(60_000);
  useTemporaryCache();
  let folder = '';
  const open: ModelProcess[] = [];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-serve-'));
    mkdirSync(join(folder, 'causal'));
    mkdirSync(join(folder, 'classifier'));
    writeTinyModel({ folder: join(folder, 'causal'), config: tinyCausal('llama'), chatTemplate: tinyChatTemplate });
    writeTinyModel({
      folder: join(folder, 'classifier'),
      mapTensors: (tensors) => tensors.filter(({ name }) => name !== 'lm_head.weight'),
    });
    writeTinyHead({ file: join(folder, 'head.safetensors') });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(async () => {
    for (const service of open.splice(0)) await service.close();
  });

  const choice = (name: string, head?: string): ModelProcessParams['choice'] => ({
    reference: join(folder, name),
    headPath: head === undefined ? undefined : join(folder, head),
    device: 'cpu',
    dtype: 'f32',
    threads: 1,
  });
  async function start(
    name: string,
    rest: Partial<ModelProcessParams> & { head?: string } = {},
  ): Promise<ModelProcess> {
    const { head, ...params } = rest;
    const script = join(process.cwd(), 'dist', 'cli.js');
    const all = { script, choice: choice(name, head), onFailure: () => undefined, ...params };
    const service = await ModelProcess.start(all, quietContext());
    open.push(service);
    return service;
  }
  async function generate(
    service: ModelProcess,
    changes: Partial<GenerationRequest> = {},
    signal = never,
  ): Promise<GenerationEvent[]> {
    const events: GenerationEvent[] = [];
    await service.generate({ ...request, ...changes }, (event) => events.push(event), signal);
    return events;
  }
  const textOf = (events: readonly GenerationEvent[]): string =>
    events.map((event) => (event.kind === 'piece' ? event.text : '')).join('');

  it('scores as the engine does, and does not give an already templated text a second BOS', async () => {
    const service = await start('classifier');
    const rows: ScorableRow[] = [
      row,
      { kind: 'single', id: '2', input: { kind: 'text', text: templated } },
      { kind: 'single', id: '3', input: { kind: 'ids', ids: [256, 9999] } },
    ];
    const [first, second, third] = await service.scoreBatch(rows, {}, never);
    const model = await openRewardModel(choice('classifier'), quietContext());
    const [expected] = await model.scoreBatch([row], {}, quietContext());
    await model.release();
    assert.ok('score' in first && 'score' in second && 'score' in expected);
    assert.ok(Math.abs(first.score - expected.score) < 1e-5);
    assert.ok(Math.abs(second.score - expected.score) < 1e-5);
    assert.equal(second.tokens, first.tokens, 'one BOS');
    assert.ok('error' in third && third.error.code === 'row');
  });

  it('generates from messages, text and ids alike, with one BOS', async () => {
    const service = await start('causal');
    const chat = await generate(service);
    assert.equal(chat[0].kind === 'prompt' && chat[0].tokens, 1 + 1 + 2 + 1 + 1);
    assert.deepEqual(chat.at(-1), { kind: 'end', choice: 0, finishReason: 'length', tokens: 8 });
    assert.ok(2 < chat.length, 'it comes in pieces');
    const text = '<|begin|><|user|>Hi<|end|><|assistant|>';
    const raw = await generate(service, { prompt: { kind: 'text', text } });
    assert.equal(raw[0].kind === 'prompt' && raw[0].tokens, 6);
    assert.equal(textOf(raw), textOf(chat));
    const ids = [256, 257, 72, 105, 259, 258];
    assert.equal(textOf(await generate(service, { prompt: { kind: 'ids', ids } })), textOf(chat));
  });

  it('gives the same text for the same seed, choices of their own, and nothing after a stop text', async () => {
    const service = await start('causal');
    const drawn = { temperature: 1, seed: 3, maxNewTokens: 30 };
    const first = textOf(await generate(service, drawn));
    assert.equal(textOf(await generate(service, drawn)), first);
    const two = await generate(service, { ...drawn, count: 2 });
    const choices = [0, 1].map((choice) => textOf(two.filter((event) => 'choice' in event && event.choice === choice)));
    assert.deepEqual([choices[0], choices[0] === choices[1]], [first, false]);
    const stop = first.slice(5, 7);
    const stopped = await generate(service, { ...drawn, stopTexts: [stop] });
    assert.equal(textOf(stopped), first.slice(0, first.indexOf(stop)));
    const end = stopped.at(-1);
    assert.equal(end?.kind === 'end' && end.finishReason, 'stop');
  });

  it('names the probabilities of the tokens and of the prompt', async () => {
    const service = await start('causal');
    const ids = [256, ...Buffer.from('How?')];
    const parts = { prompt: { kind: 'ids', ids }, echo: true, alternatives: 2, maxNewTokens: 1 } as const;
    const [prompt, piece] = await generate(service, parts);
    assert.ok(prompt.kind === 'prompt' && piece.kind === 'piece');
    assert.equal(prompt.text, 'How?');
    assert.deepEqual(
      prompt.logprobs.map(({ token, top }) => [token, top.length]),
      [
        ['<|begin|>', 0],
        ['H', 2],
        ['o', 2],
        ['w', 2],
        ['?', 2],
      ],
    );
    // Greedy: the token is the most likely one, and the last of the prompt was found as likely by asking for it.
    assert.equal(piece.logprobs[0].logprob, piece.logprobs[0].top[0].logprob);
    const longer = { ...parts, prompt: { kind: 'ids', ids: ids.slice(0, -1) }, echo: false, alternatives: 20 } as const;
    const [, before] = await generate(service, longer);
    const known = before.kind === 'piece' && before.logprobs[0].top[0];
    assert.ok(known !== false && Math.abs(known.logprob - prompt.logprobs[4].top[0].logprob) < 1e-5);
    const none = await generate(service, { ...parts, maxNewTokens: 0 });
    assert.deepEqual(
      none.map(({ kind }) => kind),
      ['prompt', 'end'],
    );
  });

  it('says what a model cannot do', async () => {
    const classifier = await start('classifier');
    assert.match(classifier.model.noCompletions ?? '', /reward model without a language-model head/);
    await rejects(() => generate(classifier), 'weights');
    const causal = await start('causal');
    assert.deepEqual([causal.model.rewards, causal.model.noCompletions], [null, null]);
    await rejects(() => causal.scoreBatch([row], {}, never), 'weights', /no reward head/);
  });

  it('does both with a head file on a language model, each without waiting for the end of the other', async () => {
    const service = await start('causal', { head: 'head.safetensors' });
    assert.deepEqual(
      service.model.rewards?.objectives.map(({ name }) => name),
      ['verbosity', 'fluency', 'warmth'],
    );
    await generate(service);
    const order: string[] = [];
    const long = generate(service, { maxNewTokens: 500 }).then(() => order.push('generated'));
    const scored = service.scoreBatch([row], {}, never).then(() => order.push('scored'));
    await Promise.all([long, scored]);
    assert.deepEqual(order, ['scored', 'generated']);
  });

  it('judges pairs with a language model when it is told to', async () => {
    const service = await start('causal', { choice: { ...choice('causal'), judge: true } });
    assert.equal(service.model.rewards?.headKind, 'judge');
    const input = (content: string): ScorableInput => ({
      kind: 'messages',
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content },
      ],
    });
    const pair: ScorableRow = { kind: 'pair', id: '1', chosen: input('Hello'), rejected: input('Go away') };
    const [judged, single] = await service.scoreBatch([pair, row], {}, never);
    assert.ok('judged' in judged && judged.judged !== undefined);
    assert.ok(0 < judged.judged.pChosen && judged.judged.pChosen < 1);
    assert.ok('error' in single);
  });

  it('refuses one job and goes on with the next', async () => {
    const service = await start('causal');
    await rejects(() => generate(service, { prompt: { kind: 'ids', ids: [9999] } }), 'row');
    await rejects(
      () => generate(service, { prompt: { kind: 'ids', ids: new Array<number>(3000).fill(65) } }),
      'too_long',
    );
    assert.equal((await generate(service)).at(-1)?.kind, 'end');
  });

  it('stops a job that is cancelled, and is free at once', async () => {
    const service = await start('causal');
    const job = new AbortController();
    let pieces = 0;
    const events = (): void => {
      pieces += 1;
      if (pieces === 3) job.abort();
    };
    await rejects(() => service.generate({ ...request, maxNewTokens: 2000 }, events, job.signal), 'cancelled');
    assert.ok(pieces < 100, `${pieces} pieces`);
    await rejects(() => generate(service, {}, job.signal), 'cancelled');
    assert.equal((await generate(service)).at(-1)?.kind, 'end');
  });

  it('fails what it was at when it is killed, and answers the next job anew', async function () {
    if (process.platform === 'win32') return this.skip();
    const service = await start('causal');
    const { pid } = service;
    assert.ok(pid !== undefined);
    const killed = service.generate({ ...request, maxNewTokens: 2000 }, () => process.kill(pid, 'SIGKILL'), never);
    await rejects(() => killed, 'internal', /ended unexpectedly \(SIGKILL\)/);
    assert.equal((await generate(service)).at(-1)?.kind, 'end');
    assert.notEqual(service.pid, pid);
  });

  it('is given up when it ends again and again', async function () {
    if (process.platform === 'win32') return this.skip();
    const failures: AlidadeError[] = [];
    const service = await start('causal', { onFailure: (error) => failures.push(error) });
    const seen = new Set<number>();
    while (failures.length === 0) {
      await until(() => failures.length === 1 || (service.pid !== undefined && !seen.has(service.pid)));
      if (service.pid === undefined || seen.has(service.pid)) break;
      seen.add(service.pid);
      process.kill(service.pid, 'SIGKILL');
    }
    assert.equal(failures.length, 1);
    assert.equal(seen.size, 4);
    await rejects(() => generate(service), 'internal');
  });

  it('passes on why a model cannot be opened', async () => {
    await rejects(() => start('nowhere'), 'not_found');
    const script = join(folder, 'ends.js');
    writeFileSync(script, 'process.exit(3)');
    await rejects(() => start('causal', { script }), 'internal', /ended while opening it \(exit status 3\)/);
  });

  it('can be cancelled while it opens', async () => {
    const job = new AbortController();
    const script = join(process.cwd(), 'dist', 'cli.js');
    const params = { script, choice: choice('causal'), onFailure: () => undefined };
    const starting = ModelProcess.start(params, quietContext(job.signal));
    job.abort();
    await rejects(() => starting, 'cancelled');
  });

  it('is gone after it was closed', async () => {
    const service = await start('causal');
    const pid = service.pid ?? 0;
    await service.close();
    assert.throws(() => process.kill(pid, 0), /ESRCH/);
  });
});
