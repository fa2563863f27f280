import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHubAccess } from '../../../src/engine/hub/hubAccess';
import { matchesPattern } from '../../../src/engine/hub/matchesPattern';
import { TransferRate } from '../../../src/engine/hub/transferRate';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

describe('matchesPattern', () => {
  it('matches as shells do, whatever the case, the name alone too', () => {
    const matching: readonly (readonly [string, string])[] = [
      ['tiny.Q4_K_M.gguf', '*q4_k_m.gguf'],
      ['sub/tiny.gguf', '*.gguf'],
      ['sub/tiny.gguf', 'tiny.gguf'],
      ['sub/tiny.gguf', 'sub/*'],
      ['a-00001-of-00002.gguf', '*-0000?-of-*.gguf'],
      ['model[1].gguf', 'model[[]1].gguf'],
      ['b.gguf', '[a-c].gguf'],
      ['d.gguf', '[!a-c].gguf'],
      ['x', '**'],
      ['a]b', 'a[]]b'],
      ['a[b', 'a[b'],
    ];
    for (const [path, pattern] of matching) assert.ok(matchesPattern(path, pattern), `${path} ${pattern}`);
  });

  it('matches nothing else', () => {
    const others: readonly (readonly [string, string])[] = [
      ['tiny.gguf', '*.safetensors'],
      ['tiny.gguf', 'tiny'],
      ['tiny.gguf', '?.gguf'],
      ['d.gguf', '[a-c].gguf'],
      ['b.gguf', '[!a-c].gguf'],
      ['axgguf', '*.gguf'],
      ['a', ''],
    ];
    for (const [path, pattern] of others) assert.ok(!matchesPattern(path, pattern), `${path} ${pattern}`);
  });

  it('does not go astray over many stars', () => {
    const begin = performance.now();
    assert.equal(matchesPattern('a'.repeat(900), `${'*a'.repeat(100)}b`), false);
    assert.ok(performance.now() - begin < 1000);
  });
});

describe('TransferRate', () => {
  it('is that of the last ten seconds', () => {
    let time = 0;
    const rate = new TransferRate(() => time);
    rate.add(0);
    assert.equal(rate.perSecond, null);
    for (time = 500; time <= 20_000; time += 500) rate.add(time * 10);
    assert.equal(rate.perSecond, 10_000);
    for (; time <= 60_000; time += 500) rate.add(200_000 + (time - 20_000));
    assert.ok(Math.abs((rate.perSecond ?? 0) - 1000) < 1);
  });

  it('begins again when a file does', () => {
    let time = 0;
    const rate = new TransferRate(() => time);
    rate.add(1_000_000);
    time = 2000;
    rate.add(0);
    assert.equal(rate.perSecond, null);
  });
});

describe('readHubAccess', () => {
  const folder = useTemporaryFolder();

  it('finds endpoint and token where the hub tools do', async () => {
    const home = folder();
    const none = await readHubAccess({ environment: {}, home });
    assert.deepEqual([none.endpoint, none.token], ['https://huggingface.co', null]);
    mkdirSync(join(home, '.cache', 'huggingface'), { recursive: true });
    writeFileSync(join(home, '.cache', 'huggingface', 'token'), ' hf_file \n');
    writeFileSync(join(home, 'other'), 'hf_other');
    const tokenWith = async (environment: Record<string, string>): Promise<string | null> =>
      (await readHubAccess({ environment, home })).token;
    assert.equal(await tokenWith({}), 'hf_file');
    assert.equal(await tokenWith({ HF_TOKEN_PATH: join(home, 'other') }), 'hf_other');
    assert.equal(await tokenWith({ HF_HOME: join(home, 'nowhere') }), null);
    assert.equal(await tokenWith({ HUGGING_FACE_HUB_TOKEN: 'hf_old' }), 'hf_old');
    assert.equal(await tokenWith({ HF_TOKEN: 'hf_new', HUGGING_FACE_HUB_TOKEN: 'hf_old' }), 'hf_new');
    assert.equal((await readHubAccess({ token: 'hf_given', environment: { HF_TOKEN: 'x' }, home })).token, 'hf_given');
    const mirror = await readHubAccess({ environment: { HF_ENDPOINT: 'http://localhost:9/hub/' }, home });
    assert.equal(mirror.endpoint, 'http://localhost:9/hub');
  });

  it('refuses what is no address and no token', async () => {
    await rejects(
      () => readHubAccess({ environment: { HF_ENDPOINT: 'ftp://x' }, home: folder() }),
      'usage',
      /HF_ENDPOINT/,
    );
    const error = await rejects(
      () => readHubAccess({ token: 'hf_a\r\nx-evil: 1', environment: {}, home: folder() }),
      'usage',
      /characters/,
    );
    assert.ok(!error.message.includes('evil'), 'the token itself is not shown');
    await rejects(() => readHubAccess({ environment: { HF_HUB_OFFLINE: '1' }, home: folder() }), 'usage', /OFFLINE/);
  });
});
