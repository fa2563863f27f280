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
import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import { runRewardTests } from '../../src/engine/rewardTest/runRewardTests';
import {
  cancelledWireCode,
  rewardTestNotification,
  runRewardTestsRequest,
  type RewardTestParams,
  type RewardTestsParams,
} from '../../src/protocol/sidecar';
import type { EngineFunctions, OpenModelParams, OpenRewardModel } from '../../src/sidecar/engineFunctions';
import { registerHandlers } from '../../src/sidecar/handlers';

const description = {
  ...{ name: 'tiny', path: '/tiny', hash: 'ab', device: 'cpu', dtype: 'f32', headKind: 'classification' },
  objectives: [{ name: 'helpful' }],
} as unknown as RewardModelDescription;

const objectives = [{ name: 'helpful', reward: 1, coefficient: 1, contribution: 1 }];
const breakdown = { score: 1, tokens: 2, truncated: false, objectives };
const test = (name: string): string =>
  `  - { name: ${name}, prompt: a, response: b, expect: { score: { min: 1 }, beats: c } }\n`;

function request(changes: Partial<RewardTestsParams> = {}): RewardTestsParams {
  const model = { reference: '/models/mine', device: 'cpu', dtype: 'auto', cwd: '/work', weights: { x: 1 } } as const;
  const text = `tests:\n${test('one')}${test('two')}`;
  return { requestToken: '7', text, path: '/folder/a.reward.yaml', ids: null, model, ...changes };
}

describe('reward tests over the wire', () => {
  const connections: MessageConnection[] = [];
  afterEach(() => connections.splice(0).forEach((connection) => connection.dispose()));

  const listScore: OpenRewardModel['scoreBatch'] = (rows) =>
    Promise.resolve(rows.map(({ id }) => ({ id, responses: [breakdown, { ...breakdown, score: 0.5 }], best: 0 })));

  function connectTo(scoreBatch = listScore): {
    readonly host: MessageConnection;
    readonly opened: OpenModelParams[];
    readonly told: RewardTestParams[];
  } {
    const [toSidecar, toHost] = [new PassThrough(), new PassThrough()];
    const host = createMessageConnection(new StreamMessageReader(toHost), new StreamMessageWriter(toSidecar));
    const sidecar = createMessageConnection(new StreamMessageReader(toSidecar), new StreamMessageWriter(toHost));
    connections.push(host, sidecar);
    const opened: OpenModelParams[] = [];
    const engine: Partial<EngineFunctions> = {
      openRewardModel: (params) => {
        opened.push(params);
        const release = (): Promise<void> => Promise.resolve();
        return Promise.resolve({ description, scoreBatch, release, explainRow: () => assert.fail('nobody asked') });
      },
      runRewardTests,
    };
    registerHandlers({
      connection: sidecar,
      engine: engine as EngineFunctions,
      packageVersion: '1.2.3',
      onShutdown: () => {},
    });
    const told: RewardTestParams[] = [];
    host.onNotification(rewardTestNotification, (step) => void told.push(step));
    host.listen();
    sidecar.listen();
    return { host, opened, told };
  }

  it('tell when each begins and how it ended, under the token of the request', async () => {
    const { host, told } = connectTo();
    assert.equal(await host.sendRequest(runRewardTestsRequest, request()), null);
    assert.deepEqual(
      told.map((step) => [step.requestToken, 'started' in step ? step.started : [step.result.id, step.result.outcome]]),
      [
        ['7', 'one'],
        ['7', ['one', 'passed']],
        ['7', 'two'],
        ['7', ['two', 'passed']],
      ],
    );
    told.length = 0;
    await host.sendRequest(runRewardTestsRequest, request({ ids: ['two'] }));
    assert.deepEqual(
      told.flatMap((step) => ('started' in step ? step.started : [])),
      ['two'],
    );
  });

  it('share the model of the settings, and open that of their file from its folder, without the weights', async () => {
    const { host, opened } = connectTo();
    await host.sendRequest(runRewardTestsRequest, request());
    const named = (model: string, more = ''): string => `model: ${model}\n${more}tests:\n${test('one')}`;
    await host.sendRequest(runRewardTestsRequest, request({ text: named('/models/mine') }));
    assert.equal(opened.length, 1, 'it is the same model');
    await host.sendRequest(runRewardTestsRequest, request({ text: named('../own', 'dtype: int8\n') }));
    assert.deepEqual(opened, [
      { reference: '/models/mine', device: 'cpu', dtype: 'auto', cwd: '/work' },
      { reference: '../own', device: 'cpu', dtype: 'int8', cwd: '/folder' },
    ]);
  });

  it('stop when the request is cancelled', async () => {
    const source = new CancellationTokenSource();
    const { host, told } = connectTo((_rows, _options, context) => {
      source.cancel();
      return new Promise((_resolve, reject) => {
        context.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
      });
    });
    const error: unknown = await host
      .sendRequest(runRewardTestsRequest, request(), source.token)
      .catch((failure: unknown) => failure);
    assert.ok(error instanceof ResponseError);
    assert.equal(error.code, cancelledWireCode);
    assert.deepEqual(
      told.map((step) => 'started' in step),
      [true],
    );
  });
});
