import assert from 'node:assert/strict';
import { FakeService, fakeModel } from '../support/fakeService';
import { errorOf, useServer } from '../support/useServer';

describe('/v1/rewards', () => {
  const start = useServer();
  const path = '/v1/rewards';

  it('scores rows in every spelling, and gives bad rows their errors', async () => {
    const { post, service } = await start();
    const rows = [
      { prompt: 'ab', response: 'c' },
      { id: 'mine', text: 'abcde' },
      { nothing: 1 },
      { id: 7, prompt: 'a', chosen: 'bcd', rejected: 'b' },
      null,
      { text: 'bad' },
      { prompt: 'a', responses: ['b', 'cc'] },
      { ids: [1, 2] },
    ];
    const response = await post(path, { rows });
    assert.equal(response.status, 200);
    const scored = (await response.json()) as { rows: Record<string, never>[] };
    assert.deepEqual(
      scored.rows.map(({ id, score, margin, error, best }) => [id, score ?? margin ?? error ?? best]),
      [
        ['1', 4.5],
        ['mine', 7.5],
        [
          '3',
          { code: 'row', message: 'row 3: it has none of `messages`, `prompt`, `chosen`, `responses`, `text`, `ids`' },
        ],
        ['7', 3],
        ['5', { code: 'row', message: 'row 5: it is null, not an object' }],
        ['6', { code: 'too_long', message: 'too many tokens' }],
        ['7', 0],
        ['8', 4.5],
      ],
    );
    assert.deepEqual(service.batches[0].rows[1], {
      kind: 'single',
      id: 'mine',
      input: { kind: 'text', text: 'abcde' },
    });
  });

  it('answers a list without rows', async () => {
    const { post, service } = await start();
    assert.deepEqual(await (await post(path, { rows: [] })).json(), { rows: [] });
    assert.deepEqual(await (await post(path, { rows: [3] })).json(), {
      rows: [{ id: '1', error: { code: 'row', message: 'row 1: it is a number, not an object' } }],
    });
    assert.deepEqual(service.batches, []);
  });

  it('takes options for its rows over those of the server', async () => {
    const { post, service } = await start({ rewardOptions: { truncate: true, maxTokens: 50, weights: { half: 2 } } });
    const rows = [{ text: 'abc' }];
    await post(path, { rows });
    await post(path, { rows, truncate: false, max_tokens: 9, weights: { length: 0.5 } });
    assert.deepEqual(
      service.batches.map(({ options }) => options),
      [
        { maxTokens: 50, truncate: true, weights: { half: 2 } },
        { maxTokens: 9, truncate: false, weights: { length: 0.5 } },
      ],
    );
  });

  it('refuses what is no list of rows, and options that do not fit', async () => {
    const rewards = { ...fakeModel.rewards, headKind: 'gated' } as typeof fakeModel.rewards;
    const gated = await start({ service: new FakeService({ rewards }) });
    const rows = [{ text: 'abc' }];
    const refused = await gated.post(path, { rows, weights: { length: 1 } });
    assert.deepEqual([refused.status, (await errorOf(refused)).code], [400, 'usage']);
    const { post } = await start();
    for (const body of [
      {},
      { rows: {} },
      { rows: 'a' },
      { row: rows },
      { rows, truncate: 1 },
      { rows, max_tokens: 0 },
      { rows, weights: [] },
      { rows, weights: { length: 'a' } },
      { rows, weights: { nosuch: 1 } },
    ]) {
      assert.equal((await post(path, body)).status, 400, JSON.stringify(body));
    }
  });
});

describe('/get_reward', () => {
  const start = useServer();
  const path = '/get_reward';

  it('answers as the trainer of OpenRLHF reads it', async () => {
    const { post, service } = await start();
    const query = ['<s>ab', 'c'];
    const response = await post(path, { query, prompts: ['<s>a', ''], labels: ['x', null] });
    assert.equal(response.status, 200);
    const body = (await response.json()) as { rewards: number[]; scores: number[]; extra_logs: object };
    assert.deepEqual(Object.keys(body), ['rewards', 'scores', 'extra_logs']);
    assert.deepEqual(body.rewards, [7.5, 1.5]);
    assert.deepEqual(body.scores, [1 / (1 + Math.exp(-7.5)), 1 / (1 + Math.exp(-1.5))]);
    assert.deepEqual(body.extra_logs, { length: [5, 1], half: [2.5, 0.5] });
    assert.deepEqual(
      service.batches.flatMap(({ rows }) => rows),
      query.map((text, index) => ({ kind: 'single', id: String(index + 1), input: { kind: 'text', text } })),
      'text that is already templated',
    );
  });

  it('takes the token from the URL, since the trainer sends no headers', async () => {
    const { server } = await start();
    const body = JSON.stringify({ query: ['a'], prompts: ['a'], labels: [''] });
    const status = async (url: string): Promise<number> => (await fetch(url, { method: 'POST', body })).status;
    assert.equal(await status(`${server.url}${path}?token=correct-horse`), 200);
    assert.equal(await status(`${server.url}${path}`), 401);
  });

  it('answers one text, and none', async () => {
    const { post } = await start();
    assert.deepEqual(((await (await post(path, { query: 'ab' })).json()) as { rewards: number[] }).rewards, [3]);
    const none = await (await post(path, { query: [] })).json();
    assert.deepEqual(none, { rewards: [], scores: [], extra_logs: { length: [], half: [] } });
  });

  it('refuses a text that cannot be scored: a made-up number would train the policy', async () => {
    const { post } = await start();
    const response = await post(path, { query: ['good', 'bad'] });
    assert.equal(response.status, 400);
    assert.deepEqual(await errorOf(response), {
      message: '`query` 2: too many tokens',
      type: 'invalid_request_error',
      param: 'query',
      code: 'too_long',
    });
    for (const body of [{}, { query: [1] }, { query: [''] }, { query: { 0: 'a' } }]) {
      assert.equal((await post(path, body)).status, 400, JSON.stringify(body));
    }
  });
});
