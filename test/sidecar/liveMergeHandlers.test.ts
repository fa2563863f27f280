import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import {
  CancellationTokenSource,
  createMessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import type { AnswerParams } from '../../src/protocol/sidecar';
import { answerNotification, cancelledWireCode, isWireErrorData, shutdownRequest } from '../../src/protocol/sidecar';
import type { MeasureMergeParams } from '../../src/protocol/sidecarMerge';
import {
  closeMergeRequest,
  distilMergeRequest,
  generateMergedRequest,
  measureMergeRequest,
} from '../../src/protocol/sidecarMerge';
import { registerHandlers } from '../../src/sidecar/handlers';
import { sidecarEngine } from '../../src/sidecar/sidecarEngine';
import { writeMergePair } from '../fixtures/mergePair';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';

/** An average of which the second half of the layers has another share of the model before RLHF. */
function recipe(first: number, second: number): string {
  const source = (model: string, gradient: readonly number[]): string =>
    `{model: ${model}, parameters: {weight: [${gradient.join(', ')}]}}`;
  const shares = [first, first, first, second, second, second];
  const others = shares.map((share) => 1 - share);
  return `merge_method: linear\nmodels: [${source('sft', shares)}, ${source('rlhf', others)}]\ndtype: bfloat16\n`;
}

describe('merges in memory over the wire', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const connections: MessageConnection[] = [];
  let host: MessageConnection;
  const answers: AnswerParams[] = [];

  beforeEach(() => {
    const [toSidecar, toHost] = [new PassThrough(), new PassThrough()];
    host = createMessageConnection(new StreamMessageReader(toHost), new StreamMessageWriter(toSidecar));
    const sidecar = createMessageConnection(new StreamMessageReader(toSidecar), new StreamMessageWriter(toHost));
    connections.push(host, sidecar);
    registerHandlers({ connection: sidecar, engine: sidecarEngine, packageVersion: '1', onShutdown: () => undefined });
    answers.length = 0;
    host.onNotification(answerNotification, (params) => void answers.push(params));
    host.listen();
    sidecar.listen();
  });
  afterEach(async () => {
    await host.sendRequest(shutdownRequest);
    for (const connection of connections.splice(0)) connection.dispose();
  });

  const write = (name: string, text: string): string => {
    writeFileSync(join(folder(), name), text);
    return join(folder(), name);
  };
  const request = (text: string, inputs: Partial<MeasureMergeParams['inputs']>): MeasureMergeParams => ({
    requestToken: '1',
    merge: { recipe: text, folders: [folder()], device: 'cpu', threads: 1 },
    inputs: { rows: null, texts: null, prompts: null, ...inputs },
  });

  it('keeps in memory what another recipe leaves as it is, until it is closed', async () => {
    writeMergePair({ folder: folder() });
    const texts = write('text.txt', 'The quick brown fox jumps over the lazy dog.');
    const measure = async (text: string): Promise<number> =>
      (await host.sendRequest(measureMergeRequest, request(text, { texts }))).measurement.mergedTensors;
    assert.equal(await measure(recipe(0.4, 0.7)), 6 * 9 + 3);
    assert.equal(await measure(recipe(0.4, 0.2)), 3 * 9);
    assert.equal(await measure(recipe(0.4, 0.2)), 0);
    assert.equal(await host.sendRequest(closeMergeRequest, { requestToken: '2' }), null);
    assert.equal(await measure(recipe(0.4, 0.2)), 6 * 9 + 3);
  });

  it('takes no more of the files than it is told to, and leaves weights of other objectives aside', async () => {
    writeMergePair({ folder: folder(), labels: ['helpful', 'brief'] });
    const rows = write('rows.jsonl', '{"prompt": "Hello", "response": "Hi"}\n'.repeat(5));
    const texts = write('text.txt', 'word '.repeat(500));
    const limits = { rows: 2, textTokens: 40 };
    const weights = { humour: 1, brief: 2, helpful: 0 };
    const { measurement } = await host.sendRequest(measureMergeRequest, {
      ...request(recipe(0.4, 0.7), { rows, texts }),
      ...{ limits, weights },
    });
    assert.equal(measurement.reward?.rows.length, 2);
    assert.equal(measurement.perplexity?.tokens, 39);
  });

  it('answers prompts, tells each answer as it comes, and has them scored', async () => {
    writeMergePair({ folder: folder() });
    writeMergePair({ folder: join(folder(), 'judges'), labels: ['helpful'] });
    const prompts = write('prompts.jsonl', '{"prompt": "Hello"}\n{"prompt": "Hi", "response": "not asked for"}\n');
    const settings = { temperature: 0, maxNewTokens: 3, seed: 0 };
    const scorer = { reference: join(folder(), 'judges', 'sft'), device: 'cpu', dtype: 'f32' } as const;
    const asked = request(recipe(0.4, 0.7), { prompts });
    const { measurement } = await host.sendRequest(measureMergeRequest, { ...asked, answers: { ...settings, scorer } });
    assert.equal(measurement.reward?.isOfGenerated, true);
    assert.equal(measurement.reward.rows.length, 2);
    assert.deepEqual(
      answers.map(({ index }) => index),
      [0, 1],
    );
    const told = answers.map(({ answer }) => answer);
    const { answers: again } = await host.sendRequest(generateMergedRequest, {
      ...{ requestToken: '3', merge: asked.merge, ...settings },
      prompts: ['Hello', 'Hi'].map((content) => ({ id: content, messages: [{ role: 'user', content }] })),
    });
    assert.deepEqual(again, told);
  });

  it('finds ratios under which the best answers of the model after RLHF are likely, with their mean as it is', async () => {
    writeMergePair({ folder: folder(), noise: 0.4 });
    writeMergePair({ folder: join(folder(), 'judges'), labels: ['helpful'] });
    const blocks = [
      { first: 0, last: 2 },
      { first: 3, last: 5 },
    ];
    const asked = {
      ...{ requestToken: '4', merge: request(recipe(0.4, 0.2), {}).merge, blocks },
      prompts: write('prompts.jsonl', '{"prompt": "Hello"}\n{"prompt": "Good morning"}\n'),
      scorer: { reference: join(folder(), 'judges', 'sft'), device: 'cpu', dtype: 'f32' } as const,
      ...{ answers: 2, budget: 5, temperature: 1, maxNewTokens: 6, seed: 0 },
    };
    const { ratios } = await host.sendRequest(distilMergeRequest, asked);
    assert.equal(ratios.length, 2);
    assert.ok(Math.abs(ratios[0] + ratios[1] - 0.6) < 1e-9, ratios.join(' '));
    assert.deepEqual((await host.sendRequest(distilMergeRequest, asked)).ratios, ratios);
  });

  it('says what is wrong with a recipe, with its line', async () => {
    const failed = host.sendRequest(
      measureMergeRequest,
      request('merge_method: linear\n', { texts: write('t.txt', 'A text.') }),
    );
    await assert.rejects(failed, (error: unknown) => {
      assert.ok(error instanceof ResponseError && isWireErrorData(error.data));
      assert.equal(error.data.code, 'recipe');
      assert.match(error.message, /^line 1: /);
      return true;
    });
  });

  it('can be stopped', async () => {
    writeMergePair({ folder: folder() });
    const texts = write('text.txt', 'A text.');
    const source = new CancellationTokenSource();
    const stopped = host.sendRequest(measureMergeRequest, request(recipe(0.4, 0.7), { texts }), source.token);
    source.cancel();
    await assert.rejects(stopped, { code: cancelledWireCode });
    const { measurement } = await host.sendRequest(measureMergeRequest, request(recipe(0.4, 0.7), { texts }));
    assert.equal(measurement.perplexity?.tokens, 'A text.'.length - 1);
  });
});
