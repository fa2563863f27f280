import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../../src/engine/checkpoint/cacheFolder';
import { hubCacheFolder, parseHubReference } from '../../../src/engine/checkpoint/hubCache';
import { resolveModelReference } from '../../../src/engine/checkpoint/resolveModelReference';
import { starterPath } from '../../../src/engine/checkpoint/starterFile';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { writeTinyCheckpoint } from '../../fixtures/tinyCheckpoint';

describe('resolveModelReference', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const resolve = (reference: string): Promise<string> =>
    resolveModelReference(reference, { cwd: folder(), hubCache: join(folder(), 'hub') }).then(({ path }) => path);

  const addModel = (name: string, commits: readonly string[], refs: Readonly<Record<string, string>> = {}): string => {
    const model = join(folder(), 'hub', `models--${name.replace('/', '--')}`);
    for (const commit of commits) writeTinyCheckpoint({ folder: join(model, 'snapshots', commit) });
    for (const [ref, commit] of Object.entries(refs)) {
      mkdirSync(join(model, 'refs', ref, '..'), { recursive: true });
      writeFileSync(join(model, 'refs', ref), commit);
    }
    return join(model, 'snapshots');
  };

  it('takes folders and files, relative to the folder it is told', async () => {
    writeTinyCheckpoint({ folder: join(folder(), 'm') });
    writeFileSync(join(folder(), 'x.gguf'), '');
    assert.equal(await resolve('m'), join(folder(), 'm'));
    assert.equal(await resolve(join(folder(), 'm')), join(folder(), 'm'));
    assert.equal(await resolve('x.gguf'), join(folder(), 'x.gguf'));
    assert.equal(await resolve('.'), join(folder(), 'x.gguf'), 'the one model in the folder');
  });

  it('finds a model of the hub cache by revision, branch or part of a commit', async () => {
    const snapshots = addModel('org/name', ['aaaaaaaaaa', 'bbbbbbbbbb'], {
      main: 'bbbbbbbbbb\n',
      'pr/1': 'aaaaaaaaaa',
    });
    assert.equal(await resolve('org/name'), join(snapshots, 'bbbbbbbbbb'));
    assert.equal(await resolve('org/name@main'), join(snapshots, 'bbbbbbbbbb'));
    assert.equal(await resolve('org/name@pr/1'), join(snapshots, 'aaaaaaaaaa'));
    assert.equal(await resolve('org/name@aaaaaaaaaa'), join(snapshots, 'aaaaaaaaaa'));
    assert.equal(await resolve('org/name@aaaaaaa'), join(snapshots, 'aaaaaaaaaa'));
    await rejects(() => resolve('org/name@v2'), 'not_found', /not in the revision v2/);
  });

  it('takes the only snapshot where the cache has no refs', async () => {
    const snapshots = addModel('gpt2', ['cccccccccc']);
    assert.equal(await resolve('gpt2'), join(snapshots, 'cccccccccc'));
  });

  it('refuses what is nowhere, and references that would leave the cache', async () => {
    for (const reference of ['org/none', '', '../alidade-is-not-here', 'a/b/c', 'org/name@../../x', 'org/name@']) {
      await rejects(() => resolve(reference), 'not_found');
    }
    const { hint } = await rejects(() => resolve('org/none'), 'not_found');
    assert.match(hint ?? '', /alidade download org\/none/);
    for (const text of ['org/name@../x', 'org/..', '..', 'org/name@a/../b']) {
      assert.equal(parseHubReference(text), null, text);
    }
    assert.deepEqual(parseHubReference('org/na.me@v1.0'), { repository: 'org/na.me', revision: 'v1.0' });
  });

  it('knows the starter and its head, and how to get it', async () => {
    const refused = await rejects(() => resolve('starter'), 'not_found');
    assert.match(refused.hint ?? '', /alidade starter fetch/);
    mkdirSync(dirname(starterPath()), { recursive: true });
    writeFileSync(starterPath(), '');
    const { path, headPath } = await resolveModelReference('starter', { cwd: folder() });
    assert.equal(path, starterPath());
    assert.match(headPath ?? '', /media[\\/]starter[\\/]meters\.safetensors$/);
  });
});

describe('cacheFolder', () => {
  const home = '/home/u';

  it('follows ALIDADE_CACHE, then XDG_CACHE_HOME, then the platform', () => {
    const of = (environment: Record<string, string>, platform = 'linux'): string =>
      cacheFolder({ environment, platform, home });
    assert.equal(of({ ALIDADE_CACHE: '/c', XDG_CACHE_HOME: '/x' }), '/c');
    assert.equal(of({ XDG_CACHE_HOME: '/x' }), join('/x', 'alidade'));
    assert.equal(of({ ALIDADE_CACHE: '' }), join(home, '.cache', 'alidade'));
    assert.equal(of({}, 'darwin'), join(home, 'Library', 'Caches', 'alidade'));
    assert.equal(of({ LOCALAPPDATA: '/l' }, 'win32'), join('/l', 'alidade'));
  });

  it('finds the hub cache as the hub’s own tools do', () => {
    assert.equal(hubCacheFolder({ HF_HUB_CACHE: '/h', HF_HOME: '/x' }, home), '/h');
    assert.equal(hubCacheFolder({ HF_HOME: '/x' }, home), join('/x', 'hub'));
    assert.equal(hubCacheFolder({}, home), join(home, '.cache', 'huggingface', 'hub'));
  });
});
