import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { DownloadModelResult } from '../../src/protocol/sidecar';
import { offerDownload } from '../../src/sidecar/offerDownload';
import { quietContext } from '../fixtures/quietContext';
import { rejects } from '../fixtures/rejects';
import { large, small, tinyCommit, tinyName, tinyRepository, useHub } from '../fixtures/useHub';

const variables = ['HF_ENDPOINT', 'HF_HUB_CACHE', 'HF_HOME', 'HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'HF_TOKEN_PATH'];

describe('a download for the editor', () => {
  const { server, folder, host, snapshot } = useHub();
  const kept = Object.fromEntries(variables.map((name) => [name, process.env[name]]));

  beforeEach(() => {
    for (const name of variables) process.env[name] = '';
    process.env['HF_ENDPOINT'] = server().endpoint;
    process.env['HF_HUB_CACHE'] = folder();
    process.env['HF_HOME'] = join(folder(), 'home');
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(kept)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  const offer = (
    parts: { readonly files?: readonly string[]; readonly token?: string } = {},
  ): Promise<DownloadModelResult> => offerDownload({ reference: tinyName, ...parts }, quietContext());

  it('says what is there when it is done', async () => {
    host(tinyRepository());
    const bytes = Object.values(tinyRepository()).reduce((sum, { content }) => sum + content.length, 0);
    const done = { kind: 'done', reference: tinyName, path: snapshot(), bytes } as const;
    assert.deepEqual(await offer(), { ...done, fetchedBytes: bytes });
    assert.deepEqual(await offer(), { ...done, fetchedBytes: 0 });
  });

  it('gives the models to choose from, and fetches exactly the chosen one', async () => {
    host({ 'a[1].gguf': large('one'), 'a1.gguf': large('other'), 'b.gguf': large('two'), 'README.md': small('') });
    assert.deepEqual(await offer(), {
      kind: 'choice',
      files: [
        { path: 'a[1].gguf', bytes: 3 },
        { path: 'a1.gguf', bytes: 5 },
        { path: 'b.gguf', bytes: 3 },
      ],
    });
    const chosen = await offer({ files: ['a[1].gguf'] });
    assert.deepEqual(chosen.kind === 'done' ? [chosen.path, chosen.bytes] : chosen, [join(snapshot(), 'a[1].gguf'), 3]);
  });

  it('asks for a token where one may help, and takes it', async () => {
    server().repositories.set(tinyName, { commit: tinyCommit, files: tinyRepository(), token: 'right' });
    const asked = await offer();
    assert.equal(asked.kind, 'tokenNeeded');
    assert.equal((await offer({ token: 'wrong' })).kind, 'tokenNeeded');
    assert.equal((await offer({ token: 'right' })).kind, 'done');
  });

  it('fails where asking does not help', async () => {
    host({ 'pytorch_model.bin': large('pickle') });
    await rejects(() => offer(), 'unsupported');
  });
});
