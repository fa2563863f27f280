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
import type { Message } from '../../src/core/promptFile/message';
import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import type { AnswerParams, GenerateParams, ProfilePromptParams, RowParams } from '../../src/protocol/sidecar';
import {
  answerNotification,
  cancelledWireCode,
  explainRowRequest,
  generateRequest,
  profilePromptRequest,
  shutdownRequest,
} from '../../src/protocol/sidecar';
import type { EngineFunctions, OpenRewardModel } from '../../src/sidecar/engineFunctions';
import { registerHandlers } from '../../src/sidecar/handlers';

interface Bench {
  readonly host: MessageConnection;
  readonly calls: string[];
  readonly answers: AnswerParams[];
  /** Lets the row that is being scored come to its end. */
  readonly finishRow: () => void;
}

describe('generation over the wire', () => {
  const connections: MessageConnection[] = [];
  afterEach(() => connections.splice(0).forEach((connection) => connection.dispose()));

  /** Language models whose answers have two tokens, and a reward model whose rows end when the test says so. */
  function bench({ judge = false } = {}): Bench {
    const [toSidecar, toHost] = [new PassThrough(), new PassThrough()];
    const host = createMessageConnection(new StreamMessageReader(toHost), new StreamMessageWriter(toSidecar));
    const sidecar = createMessageConnection(new StreamMessageReader(toSidecar), new StreamMessageWriter(toHost));
    connections.push(host, sidecar);
    const calls: string[] = [];
    const answers: AnswerParams[] = [];
    let finishRow = (): void => {};
    const rewardModel: OpenRewardModel = {
      description: description(),
      explainRow: ({ id, kind }) => {
        calls.push(`row ${id}`);
        return new Promise((resolve) => {
          finishRow = () => {
            calls.push(`row ${id} done`);
            resolve({ id, kind, model: description(), responses: [], specialTokens: [] });
          };
        });
      },
      scoreBatch: () => assert.fail('nobody asked for a run'),
      ...(judge
        ? {}
        : {
            profilePrompt: (messages: readonly Message[]) => {
              calls.push('profile');
              return Promise.resolve({ model: description(), tokens: 3, text: messages[0].content, objectives: null });
            },
          }),
      release: () => Promise.resolve(),
    };
    const engine = {
      openRewardModel: () => Promise.resolve(rewardModel),
      openLanguageModel: ({ reference }) => {
        calls.push(`open ${reference}`);
        if (reference === 'missing') {
          return Promise.reject(new AlidadeError({ code: 'not_found', message: 'no model missing' }));
        }
        return Promise.resolve({
          description: { name: reference, path: `/${reference}`, device: 'cpu', dtype: 'f32' },
          answer: async ({ count, beforeToken, onAnswer }, { signal }) => {
            const made = [];
            for (let index = 0; index < count; index += 1) {
              for (let token = 0; token < 2; token += 1) {
                await beforeToken();
                if (signal.aborted) throw new AlidadeError({ code: 'cancelled', message: 'cancelled' });
                calls.push(`token ${index}.${token}`);
              }
              const answer = { text: `answer ${index}`, finishReason: 'stop' } as const;
              made.push(answer);
              onAnswer(answer, index);
            }
            return made;
          },
          release: () => {
            calls.push(`close ${reference}`);
            return Promise.resolve();
          },
        });
      },
    } satisfies Partial<EngineFunctions> as unknown as EngineFunctions;
    registerHandlers({ connection: sidecar, engine, packageVersion: '1.2.3', onShutdown: () => {} });
    host.onNotification(answerNotification, (params) => {
      answers.push(params);
    });
    host.listen();
    sidecar.listen();
    return { host, calls, answers, finishRow: () => finishRow() };
  }

  it('tells each answer as it is complete, then all of them with what made them', async () => {
    const { host, answers } = bench();
    const result = await host.sendRequest(generateRequest, generateParams({ count: 2 }));
    assert.deepEqual(result, {
      answers: [
        { text: 'answer 0', finishReason: 'stop' },
        { text: 'answer 1', finishReason: 'stop' },
      ],
      model: { name: 'writer', path: '/writer', device: 'cpu', dtype: 'f32' },
    });
    assert.deepEqual(
      answers.map(({ requestToken, index }) => [requestToken, index]),
      [
        ['g', 0],
        ['g', 1],
      ],
    );
  });

  it('makes way between two tokens for a row that somebody points at', async () => {
    const { host, calls, answers, finishRow } = bench();
    const generation = host.sendRequest(generateRequest, generateParams({ count: 200 }));
    await untilTrue(() => 3 < answers.length);
    const row = host.sendRequest(explainRowRequest, rowParams());
    await untilTrue(() => calls.includes('row 1'));
    const begun = calls.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.ok(calls.length <= begun + 1, 'no more than the token that had been begun');
    assert.ok(!calls.includes('token 199.1'), 'there is more to generate');
    finishRow();
    await row;
    assert.equal((await generation).answers.length, 200);
    assert.ok(calls.indexOf('row 1 done') < calls.indexOf('token 199.1'));
  });

  it('stops when it is cancelled, also while it makes way, and answers the next request', async () => {
    const { host, calls, answers, finishRow } = bench();
    const source = new CancellationTokenSource();
    const generation = host.sendRequest(generateRequest, generateParams({ count: 200 }), source.token);
    await untilTrue(() => 1 < answers.length);
    const row = host.sendRequest(explainRowRequest, rowParams());
    await untilTrue(() => calls.includes('row 1'));
    source.cancel();
    await assert.rejects(generation, (error) => error instanceof ResponseError && error.code === cancelledWireCode);
    finishRow();
    await row;
    assert.equal((await host.sendRequest(generateRequest, generateParams({ count: 1 }))).answers.length, 1);
    assert.equal(calls.filter((call) => call === 'open writer').length, 1, 'the model stayed open');
  });

  it('keeps one language model open at a time and closes it in the end', async () => {
    const { host, calls } = bench();
    await host.sendRequest(generateRequest, generateParams({ count: 1 }));
    await host.sendRequest(generateRequest, generateParams({ count: 1, reference: 'other' }));
    await untilTrue(() => calls.includes('close writer'));
    await host.sendRequest(shutdownRequest);
    assert.ok(calls.includes('close other'));
  });

  it('says why a model cannot be opened, and refuses a count that makes no sense', async () => {
    const { host } = bench();
    await assert.rejects(
      host.sendRequest(generateRequest, generateParams({ count: 1, reference: 'missing' })),
      /no model missing/,
    );
    await assert.rejects(host.sendRequest(generateRequest, generateParams({ count: 0 })), /0 answers/);
    await assert.rejects(host.sendRequest(generateRequest, generateParams({ count: 1e9 })), /1000000000 answers/);
  });

  it('profiles a prompt once, and says that a judge has nothing to say', async () => {
    const { host, calls } = bench();
    const params = profileParams('Hello');
    assert.equal((await host.sendRequest(profilePromptRequest, params)).text, 'Hello');
    assert.equal((await host.sendRequest(profilePromptRequest, params)).text, 'Hello');
    assert.equal((await host.sendRequest(profilePromptRequest, profileParams('Other'))).text, 'Other');
    assert.deepEqual(calls, ['profile', 'profile']);
    await assert.rejects(bench({ judge: true }).host.sendRequest(profilePromptRequest, params), /weighs nothing/);
  });
});

function generateParams({ count, reference = 'writer' }: { count: number; reference?: string }): GenerateParams {
  return {
    requestToken: 'g',
    model: { reference, device: 'cpu', dtype: 'auto' },
    messages: [{ role: 'user', content: 'Hello' }],
    count,
    temperature: 1,
    maxNewTokens: 2,
    seed: 0,
  };
}

function rowParams(): RowParams {
  return {
    requestToken: 'r',
    model: { reference: 'tiny', device: 'cpu', dtype: 'auto' },
    row: { kind: 'single', id: '1', input: { kind: 'text', text: 'x' } },
    priority: 'interactive',
  };
}

function profileParams(content: string): ProfilePromptParams {
  const { model, priority } = rowParams();
  return { requestToken: 'p', model, priority, messages: [{ role: 'user', content }] };
}

function description(): RewardModelDescription {
  return {
    name: 'tiny',
    path: '/tiny',
    architecture: 'LlamaForSequenceClassification',
    head: 'linear layer',
    headKind: 'classification',
    objectives: [],
    device: 'cpu',
    deviceReason: 'chosen',
    dtype: 'f32',
    contextLength: 10,
    hash: 'h',
    mode: 'mapped',
  };
}

async function untilTrue(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 1));
}
