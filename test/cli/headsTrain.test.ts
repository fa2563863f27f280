import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TrainingReport } from '../../src/core/training/trainingReport';
import { seededRandom } from '../fixtures/seededRandom';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { trainingRecipes, writeTrainingSet } from '../fixtures/trainingSet';
import { finishCli, runCli, startCli } from './runCli';

/** Kills; `npm run test:long` has the large series. */
const kills = process.env['ALIDADE_LONG'] === '1' ? 200 : 10;

describe('alidade heads train', function () {
  this.timeout(kills * 30_000);
  const folder = useTemporaryFolder();
  const path = (...names: readonly string[]): string => join(folder(), ...names);
  const args = (...more: readonly string[]): readonly string[] => [
    ...['heads', 'train', path('judge.head.yml'), '--features', path('features'), '--threads', '1'],
    ...more,
  ];
  const train = (...more: readonly string[]): ReturnType<typeof runCli> => runCli(args(...more));

  function prepare(recipe: string): void {
    writeTrainingSet({ folder: folder() });
    writeFileSync(path('judge.head.yml'), recipe);
  }

  it('prints what it has found as tables, or as JSON with the same numbers', async () => {
    prepare(trainingRecipes.all);
    const tables = await train('--output', path('a.safetensors'));
    assert.equal(tables.status, 0, tables.stderr);
    for (const line of [
      /^objective +rows +groups +held out +length alone +words alone +penalty$/m,
      /^length +computed$/m,
      /^warmth +60 +60 +AUC +0\.\d{3} +± 0\.\d{3} between folds/m,
      /^rank correlation with length, over 120 responses; to come under 0\.03$/m,
      /^gate: \d+ pairs, \d+ held out; best at step \d+ of 60$/m,
      /^round +kept +swapped +agreement +held out +95 % +calibration error$/m,
      /^check warm pairs: 60 rows$/m,
    ]) {
      assert.match(tables.stdout, line);
    }
    assert.match(tables.stderr, /a\.safetensors is there, with its card .*a\.md, in \d/m);
    const json = await train('--output', path('b.safetensors'), '--card', path('cards', 'b.md'), '--json', '--quiet');
    assert.equal(json.status, 0, json.stderr);
    const report = JSON.parse(json.stdout) as TrainingReport;
    assert.equal(report.semiSupervised?.rounds.length, 3);
    assert.ok(existsSync(path('cards', 'b.md')));
    assert.ok(readFileSync(path('a.safetensors')).equals(readFileSync(path('b.safetensors'))));
    assert.equal(readFileSync(path('a.md'), 'utf8'), readFileSync(path('cards', 'b.md'), 'utf8'));
  });

  it('says every mistake of a recipe with its line, and what is missing', async () => {
    prepare(trainingRecipes.gate.replace('seed: 3', 'sead: 3').replace('hidden:', 'hiden:'));
    const before = readdirSync(folder());
    const { status, stderr } = await train('--output', path('a.safetensors'));
    assert.equal(status, 1);
    assert.match(stderr, /^error: .*judge\.head\.yml:5: .*sead/m);
    assert.match(stderr, /^error: .*judge\.head\.yml:\d+: .*hiden/m);
    assert.deepEqual(readdirSync(folder()), before);
    assert.equal((await train()).status, 2);
    assert.equal((await runCli(['heads', 'train', path('none.yml'), '--output', path('a')])).status, 1);
  });

  it('finds data in the folders that it is given', async () => {
    prepare(trainingRecipes.ratings);
    writeFileSync(path('judge.head.yml'), trainingRecipes.ratings.replace('model: model', `model: ${path('model')}`));
    const other = path('recipes');
    mkdirSync(other);
    writeFileSync(join(other, 'r.yml'), readFileSync(path('judge.head.yml')));
    const output = ['--output', path('a.safetensors'), '--quiet'];
    const without = await runCli(['heads', 'train', join(other, 'r.yml'), '--features', path('features'), ...output]);
    assert.equal(without.status, 1);
    assert.match(without.stderr, /rated\.jsonl/);
    const found = ['heads', 'train', join(other, 'r.yml'), '--data', folder(), '--features', path('features')];
    const { status, stderr } = await runCli([...found, ...output]);
    assert.equal(status, 0, stderr);
  });

  it('stops at Ctrl+C, and goes on with --resume', async function () {
    if (process.platform === 'win32') this.skip(); // no signals
    prepare(
      trainingRecipes.gate.replace('steps: 60', 'steps: 20000').replace('evaluate_every: 10', 'evaluate_every: 500'),
    );
    const child = startCli(args('--output', path('a.safetensors')));
    const ended = finishCli(child);
    child.stdin.end();
    await waitFor(path('a.safetensors.part', 'verbosity.json'));
    child.kill('SIGINT');
    const { status, stderr } = await ended;
    assert.equal(status, 130, stderr);
    assert.match(stderr, /--resume/);
    assert.ok(!existsSync(path('a.safetensors')));
    writeFileSync(path('judge.head.yml'), trainingRecipes.gate);
    const changed = await train('--output', path('a.safetensors'), '--resume', '--quiet');
    assert.equal(changed.status, 1);
    assert.match(changed.stderr, /because the recipe changed/);
    assert.equal((await train('--output', path('a.safetensors'), '--quiet')).status, 0);
    assert.ok(!existsSync(path('a.safetensors.part')));
  });

  it(`gives the same files when it is killed at ${kills} moments and resumed, and leaves nothing else`, async () => {
    prepare(trainingRecipes.all);
    const began = performance.now();
    assert.equal((await train('--output', path('whole.safetensors'), '--quiet')).status, 0);
    const duration = performance.now() - began;
    const read = (name: string): string => readFileSync(path(name)).toString('base64');
    const whole = [read('whole.safetensors'), read('whole.md')];
    const names = readdirSync(folder());
    const random = seededRandom(11);
    let killed = 0;
    let found = 0;
    while (killed < kills) {
      // Without its features, some of the time.
      if (killed % 4 === 0) rmSync(path('features'), { recursive: true, force: true });
      for (let isFirst = true; ; isFirst = false) {
        const child = startCli(args('--output', path('out.safetensors'), '--quiet', ...(isFirst ? [] : ['--resume'])));
        const ended = finishCli(child);
        child.stdin.end();
        const winner = await Promise.race([ended, delay(random.next() * duration, null, { ref: false })]);
        if (winner === null && killed < kills) {
          child.kill('SIGKILL');
          killed += 1;
          await ended;
          if (existsSync(path('out.safetensors.part'))) found += 1;
          // The card is there first: a head is never without it.
          if (existsSync(path('out.safetensors'))) assert.deepEqual([read('out.safetensors'), read('out.md')], whole);
          continue;
        }
        const { status, stderr } = await ended;
        assert.equal(status, 0, stderr);
        break;
      }
      assert.deepEqual([read('out.safetensors'), read('out.md')], whole);
      rmSync(path('out.safetensors'));
      rmSync(path('out.md'));
      assert.deepEqual(readdirSync(folder()).sort(), [...names].sort());
    }
    assert.ok(0 < found, 'no kill came while it worked');
  });
});

async function waitFor(path: string): Promise<void> {
  for (const end = performance.now() + 60_000; !existsSync(path); await delay(5)) {
    assert.ok(performance.now() < end, `${path} never came`);
  }
}
