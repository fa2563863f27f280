import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { createMessageConnection, ResponseError, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import type { ScorableRow } from '../../src/core/promptFile/scorableRow';
import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import type { ScoreGrowth } from '../../src/core/reward/scoreGrowth';
import { growRowRequest, isWireErrorData, type GrowRowParams } from '../../src/protocol/sidecar';
import type { EngineFunctions, OpenRewardModel } from '../../src/sidecar/engineFunctions';
import { registerHandlers } from '../../src/sidecar/handlers';

const description = {
  ...{ name: 'tiny', path: '/tiny', hash: 'ab', device: 'cpu', dtype: 'f32', headKind: 'classification' },
  objectives: [{ name: 'helpful' }],
} as unknown as RewardModelDescription;

const row: ScorableRow = { kind: 'list', id: '1', responses: ['a', 'b'].map((text) => ({ kind: 'text', text })) };

function request(changes: Partial<GrowRowParams> = {}): GrowRowParams {
  const model = { reference: '/tiny', device: 'cpu', dtype: 'auto' } as const;
  return { model, row, responses: [0, 1], priority: 'interactive', requestToken: '1', ...changes };
}

describe('the score as the text grows, over the wire', () => {
  const connections: MessageConnection[] = [];
  afterEach(() => connections.splice(0).forEach((connection) => connection.dispose()));

  function connectTo(model: Partial<OpenRewardModel>): MessageConnection {
    const [toSidecar, toHost] = [new PassThrough(), new PassThrough()];
    const host = createMessageConnection(new StreamMessageReader(toHost), new StreamMessageWriter(toSidecar));
    const sidecar = createMessageConnection(new StreamMessageReader(toSidecar), new StreamMessageWriter(toHost));
    connections.push(host, sidecar);
    const engine = { openRewardModel: () => Promise.resolve({ description, ...model }) };
    registerHandlers({
      connection: sidecar,
      engine: engine as unknown as EngineFunctions,
      packageVersion: '1.2.3',
      onShutdown: () => {},
    });
    host.listen();
    sidecar.listen();
    return host;
  }

  it('asks the model once for the same responses of the same row under the same weights', async () => {
    const asked: unknown[] = [];
    const growth: ScoreGrowth = { points: [{ end: 1, score: 0.5 }], segments: [], closing: null };
    const host = connectTo({
      growRow: (_, { responses, weights }) => {
        asked.push([responses, weights?.['helpful']]);
        return Promise.resolve(responses.map((response) => (response === 1 ? null : growth)));
      },
    });
    assert.deepEqual(await host.sendRequest(growRowRequest, request()), { growths: [growth, null] });
    await host.sendRequest(growRowRequest, request({ row: { ...row, id: 'another id' } }));
    await host.sendRequest(growRowRequest, request({ responses: [1] }));
    const model = { ...request().model, weights: { helpful: 2 } };
    await host.sendRequest(growRowRequest, request({ model }));
    assert.deepEqual(asked, [
      [[0, 1], undefined],
      [[1], undefined],
      [[0, 1], 2],
    ]);
  });

  it('says that a judge of pairs has no score that could grow', async () => {
    const error: unknown = await connectTo({})
      .sendRequest(growRowRequest, request())
      .catch((failure: unknown) => failure);
    assert.ok(error instanceof ResponseError && isWireErrorData(error.data));
    assert.equal(error.data.code, 'usage');
    assert.match(error.data.message, /tiny judges pairs/);
  });
});
