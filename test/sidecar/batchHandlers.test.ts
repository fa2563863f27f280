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
import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import type { RowsParams } from '../../src/protocol/sidecar';
import { cancelledWireCode, explainRowRequest, mostRowsAtOnce, scoreRowsRequest } from '../../src/protocol/sidecar';
import type { EngineFunctions, OpenRewardModel, RowOptions } from '../../src/sidecar/engineFunctions';
import { registerHandlers } from '../../src/sidecar/handlers';

interface Bench {
  readonly host: MessageConnection;
  /** What the model was asked, and how its batches ended. */
  readonly calls: string[];
  readonly options: RowOptions[];
  /** Lets the batch at hand come to its end. */
  readonly finish: () => void;
}

describe('rows in batches over the wire', () => {
  const connections: MessageConnection[] = [];
  afterEach(() => connections.splice(0).forEach((connection) => connection.dispose()));

  /** A model whose batches end when the test says so, or with their signal. */
  function bench(): Bench {
    const [toSidecar, toHost] = [new PassThrough(), new PassThrough()];
    const host = createMessageConnection(new StreamMessageReader(toHost), new StreamMessageWriter(toSidecar));
    const sidecar = createMessageConnection(new StreamMessageReader(toSidecar), new StreamMessageWriter(toHost));
    connections.push(host, sidecar);
    const calls: string[] = [];
    const options: RowOptions[] = [];
    let finish = (): void => {};
    const model: OpenRewardModel = {
      description: description(),
      explainRow: ({ id, kind }) => {
        calls.push(`row ${id}`);
        return Promise.resolve({ id, kind, model: description(), responses: [scored('x')], specialTokens: [] });
      },
      scoreBatch: (rows, given, { signal }) => {
        calls.push(`batch of ${rows.length}`);
        options.push(given);
        return new Promise((resolve, reject) => {
          finish = () =>
            resolve(
              rows.map(({ id }) =>
                id === 'bad' ? { id, error: { code: 'row', message: 'row bad: it is bad' } } : { id, ...scored(id) },
              ),
            );
          signal.addEventListener('abort', () => {
            calls.push('given up');
            reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
          });
        });
      },
      release: () => Promise.resolve(),
    };
    const engine = { openRewardModel: () => Promise.resolve(model) } as unknown as EngineFunctions;
    registerHandlers({ connection: sidecar, engine, packageVersion: '1.2.3', onShutdown: () => {} });
    host.listen();
    sidecar.listen();
    return { host, calls, options, finish: () => finish() };
  }

  it('scores all rows in one batch and gives a bad row its error', async () => {
    const { host, calls, options, finish } = bench();
    const params = { ...rowsParams(['a', 'bad', 'ccc']), maxTokens: 9, truncate: true };
    const answer = host.sendRequest(scoreRowsRequest, params);
    await untilTrue(() => calls.length === 1);
    finish();
    const { rows, model } = await answer;
    assert.deepEqual(
      rows.map((row) => ('error' in row ? row.error.code : 'score' in row && row.score)),
      [1, 'row', 3],
    );
    assert.deepEqual(calls, ['batch of 3']);
    assert.deepEqual(options, [{ maxTokens: 9, truncate: true }]);
    assert.equal(model.name, 'tiny');
  });

  it('puts a background batch off for a row that somebody points at', async () => {
    const { host, calls, finish } = bench();
    const batch = host.sendRequest(scoreRowsRequest, rowsParams(['a', 'b']));
    await untilTrue(() => calls.length === 1);
    const [row] = rowsParams(['pointed']).rows;
    assert.ok(row);
    const { model } = rowsParams([]);
    await host.sendRequest(explainRowRequest, { model, row, priority: 'interactive', requestToken: 'x' });
    await untilTrue(() => calls.length === 4);
    finish();
    assert.equal((await batch).rows.length, 2);
    assert.deepEqual(calls, ['batch of 2', 'given up', 'row pointed', 'batch of 2']);
  });

  it('stops a batch that is cancelled', async () => {
    const { host, calls } = bench();
    const source = new CancellationTokenSource();
    const answer = host.sendRequest(scoreRowsRequest, rowsParams(['a']), source.token);
    await untilTrue(() => calls.length === 1);
    source.cancel();
    await assert.rejects(answer, (error) => error instanceof ResponseError && error.code === cancelledWireCode);
    assert.deepEqual(calls, ['batch of 1', 'given up']);
  });

  it('refuses more rows than one request may have', async () => {
    const { host, calls } = bench();
    const ids = Array.from({ length: mostRowsAtOnce + 1 }, (_, index) => String(index));
    await assert.rejects(host.sendRequest(scoreRowsRequest, rowsParams(ids)), /257 rows in one request/);
    assert.deepEqual(calls, []);
  });
});

function rowsParams(ids: readonly string[]): RowsParams {
  return {
    model: { reference: 'tiny', device: 'cpu', dtype: 'f32' },
    rows: ids.map((id): ScorableRow => ({ kind: 'single', id, input: { kind: 'text', text: id } })),
    priority: 'background',
    requestToken: 'token',
  };
}

async function untilTrue(isSo: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500 && !isSo(); attempt += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(isSo());
}

function scored(text: string) {
  const { length } = text;
  const objectives = [{ name: 'length', reward: length, coefficient: 1, contribution: length }];
  return {
    score: length,
    tokens: 1,
    truncated: false,
    objectives,
    role: 'response' as const,
    text,
    promptTokens: 0,
    responseTokens: 1,
  };
}

function description(): RewardModelDescription {
  return {
    name: 'tiny',
    path: '/tiny',
    headKind: 'classification',
    objectives: [],
  } as unknown as RewardModelDescription;
}
