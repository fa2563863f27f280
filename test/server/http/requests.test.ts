import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { FakeService } from '../support/fakeService';
import { errorOf, postHead, testToken, until, useServer } from '../support/useServer';

const rows = { rows: [{ text: 'abc' }] };

describe('a request', () => {
  const start = useServer();

  it('needs the token, in the header or in the URL, and says nothing without it', async () => {
    const { server, service } = await start();
    const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(server.url + path, { headers });
    for (const [path, headers] of [
      ['/v1/models', {}],
      ['/v1/models', { Authorization: 'Bearer wrong' }],
      ['/v1/models', { Authorization: `Bearer ${testToken}x` }],
      ['/v1/models', { Authorization: `Bearer ${testToken.slice(0, -1)}` }],
      ['/v1/models', { Authorization: `Basic ${testToken}` }],
      ['/v1/models?token=', {}],
      ['/v1/models?token=wrong', {}],
      [`/v1/models?token=${testToken}`, { Authorization: 'Bearer wrong' }],
      ['/nowhere', {}],
    ] as const) {
      const response = await get(path, headers);
      assert.equal(response.status, 401, path);
      assert.equal(response.headers.get('www-authenticate'), 'Bearer');
      const { type, code, message } = await errorOf(response);
      assert.deepEqual([type, code], ['authentication_error', 'invalid_token']);
      assert.ok(!message.includes(testToken));
    }
    assert.equal((await get('/v1/models', { Authorization: `Bearer ${testToken}` })).status, 200);
    assert.equal((await get('/v1/models', { authorization: `bearer  ${testToken}` })).status, 200);
    assert.equal((await get(`/v1/models?token=${testToken}`)).status, 200);
    assert.equal(service.batches.length, 0);
  });

  it('for the health of the server needs no token and tells nothing', async () => {
    const { server } = await start();
    const response = await fetch(`${server.url}/health`);
    assert.deepEqual([response.status, await response.json()], [200, { status: 'ok' }]);
    assert.equal((await fetch(`${server.url}/health`, { method: 'HEAD' })).status, 200);
  });

  it('names the model, without its path', async () => {
    const { request } = await start();
    const text = await (await request('/v1/models')).text();
    assert.ok(!text.includes('/secret'));
    const { data } = JSON.parse(text) as { data: { id: string; alidade: { completions: boolean } }[] };
    assert.deepEqual([data[0].id, data[0].alidade.completions], ['fake', true]);
  });

  it('to an unknown place gets 404, with another method 405 and the methods that are taken', async () => {
    const { request } = await start();
    const missing = await request('/v1/embeddings', { method: 'POST', body: '{}' });
    assert.deepEqual([missing.status, (await errorOf(missing)).code], [404, 'unknown_url']);
    for (const [path, method, allowed] of [
      ['/v1/rewards', 'GET', 'POST'],
      ['/get_reward', 'PUT', 'POST'],
      ['/v1/models', 'DELETE', 'GET'],
      ['/v1/chat/completions', 'OPTIONS', 'POST'],
    ]) {
      const response = await request(path, { method });
      assert.deepEqual([response.status, response.headers.get('allow')], [405, allowed], path);
    }
  });

  it('under a foreign name is refused, so that no page can lead its own name here', async () => {
    const { port } = await start({ allowedHosts: ['Rewards.Internal'] });
    const status = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const sent = httpRequest({ port, host: '127.0.0.1', path: '/health', headers: { Host: host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        sent.on('error', reject).end();
      });
    for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example']) {
      assert.equal(await status(host), 403, host);
    }
    for (const host of ['localhost', `LOCALHOST:${port}`, '127.0.0.1', '[::1]:80', '10.0.0.7:9', 'rewards.internal']) {
      assert.equal(await status(host), 200, host);
    }
  });

  it('gets no permission for pages of other origins', async () => {
    const { request } = await start();
    const response = await request('/v1/models', { headers: { Origin: 'https://evil.example' } });
    assert.ok(![...response.headers.keys()].some((name) => name.startsWith('access-control')));
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  });

  it('that is not JSON, not UTF-8, empty or nested without end gets 400', async () => {
    const { request, service } = await start();
    const bodies: readonly (string | Uint8Array<ArrayBuffer>)[] = [
      '{"rows": [',
      'rows=1',
      '',
      '   ',
      '[1, 2]',
      'null',
      '"text"',
      Uint8Array.of(0x7b, 0xff, 0x7d),
      '['.repeat(100_000),
      `{"rows":[{"text":${'['.repeat(3000)}${']'.repeat(3000)}}]}`,
    ];
    for (const path of ['/v1/rewards', '/get_reward', '/v1/chat/completions', '/v1/completions']) {
      for (const body of bodies) {
        const response = await request(path, { method: 'POST', body });
        assert.equal(response.status, 400, `${path} ${body.slice(0, 20).toString()}`);
        assert.equal((await errorOf(response)).code, 'invalid_request');
      }
    }
    assert.deepEqual([service.batches, service.generations], [[], []]);
  });

  it('may call its JSON what it likes, but not compress it or write it in another charset', async () => {
    const { request } = await start();
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await request('/v1/rewards', { method: 'POST', body: JSON.stringify(rows), headers })).status;
    for (const type of ['application/json', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded']) {
      assert.equal(await status({ 'Content-Type': type }), 200, type);
    }
    assert.equal(await status({ 'Content-Encoding': 'gzip' }), 415);
    assert.equal(await status({ 'Content-Type': 'application/json; charset=utf-16' }), 415);
  });

  it('larger than the limit gets 413 before its body is read, and the server goes on', async () => {
    const { connect, request, service } = await start({ limits: { maxBody: 1000 } });
    const { socket, received } = connect();
    socket.write(postHead('/v1/rewards', 'Content-Length: 1001'));
    await until(() => received().includes('body_too_large'));
    assert.match(received(), /^HTTP\/1\.1 413 /);
    const exact = JSON.stringify({ rows: [{ text: 'a'.repeat(1000 - '{"rows":[{"text":""}]}'.length) }] });
    assert.equal((await request('/v1/rewards', { method: 'POST', body: exact })).status, 200);
    const larger = await request('/v1/rewards', { method: 'POST', body: `${exact} ` });
    assert.deepEqual([larger.status, (await errorOf(larger)).code], [413, 'body_too_large']);
    assert.equal(service.batches.length, 1);
  });

  it('in chunks gets 413 where they exceed the limit, and its connection does not stay open for ever', async () => {
    const { connect, server } = await start({ limits: { maxBody: 1000 } });
    const { socket, received, closed } = connect();
    socket.write(postHead('/v1/rewards', 'Transfer-Encoding: chunked'));
    const chunk = `190\r\n${'x'.repeat(0x190)}\r\n`;
    const timer = setInterval(() => socket.write(chunk), 5);
    await until(() => received().includes('body_too_large'));
    await closed;
    clearInterval(timer);
    await until(() => server.load.requests === 0 && server.load.bytes === 0);
  });

  it('that asks before it sends its body is answered before it sends it', async () => {
    const { connect } = await start({ limits: { maxBody: 1000 } });
    const large = connect();
    large.socket.write(postHead('/v1/rewards', 'Content-Length: 2000', 'Expect: 100-continue'));
    await large.closed;
    assert.match(large.received(), /^HTTP\/1\.1 413 /);
    const small = connect();
    const body = JSON.stringify(rows);
    small.socket.write(postHead('/v1/rewards', `Content-Length: ${body.length}`, 'Expect: 100-continue'));
    await until(() => small.received() !== '');
    assert.match(small.received(), /^HTTP\/1\.1 100 Continue/);
    small.socket.write(body);
    await until(() => small.received().includes('HTTP/1.1 200 OK'));
  });

  it('that is no HTTP, or whose head is too large, gets an error and its connection is closed', async () => {
    const { connect } = await start();
    const garbage = connect();
    garbage.socket.write('\u0016\u0003\u0001 hello\r\n\r\n');
    await garbage.closed;
    assert.match(garbage.received(), /^HTTP\/1\.1 400 Bad Request\r\n[^]*\{"error":/);
    const large = connect();
    large.socket.write(`GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`);
    await large.closed;
    assert.match(large.received(), /^HTTP\/1\.1 431 /);
  });

  it('that fails for a mistake in the program gets 500, and the log says where', async () => {
    const { post, errors } = await start();
    const response = await post('/v1/completions', { prompt: 'fault' });
    assert.equal(response.status, 500);
    assert.deepEqual(await errorOf(response), {
      message: 'x is not a function',
      type: 'server_error',
      param: null,
      code: 'internal',
    });
    assert.match(errors[0], /TypeError: x is not a function\n +at /);
  });

  it('for what the model cannot do is refused with what to do instead', async () => {
    const judge = await start({ service: new FakeService({ noCompletions: 'fake is a reward model' }) });
    for (const [path, body] of [
      ['/v1/completions', { prompt: 'a' }],
      ['/v1/chat/completions', { messages: [{ role: 'user', content: 'a' }] }],
    ] as const) {
      const response = await judge.post(path, body);
      assert.equal(response.status, 400);
      const { code, message } = await errorOf(response);
      assert.equal(code, 'unsupported');
      assert.match(message, /fake is a reward model.*causal/);
    }
    const causal = await start({ service: new FakeService({ rewards: null }) });
    for (const [path, body] of [
      ['/v1/rewards', rows],
      ['/get_reward', { query: ['a'] }],
    ] as const) {
      const response = await causal.post(path, body);
      assert.equal(response.status, 400);
      assert.match((await errorOf(response)).message, /no reward head.*--head/);
    }
  });

  it('may follow others on its connection without waiting', async () => {
    const { connect, service } = await start();
    const { socket, received } = connect();
    const body = JSON.stringify(rows);
    const one = postHead('/v1/rewards', `Content-Length: ${body.length}`) + body;
    socket.write(one.repeat(20));
    await until(() => received().split('HTTP/1.1 200 OK').length === 21);
    assert.equal(service.batches.flatMap((batch) => batch.rows).length, 20);
  });
});
