import assert from 'node:assert/strict';
import { runDownload, type DownloadQuestions, type DownloadRequest } from '../../src/extension/checkpoint/downloadFlow';
import type { DownloadModelResult } from '../../src/protocol/sidecar';

const done: DownloadModelResult = { kind: 'done', reference: 'org/m', path: '/m', bytes: 3, fetchedBytes: 3 };
const tokenNeeded: DownloadModelResult = { kind: 'tokenNeeded', message: 'gated', hint: null };

interface Flow {
  readonly requests: DownloadRequest[];
  readonly kept: string[];
  readonly asked: string[];
  readonly questions: DownloadQuestions;
}

/** The user who gives these tokens and picks this file, before a hub that answers so. */
function flow(
  answer: (request: DownloadRequest) => DownloadModelResult,
  { tokens = [], file, kept }: { readonly tokens?: string[]; readonly file?: string; readonly kept?: string } = {},
): Flow {
  const [requests, keptNow, asked]: [DownloadRequest[], string[], string[]] = [[], [], []];
  const questions: DownloadQuestions = {
    request: (request) => {
      requests.push(request);
      return Promise.resolve(answer(request));
    },
    chooseFile: (files) => {
      asked.push(`file of ${files.length}`);
      return Promise.resolve(file);
    },
    askToken: () => {
      asked.push('token');
      return Promise.resolve(tokens.shift());
    },
    keptToken: () => Promise.resolve(kept),
    keepToken: (token) => Promise.resolve(void keptNow.push(token)),
  };
  return { requests, kept: keptNow, asked, questions };
}

const gated = ({ token }: DownloadRequest): DownloadModelResult => (token === 'right' ? done : tokenNeeded);

describe('runDownload', () => {
  it('asks for nothing when nothing is needed, and sends no token', async () => {
    const { requests, kept, asked, questions } = flow(() => done, { kept: 'right' });
    assert.deepEqual(await runDownload('org/m', questions), done);
    assert.deepEqual([requests, kept, asked], [[{ reference: 'org/m' }], [], []]);
  });

  it('asks for a token once, and keeps it when it was of use', async () => {
    const { requests, kept, asked, questions } = flow(gated, { tokens: ['right'] });
    assert.deepEqual(await runDownload('org/m', questions), done);
    assert.deepEqual([kept, asked, requests.length], [['right'], ['token'], 2]);
  });

  it('tries the kept token before it asks', async () => {
    const { kept, asked, questions } = flow(gated, { kept: 'right' });
    assert.deepEqual(await runDownload('org/m', questions), done);
    assert.deepEqual([kept, asked], [['right'], []]);
  });

  it('asks again when the hub refuses a token, and keeps only the right one', async () => {
    const { requests, kept, asked, questions } = flow(gated, { kept: 'old', tokens: ['wrong', 'right'] });
    assert.deepEqual(await runDownload('org/m', questions), done);
    assert.deepEqual(
      requests.map(({ token }) => token ?? null),
      [null, 'old', 'wrong', 'right'],
    );
    assert.deepEqual([kept, asked], [['right'], ['token', 'token']]);
  });

  it('goes no further than the user', async () => {
    const refused = flow(gated);
    assert.equal(await runDownload('org/m', refused.questions), null);
    assert.deepEqual(refused.kept, []);
    const choice: DownloadModelResult = { kind: 'choice', files: [{ path: 'a.gguf', bytes: 1 }] };
    assert.equal(await runDownload('org/m', flow(() => choice).questions), null);
  });

  it('asks which file, and keeps the choice when a token is asked for too', async () => {
    const files = ['a.gguf', 'b.gguf'].map((path) => ({ path, bytes: 1 }));
    const { requests, questions } = flow(
      (request) => (request.files === undefined ? { kind: 'choice', files } : gated(request)),
      { file: 'b.gguf', tokens: ['right'] },
    );
    assert.deepEqual(await runDownload('org/m@v1', questions), done);
    assert.deepEqual(requests.at(-1), { reference: 'org/m@v1', files: ['b.gguf'], token: 'right' });
  });

  it('lets failures pass', async () => {
    const { questions } = flow(() => {
      throw new Error('no network');
    });
    await assert.rejects(() => runDownload('org/m', questions), /no network/);
  });
});
