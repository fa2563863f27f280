import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import {
  CancellationTokenSource,
  createMessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import { AlidadeError } from '../../src/core/alidadeError';
import type { ScorableRow } from '../../src/core/promptFile/scorableRow';
import type { ExplainedRow } from '../../src/core/reward/explainedRow';
import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import type { ProgressParams, RowParams } from '../../src/protocol/sidecar';
import {
  cancelledWireCode,
  describeModelRequest,
  explainRowRequest,
  failedWireCode,
  initializeRequest,
  progressNotification,
  scoreRowRequest,
  shutdownRequest,
  sidecarProtocolVersion,
} from '../../src/protocol/sidecar';
import type { EngineFunctions, OpenRewardModel, RowOptions } from '../../src/sidecar/engineFunctions';
import { registerHandlers } from '../../src/sidecar/handlers';

/** A model whose score is the length of the text, which answers when the test lets it. */
class FakeModel implements OpenRewardModel {
  readonly calls: { readonly id: string; readonly options: RowOptions }[] = [];
  released = false;
  /** Rows wait here until the test opens the gate. */
  gate: Promise<void> = Promise.resolve();

  constructor(readonly description: RewardModelDescription) {}

  async explainRow(
    row: ScorableRow,
    options: RowOptions,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExplainedRow> {
    this.calls.push({ id: row.id, options });
    await this.gate;
    if (signal.aborted) throw new AlidadeError({ code: 'cancelled', message: 'cancelled' });
    const texts = row.kind === 'pair' ? [row.chosen, row.rejected] : row.kind === 'list' ? row.responses : [row.input];
    return {
      id: row.id,
      kind: row.kind,
      model: this.description,
      specialTokens: [],
      responses: texts.map((input) => {
        const text = input.kind === 'text' ? input.text : '';
        if (text === 'bad') throw new AlidadeError({ code: 'row', message: 'row is bad', hint: 'mend it' });
        if (text === 'bug') throw new TypeError('x is undefined');
        return {
          role: 'response',
          score: text.length,
          tokens: 1,
          truncated: false,
          objectives: [{ name: 'length', reward: text.length, coefficient: 1, contribution: text.length }],
          text,
          promptTokens: 0,
          responseTokens: 1,
        };
      }),
    };
  }

  scoreBatch(): Promise<never> {
    return Promise.reject(new Error('nobody asked for a run'));
  }

  release(): Promise<void> {
    this.released = true;
    return Promise.resolve();
  }
}

interface Bench {
  readonly host: MessageConnection;
  readonly models: FakeModel[];
  readonly opened: string[];
  readonly progress: ProgressParams[];
  readonly shutDown: () => boolean;
  /** Stands in front of every opening. */
  readonly openGate: { promise: Promise<void> };
}

describe('sidecar handlers', () => {
  const connections: MessageConnection[] = [];
  afterEach(() => connections.splice(0).forEach((connection) => connection.dispose()));

  function bench(): Bench {
    const [toSidecar, toHost] = [new PassThrough(), new PassThrough()];
    const host = createMessageConnection(new StreamMessageReader(toHost), new StreamMessageWriter(toSidecar));
    const sidecar = createMessageConnection(new StreamMessageReader(toSidecar), new StreamMessageWriter(toHost));
    connections.push(host, sidecar);
    const models: FakeModel[] = [];
    const opened: string[] = [];
    const progress: ProgressParams[] = [];
    const openGate = { promise: Promise.resolve() };
    let shutDown = false;
    const engine: EngineFunctions = {
      openRewardModel: async ({ reference }, context) => {
        opened.push(reference);
        context.progress({ message: `Opening ${reference}` });
        await openGate.promise;
        if (context.signal.aborted) throw new AlidadeError({ code: 'cancelled', message: 'cancelled' });
        if (reference === 'missing') throw new AlidadeError({ code: 'not_found', message: 'no model missing' });
        const model = new FakeModel(description(reference));
        models.push(model);
        return model;
      },
      openLanguageModel: () => assert.fail('nobody asked for answers'),
      listCheckpoints: () => Promise.resolve({ checkpoints: [], starterPresent: false }),
      fetchStarter: () => Promise.resolve({ path: '/starter', wasPresent: true }),
      downloadModel: ({ reference, token }, context) => {
        context.progress({ message: `Fetching ${reference}`, done: 1, total: 2, unit: 'bytes', perSecond: 3 });
        return Promise.resolve({ kind: 'tokenNeeded', message: `${reference} ${token ?? 'none'}`, hint: null });
      },
      doctor: () => Promise.resolve({ ok: true, checks: [] }),
      runRewardTests: () => assert.fail('nobody asked for tests'),
      scoreDataset: () => assert.fail('nobody asked for a run'),
      readRows: () => assert.fail('nobody asked for rows'),
      outputPaths: (path) => [path],
      exportScores: () => assert.fail('nobody asked for a copy'),
      createMergeScorer: () => assert.fail('nobody asked for a merge'),
      distilRecipe: () => assert.fail('nobody asked for a merge'),
      readMergeSources: () => assert.fail('nobody asked for sources'),
      runRecipe: () => Promise.reject(new Error('not in this test')),
      readTensorFile: () => assert.fail('nobody asked for tensors'),
      measureTensor: () => assert.fail('nobody asked for figures'),
      compareWeights: () => assert.fail('nobody asked for differences'),
      trainHead: () => assert.fail('nobody asked for a head'),
      evaluateHead: () => assert.fail('nobody asked for a head'),
      exportHead: () => assert.fail('nobody asked for a head'),
      saveHead: () => assert.fail('nobody asked to save a head'),
      readHead: () => assert.fail('nobody asked for a head'),
      listHeads: () => assert.fail('nobody asked for heads'),
      readDataFields: () => assert.fail('nobody asked for fields'),
    };
    registerHandlers({ connection: sidecar, engine, packageVersion: '1.2.3', onShutdown: () => (shutDown = true) });
    host.onNotification(progressNotification, (params) => {
      progress.push(params);
    });
    host.listen();
    sidecar.listen();
    return { host, models, opened, progress, shutDown: () => shutDown, openGate };
  }

  it('refuses a host of another version and names both', async () => {
    const { host } = bench();
    const protocolVersion = sidecarProtocolVersion;
    await assert.rejects(
      host.sendRequest(initializeRequest, { packageVersion: '9.9.9', protocolVersion }),
      /9\.9\.9.*1\.2\.3/,
    );
    await assert.rejects(host.sendRequest(initializeRequest, { packageVersion: '1.2.3', protocolVersion: 999 }), /999/);
    const result = await host.sendRequest(initializeRequest, { packageVersion: '1.2.3', protocolVersion });
    assert.equal(result.pid, process.pid);
  });

  it('shares one opening between concurrent requests and tells each of its progress', async () => {
    const { host, opened, progress } = bench();
    const texts = ['a', 'bb', 'ccc'];
    const results = await Promise.all(texts.map((text) => host.sendRequest(scoreRowRequest, rowParams({ text }))));
    assert.deepEqual(
      results.map(({ row }) => 'score' in row && row.score),
      [1, 2, 3],
    );
    assert.deepEqual(opened, ['model']);
    assert.equal(progress[0]?.message, 'Opening model');
  });

  it('answers an equal row from its cache, under the id that was asked for', async () => {
    const { host, models } = bench();
    await host.sendRequest(scoreRowRequest, rowParams({ text: 'abc', id: '1' }));
    const again = await host.sendRequest(scoreRowRequest, rowParams({ text: 'abc', id: '2' }));
    const explained = await host.sendRequest(explainRowRequest, rowParams({ text: 'abc', id: '3' }));
    assert.equal(again.row.id, '2');
    assert.equal(explained.id, '3');
    assert.equal(explained.responses[0]?.text, 'abc');
    assert.equal(models[0]?.calls.length, 1);
  });

  it('computes again when the options differ', async () => {
    const { host, models } = bench();
    await host.sendRequest(scoreRowRequest, rowParams({ text: 'abc' }));
    await host.sendRequest(scoreRowRequest, { ...rowParams({ text: 'abc' }), maxTokens: 5 });
    assert.equal(models[0]?.calls.length, 2);
  });

  it('passes the weights of objectives that the model has, and no others', async () => {
    const { host, models } = bench();
    const params = rowParams({ text: 'abc' });
    const model = { ...params.model, weights: { length: 2, other: 3 } };
    await host.sendRequest(scoreRowRequest, { ...params, model });
    assert.deepEqual(models[0]?.calls[0]?.options.weights, { length: 2 });
  });

  it('computes the margin of a pair and the best of a list', async () => {
    const { host } = bench();
    const text = (content: string) => ({ kind: 'text', text: content }) as const;
    const base = rowParams({ text: '' });
    const pair = await host.sendRequest(scoreRowRequest, {
      ...base,
      row: { kind: 'pair', id: 'p', chosen: text('aaaa'), rejected: text('a') },
    });
    assert.equal('margin' in pair.row && pair.row.margin, 3);
    const list = await host.sendRequest(scoreRowRequest, {
      ...base,
      row: { kind: 'list', id: 'l', responses: [text('a'), text('aaa'), text('aa')] },
    });
    assert.equal('best' in list.row && list.row.best, 1);
  });

  it('runs one row at a time, the newest interactive row first, background rows last', async () => {
    const { host, models } = bench();
    await host.sendRequest(describeModelRequest, { model: rowParams({ text: '' }).model, requestToken: 't' });
    const model = models[0];
    assert.ok(model);
    const gate = openable();
    model.gate = gate.promise;
    const send = (id: string, priority: RowParams['priority']): Promise<unknown> =>
      host.sendRequest(scoreRowRequest, { ...rowParams({ text: id, id }), priority });
    const first = send('first', 'background');
    await untilTrue(() => model.calls.length === 1);
    const rest = [send('background', 'background'), send('older', 'interactive'), send('newer', 'interactive')];
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(model.calls.length, 1);
    gate.resolve();
    await Promise.all([first, ...rest]);
    assert.deepEqual(
      model.calls.map(({ id }) => id),
      ['first', 'newer', 'older', 'background'],
    );
  });

  it('removes a row that is cancelled while it waits, and stops one that runs', async () => {
    const { host, models } = bench();
    await host.sendRequest(describeModelRequest, { model: rowParams({ text: '' }).model, requestToken: 't' });
    const model = models[0];
    assert.ok(model);
    const gate = openable();
    model.gate = gate.promise;
    const [running, waiting] = [new CancellationTokenSource(), new CancellationTokenSource()];
    const first = host.sendRequest(scoreRowRequest, rowParams({ text: 'runs', id: 'runs' }), running.token);
    await untilTrue(() => model.calls.length === 1);
    const second = host.sendRequest(scoreRowRequest, rowParams({ text: 'waits', id: 'waits' }), waiting.token);
    await new Promise((resolve) => setTimeout(resolve, 20));
    waiting.cancel();
    await assert.rejects(second, isCancelled, 'answered while the first still runs');
    running.cancel();
    await new Promise((resolve) => setTimeout(resolve, 20));
    gate.resolve();
    await assert.rejects(first, isCancelled);
    assert.deepEqual(
      model.calls.map(({ id }) => id),
      ['runs'],
    );
  });

  it('gives up an opening that nobody waits for, and opens again when asked', async () => {
    const { host, opened, openGate, models } = bench();
    const gate = openable();
    openGate.promise = gate.promise;
    const source = new CancellationTokenSource();
    const request = host.sendRequest(scoreRowRequest, rowParams({ text: 'a' }), source.token);
    await untilTrue(() => opened.length === 1);
    source.cancel();
    await assert.rejects(request, isCancelled);
    openGate.promise = Promise.resolve();
    await host.sendRequest(scoreRowRequest, rowParams({ text: 'a' }));
    gate.resolve();
    assert.equal(opened.length, 2);
    assert.equal(models.length, 1);
  });

  it('keeps two models open and releases the one used longest ago', async () => {
    const { host, models, opened } = bench();
    for (const reference of ['one', 'two', 'one', 'three', 'one']) {
      await host.sendRequest(scoreRowRequest, rowParams({ text: 'a', reference }));
    }
    assert.deepEqual(opened, ['one', 'two', 'three']);
    await untilTrue(() => models.some(({ released }) => released));
    assert.deepEqual(
      models.filter(({ released }) => released).map(({ description: { name } }) => name),
      ['two'],
    );
  });

  it('sends code, message and hint of an error, and goes on', async () => {
    const { host } = bench();
    await assert.rejects(host.sendRequest(scoreRowRequest, rowParams({ text: 'bad' })), (error) => {
      assert.ok(error instanceof ResponseError);
      assert.equal(error.code, failedWireCode);
      assert.deepEqual(error.data, { code: 'row', message: 'row is bad', hint: 'mend it' });
      return true;
    });
    await assert.rejects(host.sendRequest(scoreRowRequest, rowParams({ text: 'bug' })), (error) => {
      assert.ok(error instanceof ResponseError);
      assert.equal((error.data as { code: string }).code, 'internal');
      return true;
    });
    await assert.rejects(
      host.sendRequest(scoreRowRequest, rowParams({ text: 'a', reference: 'missing' })),
      /no model missing/,
    );
    const good = await host.sendRequest(scoreRowRequest, rowParams({ text: 'good' }));
    assert.equal('score' in good.row && good.row.score, 4);
  });

  it('releases its models before it shuts down', async () => {
    const { host, models, shutDown } = bench();
    await host.sendRequest(scoreRowRequest, rowParams({ text: 'a' }));
    await host.sendRequest(shutdownRequest);
    assert.equal(models[0]?.released, true);
    await untilTrue(shutDown);
  });
});

function rowParams({
  text,
  id = 'id',
  reference = 'model',
}: {
  text: string;
  id?: string;
  reference?: string;
}): RowParams {
  return {
    model: { reference, device: 'cpu', dtype: 'f32' },
    row: { kind: 'single', id, input: { kind: 'text', text } },
    priority: 'interactive',
    requestToken: 'token',
  };
}

function description(name: string): RewardModelDescription {
  return {
    name,
    path: `/models/${name}`,
    architecture: 'LlamaForSequenceClassification',
    head: 'length',
    headKind: 'classification',
    objectives: [{ name: 'length' }],
    device: 'cpu',
    deviceReason: 'asked for',
    dtype: 'f32',
    contextLength: 128,
    hash: name,
    mode: 'mapped',
  };
}

function isCancelled(error: unknown): boolean {
  return error instanceof ResponseError && error.code === cancelledWireCode;
}

async function untilTrue(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail('the condition never became true');
}

function openable(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
