import assert from 'node:assert/strict';
import { errorOf, postHead, until, useServer } from '../support/useServer';

const row = (text: string): { rows: { text: string }[] } => ({ rows: [{ text }] });
const chat = (content: string, rest: object = {}): object => ({ messages: [{ role: 'user', content }], ...rest });

describe('a busy server', () => {
  const start = useServer();

  it('answers 200 requests at the same time, each with its own result', async () => {
    const { post, service, server } = await start();
    const open = service.hold();
    const numbers = Array.from({ length: 200 }, (_, index) => index + 1);
    const answers = numbers.map(async (number) => {
      const isReward = number % 2 === 0;
      const text = 'a'.repeat(number);
      const response = await (isReward
        ? post('/v1/rewards', row(text))
        : post('/v1/completions', { prompt: text, max_tokens: 5 }));
      assert.equal(response.status, 200);
      const body = (await response.json()) as { rows: [{ tokens: number }] } & { choices: [{ text: string }] };
      assert.equal(isReward ? body.rows[0].tokens : body.choices[0].text.length, number);
    });
    await until(() => server.load.requests === 200);
    open();
    await Promise.all(answers);
    assert.deepEqual({ ...server.load }, { requests: 0, bytes: 0 });
    assert.ok(service.batches.length < 10, `${service.batches.length} batches for 100 rows`);
    assert.ok(service.mostRunning <= 2, 'one batch and one generation at a time');
  });

  it('refuses what exceeds its queue with 429 and the time to wait, and takes requests again afterwards', async () => {
    const { post, service, server, request } = await start({ limits: { maxRequests: 10 } });
    const open = service.hold();
    const waiting = Array.from({ length: 10 }, () => post('/v1/rewards', row('abc')));
    await until(() => server.load.requests === 10);
    for (const path of ['/v1/rewards', '/get_reward', '/v1/completions', '/v1/chat/completions']) {
      const refused = await post(path, row('abc'));
      assert.equal(refused.status, 429, path);
      assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d?$/);
      assert.deepEqual([(await errorOf(refused)).type], ['rate_limit_error']);
    }
    assert.equal((await request('/v1/models')).status, 200, 'what needs no model is still answered');
    assert.equal((await fetch(`${server.url}/health`)).status, 200);
    open();
    for (const response of await Promise.all(waiting)) assert.equal(response.status, 200);
    assert.equal((await post('/v1/rewards', row('abc'))).status, 200);
  });

  it('refuses bodies with 429 that together are too large to keep', async () => {
    const { post, service, server } = await start({ limits: { maxHeldBytes: 3000 } });
    const open = service.hold();
    const waiting = [post('/v1/rewards', row('a'.repeat(1900)))];
    await until(() => 1900 < server.load.bytes);
    assert.equal((await post('/v1/rewards', row('a'.repeat(1900)))).status, 429);
    waiting.push(post('/v1/rewards', row('a')));
    await until(() => server.load.requests === 2);
    open();
    for (const response of await Promise.all(waiting)) assert.equal(response.status, 200);
    assert.deepEqual({ ...server.load }, { requests: 0, bytes: 0 });
  });

  it('drops the work of clients that have gone, at work or waiting', async () => {
    const { post, service, server } = await start();
    const open = service.hold();
    const leaving = new AbortController();
    const send = (path: string, body: object, signal: AbortSignal): Promise<unknown> =>
      post(path, body, { signal }).then(
        (response) => response.status,
        () => 'gone',
      );
    const gone = [
      send('/v1/rewards', row('first'), leaving.signal),
      send('/v1/completions', { prompt: 'first' }, leaving.signal),
    ];
    await until(() => service.running === 2);
    gone.push(send('/v1/rewards', row('second'), leaving.signal));
    gone.push(send('/v1/completions', { prompt: 'second' }, leaving.signal));
    const staying = [
      post('/v1/rewards', row('third')).then(({ status }) => status),
      post('/v1/completions', { prompt: 'third' }).then(({ status }) => status),
    ];
    await until(() => server.load.requests === 6);
    leaving.abort();
    assert.deepEqual(await Promise.all(gone), ['gone', 'gone', 'gone', 'gone']);
    await until(() => server.load.requests === 2);
    open();
    assert.deepEqual(await Promise.all(staying), [200, 200]);
    assert.equal(service.cancelled, 2, 'what was at work was cancelled');
    const texts = service.batches.flatMap(({ rows }) => rows.map((scored) => JSON.stringify(scored)));
    assert.deepEqual(
      [texts.length, texts.some((text) => text.includes('second'))],
      [2, false],
      'what waited never began',
    );
    assert.equal(service.generations.length, 2);
  });

  it('stops generating when a client goes in the middle of its stream', async () => {
    const { post, service, server, errors } = await start();
    const leaving = new AbortController();
    service.hold({ after: 2 });
    const asked = chat('one two three four', { stream: true });
    const response = await post('/v1/chat/completions', asked, { signal: leaving.signal });
    assert.match(Buffer.from((await response.body?.getReader().read())?.value ?? []).toString(), /^data: \{/);
    await until(() => service.running === 1);
    leaving.abort();
    await until(() => service.running === 0 && server.load.requests === 0);
    assert.equal(service.cancelled, 1);
    assert.deepEqual(errors, []);
  });

  it('gives the next client its turn when one sends many rows at once', async () => {
    const { post, service } = await start();
    const open = service.hold();
    const many = post('/v1/rewards', { rows: Array.from({ length: 1000 }, (_, index) => ({ text: `many ${index}` })) });
    await until(() => service.batches.length === 1);
    const one = post('/v1/rewards', row('one'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    open();
    await one;
    const atOnce = service.batches.findIndex(({ rows }) => JSON.stringify(rows).includes('"one"'));
    assert.equal(atOnce, 1, 'in the batch after the one at work');
    const { rows } = (await (await many).json()) as { rows: { id: string }[] };
    assert.deepEqual(
      rows.map(({ id }) => Number(id)),
      Array.from({ length: 1000 }, (_, index) => index + 1),
    );
  });
});

describe('a server that stops', () => {
  const start = useServer();

  it('lets those at work finish, and refuses those that wait and those that come', async () => {
    const { post, service, server, connect } = await start({ limits: { stopTime: 5000 } });
    const open = service.hold();
    const atWork = post('/v1/completions', { prompt: 'at work' });
    const streamed = post('/v1/chat/completions', chat('one two', { stream: true }));
    await until(() => service.running === 1);
    const waiting = post('/v1/completions', { prompt: 'waiting' });
    const reading = connect();
    reading.socket.write(postHead('/v1/rewards', 'Content-Length: 100'));
    const idle = connect();
    await until(() => server.load.requests === 4);
    idle.socket.write(postHead('/v1/rewards', 'Content-Length: 2')); // its body comes later
    await until(() => server.load.requests === 5);
    const stopped = server.stop();
    for (const response of [await waiting, await streamed]) {
      assert.equal(response.status, 503);
      assert.equal((await errorOf(response)).code, 'stopping');
    }
    await Promise.all([reading.closed, idle.closed]);
    assert.match(reading.received(), /^HTTP\/1\.1 503 /);
    await assert.rejects(post('/v1/completions', { prompt: 'late' }));
    open();
    const answer = (await (await atWork).json()) as { choices: [{ text: string }] };
    assert.equal(answer.choices[0].text, 'atwork');
    await stopped;
  });

  it('ends streams that take too long with an error, and no [DONE]', async () => {
    const { post, service, server } = await start({ limits: { stopTime: 100 } });
    service.hold({ after: 2 });
    const response = await post('/v1/chat/completions', chat('one two three', { stream: true }));
    const begin = performance.now();
    await server.stop();
    assert.ok(performance.now() - begin < 1500);
    const events = await response.text();
    assert.match(events, /"content":"two"[^]*data: \{"error":\{"message":"the server is stopping"[^\n]*\n\n$/);
    assert.ok(!events.includes('[DONE]'));
    assert.equal(service.cancelled, 1);
  });
});
