import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AlidadeError } from '../../../src/core/alidadeError';
import type { JobContext, Progress } from '../../../src/core/jobContext';
import { sha256, type HubFault } from '../../fixtures/hubServer';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { seededRandom } from '../../fixtures/seededRandom';
import { small, useHub } from '../../fixtures/useHub';

describe('downloadModel over a bad connection', () => {
  const { server, folder, access, host, download, snapshot, blobs, content } = useHub();
  const weights = Buffer.alloc(300_000, 'abcdefg');

  beforeEach(() => host({ 'config.json': small('{}'), 'model.safetensors': { content: weights, isLarge: true } }));

  const stored = (): readonly (string | null)[] =>
    server()
      .requests.filter((request) => request.host === 'store')
      .map(({ range }) => range);

  /** A fault of the first answers of the store. */
  function failing(...faults: readonly (HubFault | null)[]): void {
    let next = 0;
    server().fault = ({ host: where }) => (where === 'store' ? (faults[next++] ?? null) : null);
  }

  it('goes on where it was cut', async () => {
    failing({ kind: 'cut', after: 100_000 }, { kind: 'cut', after: 50_000 });
    await download();
    assert.deepEqual(content('model.safetensors'), weights);
    const starts = stored().map((range) => Number(/\d+/.exec(range ?? '0')?.[0]));
    assert.equal(starts.length, 3);
    assert.ok(starts[0] === 0 && 0 < starts[1] && starts[1] < starts[2], String(starts));
  });

  it('goes on with what an earlier call has left', async () => {
    server().fault = ({ host: where }) => (where === 'store' ? { kind: 'cut', after: 30_000 } : null);
    await rejects(() => download(), 'not_found', /could not be fetched/);
    assert.equal(existsSync(join(folder(), 'models--org--tiny', 'refs', 'main')), false);
    assert.equal(existsSync(snapshot()), false, 'no half snapshot');
    server().fault = () => null;
    server().requests.length = 0;
    await download();
    assert.match(stored()[0] ?? '', /^bytes=[1-9]\d*-$/);
    assert.deepEqual(content('model.safetensors'), weights);
    assert.equal(blobs().length, 2, 'no part is left');
  });

  it('begins again when the server does not mind the range', async () => {
    failing({ kind: 'cut', after: 100_000 }, { kind: 'ignoreRange' });
    await download();
    assert.deepEqual(content('model.safetensors'), weights);
  });

  it('takes a body that ends too early for a cut one', async () => {
    failing({ kind: 'short', after: 1234 });
    await download();
    assert.equal(stored()[1], 'bytes=1234-');
    assert.deepEqual(content('model.safetensors'), weights);
  });

  it('gives a silent server up and tries again', async () => {
    failing({ kind: 'hang', after: 1000 });
    await download();
    assert.deepEqual(content('model.safetensors'), weights);
  });

  it('removes a file with a wrong hash and fetches it once more', async () => {
    failing({ kind: 'corrupt' });
    const warnings: string[] = [];
    const context = quietContext();
    await download({}, { ...context, logger: { ...context.logger, warn: (text) => warnings.push(text) } });
    assert.match(warnings.join(), /hash/);
    assert.deepEqual(stored(), [null, null]);
    assert.deepEqual(content('model.safetensors'), weights);
  });

  it('fails when the hash is wrong twice, and leaves nothing of it', async () => {
    failing({ kind: 'corrupt' }, { kind: 'corrupt' });
    await rejects(() => download(), 'format', /came with the hash [0-9a-f]{64}, and not/);
    assert.equal(existsSync(snapshot()), false);
    assert.ok(blobs().every((blob) => !blob.startsWith(sha256(weights))));
  });

  it('checks small files too', async () => {
    server().fault = ({ path }) => (path.endsWith('/config.json') ? { kind: 'corrupt' } : null);
    await rejects(() => download(), 'format', /config\.json of org\/tiny came with the hash [0-9a-f]{40}/);
  });

  it('begins again when the part is longer than the file', async () => {
    const place = join(folder(), 'models--org--tiny', 'blobs');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `${sha256(weights)}.part`), Buffer.alloc(weights.length + 10));
    await download();
    assert.deepEqual(content('model.safetensors'), weights);
  });

  it('fetches a blob of the wrong length again', async () => {
    const place = join(folder(), 'models--org--tiny', 'blobs');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, sha256(weights)), 'half');
    await download();
    assert.deepEqual(content('model.safetensors'), weights);
  });

  it('asks the hub for a new address when the store refuses an old one', async () => {
    failing({ kind: 'status', status: 403 });
    await download();
    assert.deepEqual(content('model.safetensors'), weights);
  });

  it('waits as long as the server asks, and not longer than it has patience', async () => {
    failing({ kind: 'status', status: 429, headers: { 'retry-after': '1' } });
    const begin = performance.now();
    await download();
    assert.ok(990 < performance.now() - begin);
    server().fault = () => ({ kind: 'status', status: 429, headers: { 'retry-after': '3600' } });
    const error = await rejects(() => download(), 'not_found', /429/);
    assert.match(error.hint ?? '', /3600 s/);
  });

  it('gives up after a few answers of a server in trouble', async () => {
    server().fault = () => ({ kind: 'status', status: 503 });
    await rejects(() => download(), 'not_found', /could not be looked up on .*503/);
    assert.equal(server().requests.length, 3);
  });

  it('tries a listing again that was cut', async () => {
    let cut = false;
    server().fault = ({ path }) => {
      if (cut || !path.includes('/tree/')) return null;
      cut = true;
      return { kind: 'status', status: 502 };
    };
    await download();
    assert.deepEqual(content('model.safetensors'), weights);
  });

  it('says when nobody answers', async () => {
    const gone = access();
    await server().stop();
    await rejects(() => download({ access: gone }), 'not_found', /could not be looked up on http.*ECONNREFUSED/);
    await server().start();
  });

  it('stops at once when it is cancelled, and keeps what came', async () => {
    const abort = new AbortController();
    failing({ kind: 'hang', after: 200_000 });
    const context: JobContext = {
      ...quietContext(abort.signal),
      progress: ({ done = 0 }) => {
        if (150_000 < done) abort.abort();
      },
    };
    const begin = performance.now();
    const patient = access({ patience: { attempts: 3, retryDelay: 5, stallLimit: 30_000, longestPause: 2000 } });
    await rejects(() => download({ access: patient }, context), 'cancelled');
    assert.ok(performance.now() - begin < 2000);
    assert.equal(blobs().filter((blob) => blob === `${sha256(weights)}.part`).length, 1);
  });

  it('lets one of two fetch while the other waits', async () => {
    const [first, second] = await Promise.all([download(), download()]);
    assert.equal(stored().length, 1);
    assert.equal(first.path, second.path);
    assert.deepEqual(content('model.safetensors'), weights);
  });

  it('never shows a file that is not right, whatever goes wrong', async function () {
    this.timeout(60_000);
    const { next, below } = seededRandom(11);
    const faults = (): HubFault | null => {
      const after = below(weights.length);
      const kinds: readonly (HubFault | null)[] = [
        { kind: 'cut', after },
        { kind: 'short', after },
        { kind: 'corrupt' },
        { kind: 'ignoreRange' },
        { kind: 'status', status: [403, 416, 429, 500, 503][below(5)] },
        null,
      ];
      return next() < 0.6 ? kinds[below(kinds.length)] : null;
    };
    for (let round = 0; round < 12; round += 1) {
      const cache = join(folder(), String(round));
      server().fault = faults;
      const patience = { attempts: 3, retryDelay: 1, stallLimit: 300, longestPause: 10 };
      const failure = await download({ cache, access: access({ patience }) }).then(
        () => null,
        (error: unknown) => error,
      );
      assert.ok(failure === null || failure instanceof AlidadeError, String(failure));
      const blob = join(cache, 'models--org--tiny', 'blobs', sha256(weights));
      if (existsSync(blob)) assert.ok(readFileSync(blob).equals(weights), `round ${round}`);
      server().fault = () => null;
      const { path } = await download({ cache });
      assert.ok(readFileSync(join(path, 'model.safetensors')).equals(weights), `round ${round}`);
    }
  });

  it('tells how far it is, in bytes of all files', async () => {
    const reports: Progress[] = [];
    await download({}, { ...quietContext(), progress: (progress) => reports.push(progress) });
    const last = reports.filter(({ message }) => message === 'Fetching org/tiny').at(-1);
    assert.deepEqual([last?.done, last?.total, last?.unit], [weights.length + 2, weights.length + 2, 'bytes']);
    const steps = reports.flatMap(({ message, done }) => (message === 'Fetching org/tiny' ? [done ?? 0] : []));
    assert.deepEqual(
      steps,
      [...steps].sort((a, b) => a - b),
    );
  });
});
