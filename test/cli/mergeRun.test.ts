import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { slerpRecipe, writeMergeModels } from '../fixtures/mergeModels';
import { seededRandom } from '../fixtures/seededRandom';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { finishCli, runCli, startCli } from './runCli';

/** Kills; `npm run test:long` has the large series. */
const kills = process.env['ALIDADE_LONG'] === '1' ? 200 : 10;

describe('alidade merge run', function () {
  this.timeout(kills * 30_000);
  const folder = useTemporaryFolder();
  const path = (...names: readonly string[]): string => join(folder(), ...names);
  const merge = (...more: readonly string[]): ReturnType<typeof runCli> =>
    runCli(['merge', 'run', path('recipe.yml'), ...more]);

  function prepare(hidden: number): void {
    writeMergeModels({ folder: folder(), names: ['a', 'b'], hidden, files: 2 });
    writeFileSync(path('recipe.yml'), slerpRecipe);
  }

  const hashFolder = (name: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      readdirSync(path(name))
        .sort()
        .map((file) => [
          file,
          createHash('sha256')
            .update(readFileSync(path(name, file)))
            .digest('hex'),
        ]),
    );

  it('writes a folder and says what it costs before, and what it came to after', async () => {
    prepare(64);
    const { status, stdout, stderr } = await merge(path('out'), '--json', '--shard-size', '100kB');
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^slerp: 12 tensors into .*; reads .* kB, takes at most \d+ MB of memory$/m);
    assert.match(stderr, /out is there: .* read again and found as it was computed$/m);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(
      [result['path'], result['tensors'], result['isVerified'], result['method'], result['dtype']],
      [path('out'), 12, true, 'slerp', 'bfloat16'],
    );
    assert.deepEqual([...(result['files'] as string[])].sort(), readdirSync(path('out')).sort());
    const again = await merge(path('out'));
    assert.equal(again.status, 1);
    assert.match(again.stderr, /^error: .*out exists/m);
    assert.equal((await merge(path('out'), '--force', '--quiet')).status, 0);
  });

  it('only plans with --dry-run, and makes nothing of a recipe that is wrong', async () => {
    prepare(64);
    const before = readdirSync(folder());
    const { status, stdout } = await merge(path('out'), '--dry-run', '--json');
    assert.equal(status, 0);
    assert.equal((JSON.parse(stdout) as { tensors: unknown[] }).tensors.length, 12);
    writeFileSync(path('recipe.yml'), slerpRecipe.replace('slerp', 'slurp'));
    assert.equal((await merge(path('out', 'deep', 'down'))).status, 1);
    assert.deepEqual(readdirSync(folder()), before);
  });

  it('stops at Ctrl+C, and goes on with --resume', async function () {
    if (process.platform === 'win32') this.skip(); // no signals
    prepare(700);
    const child = startCli(['merge', 'run', path('recipe.yml'), path('out')]);
    const ended = finishCli(child);
    child.stdin.end();
    await waitFor(path('out.part', 'result'));
    child.kill('SIGINT');
    const { status, stderr } = await ended;
    assert.equal(status, 130, stderr);
    assert.ok(!existsSync(path('out')));
    assert.equal((await merge(path('out'), '--resume', '--quiet')).status, 0);
    assert.deepEqual(readdirSync(folder()).sort(), ['a', 'b', 'out', 'recipe.yml']);
  });

  it(`gives the same folder when it is killed at ${kills} moments and resumed, and leaves nothing else`, async () => {
    prepare(700);
    const began = performance.now();
    assert.equal((await merge(path('whole'), '--quiet')).status, 0);
    const duration = performance.now() - began;
    const whole = hashFolder('whole');
    const random = seededRandom(7);
    let killed = 0;
    let found = 0;
    while (killed < kills) {
      // An old folder is to be replaced in some of the rounds.
      const isReplacing = killed % 3 === 0;
      if (isReplacing) mkdirSync(path('out'));
      const options = [path('out'), '--quiet', ...(isReplacing ? ['--force'] : [])];
      for (let isFirst = true; ; isFirst = false) {
        const child = startCli(['merge', 'run', path('recipe.yml'), ...options, ...(isFirst ? [] : ['--resume'])]);
        const ended = finishCli(child);
        child.stdin.end();
        const winner = await Promise.race([ended, delay(random.next() * duration * 1.1, null, { ref: false })]);
        if (winner === null && killed < kills) {
          child.kill('SIGKILL');
          killed += 1;
          await ended;
          if (existsSync(path('out.part'))) found += 1;
          const there = existsSync(path('out')) ? readdirSync(path('out')) : [];
          if (0 < there.length) assert.deepEqual(hashFolder('out'), whole, 'it was there before it was complete');
          continue;
        }
        const { status, stderr } = await ended;
        assert.equal(status, 0, stderr);
        break;
      }
      assert.deepEqual(hashFolder('out'), whole);
      assert.deepEqual(readdirSync(folder()).sort(), ['a', 'b', 'out', 'recipe.yml', 'whole']);
      rmSync(path('out'), { recursive: true });
    }
    assert.ok(0 < found, 'no kill came while it worked');
  });
});

async function waitFor(path: string): Promise<void> {
  for (const end = performance.now() + 20_000; !existsSync(path); await delay(5)) {
    assert.ok(performance.now() < end, `${path} never came`);
  }
}
