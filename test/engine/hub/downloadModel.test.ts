import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseSafetensorsIndex } from '../../../src/core/checkpoint/parseSafetensorsIndex';
import { resolveModelReference } from '../../../src/engine/checkpoint/resolveModelReference';
import { HubTokenNeeded } from '../../../src/engine/hub/hubRefusal';
import { gitHash, HubServer, sha256 } from '../../fixtures/hubServer';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { large, small, tinyCommit, tinyName, tinyRepository, useHub } from '../../fixtures/useHub';

const commit = tinyCommit;
const name = tinyName;
const model = tinyRepository;

describe('downloadModel', () => {
  const { server, folder, access, host, download, snapshot, blobs, content, fetched } = useHub();

  it('lays the files out as the tools of the hub do', async () => {
    host(model());
    const result = await download();
    assert.equal(result.reference, name);
    assert.equal(result.commit, commit);
    assert.equal(result.path, snapshot());
    const weights = model()['model.safetensors'].content;
    assert.deepEqual(content('model.safetensors'), Buffer.from(weights));
    const link = readlinkSync(join(snapshot(), 'model.safetensors'));
    assert.equal(link.replaceAll('\\', '/'), `../../blobs/${sha256(weights)}`);
    assert.ok(blobs().includes(gitHash(model()['config.json'].content)));
    assert.equal(readFileSync(join(folder(), 'models--org--tiny', 'refs', 'main'), 'utf8'), commit);
    const found = await resolveModelReference(name, { cwd: folder(), hubCache: folder() });
    assert.equal(found.path, snapshot());
    assert.deepEqual(readdirSync(join(folder(), '.locks', 'models--org--tiny')), []);
  });

  it('fetches what makes the model, and neither pickles nor the same weights once more', async () => {
    host({
      ...model(),
      'pytorch_model.bin': small('pickle'),
      'consolidated.safetensors': small('again'),
      'original/model.safetensors': small('again'),
      'onnx/model.onnx': small('graph'),
      'tokenizer.json': small('{"model":{}}'),
      'chat_template.jinja': small('{{ 1 }}'),
    });
    const result = await download();
    assert.deepEqual(result.files.map(({ path }) => path).sort(), [
      'README.md',
      'chat_template.jinja',
      'config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    assert.equal(fetched().length, 5);
  });

  it('fetches the shards that the index names, and only those', async () => {
    const index = { weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' } };
    host({
      'config.json': small('{}'),
      'model.safetensors.index.json': small(JSON.stringify(index)),
      'model-1.safetensors': large('one'),
      'model-2.safetensors': large('two'),
      'model-old.safetensors': large('three'),
    });
    await download();
    const bytes = content('model.safetensors.index.json');
    assert.deepEqual(parseSafetensorsIndex(bytes, 'index').files, ['model-1.safetensors', 'model-2.safetensors']);
    assert.equal(content('model-2.safetensors').toString(), 'two');
    assert.equal(existsSync(join(snapshot(), 'model-old.safetensors')), false);
  });

  it('reads listings of several pages', async () => {
    host({ ...model(), ...Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`figures/${n}.png`, small('x')])) });
    server().pageSize = 4;
    await download();
    assert.ok(server().paths.filter((path) => path.includes('/tree/')).length > 6);
    assert.ok(existsSync(join(snapshot(), 'model.safetensors')));
  });

  it('fetches nothing twice', async () => {
    host(model());
    await download();
    server().requests.length = 0;
    const again = await download();
    assert.deepEqual(fetched(), []);
    assert.ok(again.files.every((file) => !file.fetched));
  });

  it('fetches only what has changed when the branch moves on', async () => {
    host(model());
    await download();
    const next = '1'.repeat(40);
    server().repositories.set(name, { commit: next, files: { ...model(), 'config.json': small('{"new":1}') } });
    server().requests.length = 0;
    const moved = await download();
    assert.deepEqual(
      moved.files.filter((file) => file.fetched).map(({ path }) => path),
      ['config.json'],
    );
    const found = await resolveModelReference(name, { cwd: folder(), hubCache: folder() });
    assert.equal(found.path, join(folder(), 'models--org--tiny', 'snapshots', next));
    assert.equal(content('config.json').toString(), '{}', 'the old snapshot stays');
  });

  it('takes a branch with slashes, a tag and a commit', async () => {
    const other = '2'.repeat(40);
    server().repositories.set(name, { commit, revisions: { 'refs/pr/1': other, v1: other }, files: model() });
    assert.equal((await download({ reference: `${name}@refs/pr/1` })).commit, other);
    assert.equal((await download({ reference: `${name}@v1` })).reference, `${name}@v1`);
    const byCommit = await download({ reference: `${name}@${other}` });
    assert.equal(byCommit.reference, `${name}@${other}`);
    const found = await resolveModelReference(`${name}@refs/pr/1`, { cwd: folder(), hubCache: folder() });
    assert.equal(found.path, byCommit.path);
    await rejects(() => download({ reference: `${name}@nosuch` }), 'not_found', /no revision nosuch/);
  });

  describe('of .gguf files', () => {
    const ggufs = { 'README.md': small('read'), 'tiny.Q4_K_M.gguf': large('four'), 'tiny.Q8_0.gguf': large('eight') };

    it('lists them when there is a choice', async () => {
      host(ggufs);
      const error = await rejects(() => download(), 'usage', /2 \.gguf files: tiny\.Q4_K_M\.gguf, tiny\.Q8_0\.gguf/);
      assert.match(error.hint ?? '', /--include/);
      assert.deepEqual(fetched(), []);
    });

    it('fetches the one that the pattern names, whatever the case', async () => {
      host(ggufs);
      const result = await download({ include: ['*q4_k_m.gguf'] });
      assert.deepEqual(
        result.files.map(({ path }) => path),
        ['tiny.Q4_K_M.gguf'],
      );
      assert.equal(result.reference, name);
      const found = await resolveModelReference(name, { cwd: folder(), hubCache: folder() });
      assert.equal(found.path, join(snapshot(), 'tiny.Q4_K_M.gguf'));
    });

    it('names the file once several are there', async () => {
      host(ggufs);
      await download({ include: ['*Q4_K_M*'] });
      const second = await download({ include: ['*Q8_0*'] });
      assert.equal(second.reference, join(snapshot(), 'tiny.Q8_0.gguf'));
    });

    it('fetches the only one without being told', async () => {
      host({ 'README.md': small('read'), 'tiny.Q8_0.gguf': large('eight'), 'mmproj-tiny.gguf': large('eyes') });
      assert.deepEqual(
        (await download()).files.map(({ path }) => path),
        ['tiny.Q8_0.gguf'],
      );
    });
  });

  it('refuses pickles by name, and says what there is when nothing fits', async () => {
    host({ 'config.json': small('{}'), 'pytorch_model.bin': large('pickle') });
    await rejects(() => download(), 'unsupported', /pickled \(pytorch_model\.bin\)/);
    await rejects(() => download({ include: ['*.bin'] }), 'unsupported', /pickled/);
    await rejects(() => download({ include: ['*.gguf'] }), 'not_found', /no file .* matches \*\.gguf/);
    host({ 'config.json': small('{}') });
    await rejects(() => download(), 'unsupported', /no weights/);
    assert.deepEqual(fetched(), []);
  });

  it('refuses what is no name on the hub without asking it', async () => {
    for (const reference of ['', '../up', 'a/b/c', 'org/name@../x', 'http://host/x'])
      await rejects(() => download({ reference }), 'usage', /no model of the hub/);
    assert.deepEqual(server().requests, []);
  });

  describe('of a gated model', () => {
    beforeEach(() => void server().repositories.set(name, { commit, files: model(), token: 'hf_right' }));

    it('says what to do without a token', async () => {
      const error = await rejects(() => download(), 'permission', /org\/tiny is gated/);
      assert.ok(error instanceof HubTokenNeeded);
      assert.match(error.hint ?? '', /accept its conditions on http.*\/org\/tiny, then set HF_TOKEN/);
      assert.equal(existsSync(snapshot()), false);
    });

    it('says that the token has no access', async () => {
      await rejects(() => download({ access: access({ token: 'hf_wrong' }) }), 'permission', /the token has no access/);
    });

    it('gives the token to the hub and to nobody else', async () => {
      await download({ access: access({ token: 'hf_right' }) });
      const tokens = (where: string): unknown[] =>
        server()
          .requests.filter((request) => request.host === where)
          .map(({ authorization }) => authorization);
      assert.ok(tokens('hub').every((token) => token === 'Bearer hf_right'));
      assert.deepEqual(tokens('store'), [null]);
    });

    it('keeps the token from another host that a listing leads to', async () => {
      const other = new HubServer();
      await other.start();
      server().fault = ({ path }) =>
        path.includes('/tree/')
          ? { kind: 'status', status: 307, headers: { location: `${other.endpoint}${path}` } }
          : null;
      await rejects(() => download({ access: access({ token: 'hf_right' }) }), 'not_found');
      assert.deepEqual(
        other.requests.map(({ authorization }) => authorization),
        [null],
      );
      await other.stop();
    });
  });

  it('does not tell a private model from none', async () => {
    const error = await rejects(() => download(), 'not_found', /does not exist on .*, or is private/);
    assert.ok(error instanceof HubTokenNeeded);
    await rejects(() => download({ access: access({ token: 'hf_x' }) }), 'not_found', /does not exist/);
    server().repositories.set(name, { commit, files: model(), token: 'hf_right', isPrivate: true });
    await rejects(() => download(), 'not_found', /or is private/);
    assert.equal((await download({ access: access({ token: 'hf_right' }) })).reference, name);
  });

  describe('from a hostile server', () => {
    it('passes names over that leave the folder', async () => {
      const evil = ['../../evil', '/etc/evil', 'a/../../evil', 'C:\\evil', 'a//b', '.', 'a/./b', 'x\u0000y', 'con. '];
      host({ ...model(), ...Object.fromEntries(evil.map((path) => [path, small('evil')])) });
      const warnings: string[] = [];
      const context = quietContext();
      const result = await download(
        { include: ['*'] },
        { ...context, logger: { ...context.logger, warn: (text) => warnings.push(text) } },
      );
      assert.deepEqual(result.files.map(({ path }) => path).sort(), Object.keys(model()).sort());
      assert.equal(warnings.length, evil.length);
    });

    it('refuses answers that are none of the hub', async () => {
      host(model());
      const bodies = ['<html>', 'null', '{}', '[]', '{"sha":"../../x"}', '{"sha":5}', '"text"'];
      for (const body of bodies) {
        server().fault = ({ path }) => (path.includes('/revision/') ? { kind: 'body', body } : null);
        await rejects(() => download(), 'format', /cannot be used/);
      }
      const trees = [
        '{}',
        'null',
        '[null]',
        '[{"type":"file","path":"config.json"}]',
        '[{"type":"file","path":"config.json","size":1,"oid":"../x"}]',
        `[{"type":"file","path":"config.json","size":-1,"oid":"${'0'.repeat(40)}"}]`,
        `[{"type":"file","path":"m.safetensors","size":1,"oid":"0","lfs":{"oid":"..","size":1}}]`,
      ];
      for (const body of trees) {
        server().fault = ({ path }) => (path.includes('/tree/') ? { kind: 'body', body } : null);
        await rejects(() => download(), 'format', /cannot be used/);
      }
      assert.deepEqual(fetched(), []);
    });

    it('refuses a file that is longer than the listing says', async () => {
      host(model());
      const longer = { ...model(), 'config.json': small('{"longer": true}') };
      let listed = false;
      server().fault = ({ path }) => {
        if (path.includes('/tree/')) listed = true;
        else if (listed) server().repositories.set(name, { commit, files: longer });
        return null;
      };
      await rejects(() => download(), 'format', /more than the 2 bytes/);
    });

    it('refuses an index that names files which are not there', async () => {
      host({
        'config.json': small('{}'),
        'model.safetensors.index.json': small('{"weight_map":{"a":"no.safetensors"}}'),
      });
      await rejects(() => download(), 'format', /names files that the repository does not have: no\.safetensors/);
      host({
        'config.json': small('{}'),
        'model.safetensors.index.json': small('{"weight_map":{"a":"../up.safetensors"}}'),
      });
      await rejects(() => download(), 'format');
    });
  });

  it('says before it begins that the disk is too small', async () => {
    host(model());
    const size = 1e18;
    const tree = [
      { type: 'file', path: 'model.safetensors', size, oid: '0'.repeat(40), lfs: { oid: '0'.repeat(64), size } },
    ];
    // The largest whole number that JSON carries exactly is below that.
    tree[0].size = tree[0].lfs.size = 9e15;
    server().fault = ({ path }) => (path.includes('/tree/') ? { kind: 'body', body: JSON.stringify(tree) } : null);
    await rejects(() => download(), 'no_space', /needs 9000000\.0 GB, .* has [\d.]+ GB free/);
    assert.deepEqual(fetched(), []);
  });

  for (const [title, linksCan] of [
    ['with second names where the disk has no symbolic links', ['hard']],
    ['with the files themselves where it has no links', []],
  ] as const) {
    it(`lays files out ${title}`, async () => {
      // Two files with the same content have one blob.
      host({ ...model(), 'special_tokens_map.json': small('{}'), 'added_tokens.json': small('{}') });
      const result = await download({ linksCan });
      for (const { path } of result.files) {
        assert.ok(lstatSync(join(snapshot(), path)).isFile(), path);
      }
      assert.equal(content('config.json').toString(), '{}');
      assert.equal(content('added_tokens.json').toString(), '{}');
      assert.deepEqual(content('model.safetensors'), Buffer.from(model()['model.safetensors'].content));
      assert.equal(blobs().length, linksCan.length === 0 ? 0 : 3);
      server().requests.length = 0;
      await download({ linksCan });
      assert.deepEqual(fetched(), []);
    });
  }
});
