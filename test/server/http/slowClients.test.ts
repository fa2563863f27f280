import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { postHead, testToken, until, useServer } from '../support/useServer';

const limits = { headTime: 600, bodyTime: 600, bytesPerSecond: 1000, readTime: 400 };
const chat = (content: string, rest: object = {}): string =>
  JSON.stringify({ messages: [{ role: 'user', content }], ...rest });

describe('a slow client', () => {
  const start = useServer();
  const timers: NodeJS.Timeout[] = [];
  afterEach(() => timers.splice(0).forEach(clearInterval));

  /** A byte now and then. */
  function drip(socket: Socket, text: string): void {
    let at = 0;
    timers.push(setInterval(() => socket.writable && socket.write(text[at++ % text.length]), 50));
  }

  it('that never ends its head gets 408 and loses its connection', async () => {
    const { connect, request } = await start({ limits });
    const dripping = connect();
    dripping.socket.write('GET /v1/models HTTP/1.1\r\nHost: localhost\r\n');
    drip(dripping.socket, 'X-A: b\r\n');
    const silent = connect();
    assert.equal((await request('/v1/models')).status, 200, 'others are answered meanwhile');
    await Promise.all([dripping.closed, silent.closed]);
    assert.match(dripping.received(), /^HTTP\/1\.1 408 [^]*"code":"request_too_slow"/);
  });

  it('that never ends its body gets 408, however it drips', async () => {
    const { connect, server, service, post } = await start({ limits });
    const clients = ['Content-Length: 5000', 'Transfer-Encoding: chunked'].map((framing) => {
      const client = connect();
      client.socket.write(postHead('/v1/rewards', framing));
      drip(client.socket, framing.startsWith('T') ? '1\r\nx\r\n' : '{"rows":');
      return client;
    });
    assert.equal((await post('/v1/rewards', { rows: [{ text: 'a' }] })).status, 200, 'others are answered meanwhile');
    for (const { received, closed } of clients) {
      await until(() => received() !== '');
      assert.match(received(), /^HTTP\/1\.1 408 [^]*"code":"body_too_slow"/);
      await closed;
    }
    assert.equal(service.batches.length, 1);
    await until(() => server.load.requests === 0 && server.load.bytes === 0);
  });

  it('has time for a large body that keeps coming', async () => {
    const { connect } = await start({ limits });
    const body = JSON.stringify({ rows: [{ text: 'a'.repeat(3000) }] });
    const { socket, received } = connect();
    socket.write(postHead('/v1/rewards', `Content-Length: ${body.length}`));
    const pieces = body.match(/[^]{1,200}/g) ?? [];
    timers.push(setInterval(() => socket.write(pieces.shift() ?? ''), 80)); // 1.3 s, and 0.6 s + 3 s are allowed
    await until(() => received().includes('HTTP/1.1 200 OK'));
  });

  it('that goes in the middle of its body leaves nothing behind', async () => {
    const { connect, server, service, errors } = await start();
    const { socket } = connect();
    socket.write(`${postHead('/v1/rewards', 'Content-Length: 100')}{"rows":`);
    await until(() => server.load.requests === 1 && server.load.bytes === 8);
    socket.destroy();
    await until(() => server.load.requests === 0 && server.load.bytes === 0);
    assert.deepEqual([service.batches, errors], [[], []]);
  });

  it('that does not read its answer is not waited for', async () => {
    const { connect, server } = await start({ limits: { ...limits, maxBody: 30e6, bytesPerSecond: 1e9 } });
    const { socket } = connect();
    socket.pause();
    const row = '{"messages":0},';
    const body = `{"rows":[${row.repeat(150_000)}1]}`; // 16 MB of errors, more than the buffers on the way take
    socket.write(postHead('/v1/rewards', `Content-Length: ${body.length}`) + body);
    await until(() => server.load.requests === 1);
    await until(() => server.load.requests === 0);
  });

  it('that does not read its stream has its generation stopped', async () => {
    const { connect, server, service } = await start({ limits: { ...limits, maxUnread: 1e5 } });
    const { socket } = connect();
    socket.pause();
    const words = Array.from({ length: 1000 }, () => 'a'.repeat(7000)).join(' ');
    const body = chat(words, { stream: true, max_tokens: 1000, n: 20 });
    socket.write(postHead('/v1/chat/completions', `Content-Length: ${body.length}`) + body);
    await until(() => server.load.requests === 1);
    await until(() => service.cancelled === 1 && server.load.requests === 0);
  });

  it('that takes too long altogether gets 504', async () => {
    const { request, service, server } = await start({ limits: { requestTime: 200 } });
    const open = service.hold();
    const init = { method: 'POST', body: chat('a b') };
    const plain = await request('/v1/chat/completions', init);
    assert.equal(plain.status, 504);
    assert.match(await plain.text(), /"code":"timeout"/);
    assert.equal(service.cancelled, 1);
    open();
    assert.equal((await request('/v1/chat/completions', init)).status, 200);
    assert.equal(server.load.requests, 0);
  });

  it('whose connection idles does not hold up a stop', async () => {
    const { connect, server } = await start();
    const { socket, received, closed } = connect();
    socket.write(`GET /v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${testToken}\r\n\r\n`);
    await until(() => received().includes('200 OK'));
    const begin = performance.now();
    await server.stop();
    await closed;
    assert.ok(performance.now() - begin < 200);
  });
});
