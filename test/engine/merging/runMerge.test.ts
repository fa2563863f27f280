import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { JobContext, Progress } from '../../../src/core/jobContext';
import type { MergePlan } from '../../../src/core/merging/plan/mergePlan';
import type { MergeResult } from '../../../src/core/merging/mergeResult';
import { checkSpace } from '../../../src/engine/merging/checkMergeTarget';
import { runMerge } from '../../../src/engine/merging/runMerge';
import type { RunMergeParams } from '../../../src/engine/merging/runMerge';
import { withFailingFiles } from '../../fixtures/failingFiles';
import { onLimitedDisk } from '../../fixtures/limitedDisk';
import { slerpRecipe, writeMergeModels } from '../../fixtures/mergeModels';
import { planText } from '../../fixtures/planText';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { seededRandom } from '../../fixtures/seededRandom';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

/** Of each kind of fault; `npm run test:long` has the large series. */
const moments = process.env['ALIDADE_LONG'] === '1' ? 200 : 10;

describe('runMerge', function () {
  this.timeout(moments * 30_000);
  const folder = useTemporaryFolder();
  const path = (...names: readonly string[]): string => join(folder(), ...names);
  const models = (hidden = 64): void => writeMergeModels({ folder: folder(), names: ['a', 'b'], hidden, files: 2 });
  const shards = { shardBytes: 40_000 };

  function run(
    stages: readonly MergePlan[],
    target: string,
    params: Partial<RunMergeParams> = {},
    context: JobContext = quietContext(),
  ): Promise<MergeResult> {
    return runMerge(
      { stages, target: path(target), resume: false, force: false, version: '1', workerFile: null, ...params },
      context,
    );
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
  /** Nothing but models and complete folders. */
  const leftovers = (): readonly string[] => readdirSync(folder()).filter((name) => /\.part|\.lock|tmp/.test(name));

  it('writes the folder that was planned, with the same bytes in threads as without them', async () => {
    const built = mkdtempSync(join(tmpdir(), 'alidade-worker-'));
    try {
      const workerFile = join(built, 'mergeWorker.js');
      await build({
        entryPoints: ['src/engine/merging/mergeWorker.ts'],
        bundle: true,
        platform: 'node',
        format: 'cjs',
        logLevel: 'silent',
        outfile: workerFile,
      });
      models(300);
      const stages = await planText(slerpRecipe, folder(), { shardBytes: 500_000 });
      const alone = await run(stages, 'alone');
      const together = await run(stages, 'together', { workerFile, threads: 3 });
      assert.deepEqual(hashFolder('together'), hashFolder('alone'));
      assert.deepEqual(readdirSync(path('alone')).sort(), [...alone.files].sort());
      assert.equal(alone.bytes, together.bytes);
      for (const { name, bytes, header } of stages[0].files) {
        const file = readFileSync(path('alone', name));
        assert.equal(file.length, bytes);
        assert.ok(file.subarray(0, header.length).equals(header));
      }
      assert.deepEqual([alone.isVerified, alone.nonFinite, alone.resumedTensors], [true, [], 0]);
      assert.deepEqual(leftovers(), []);
    } finally {
      rmSync(built, { recursive: true, force: true });
    }
  });

  it('says what it reads, how fast, and how much is left', async () => {
    models();
    const stages = await planText(slerpRecipe, folder());
    const steps: Progress[] = [];
    await run(stages, 'out', {}, { ...quietContext(), progress: (step) => steps.push(step) });
    const ends = new Map(steps.map((step) => [step.message, step]));
    assert.deepEqual([...ends.keys()], ['Merging', 'Checking what was written']);
    assert.equal(ends.get('Merging')?.done, stages[0].readBytes);
    for (const step of ends.values()) assert.deepEqual([step.done, step.secondsLeft], [step.total, 0]);
  });

  it('gives the same bytes when it was stopped at any moment and resumed', async () => {
    models();
    const stages = await planText(slerpRecipe, folder(), shards);
    let all = 0;
    await run(stages, 'whole', {}, { ...quietContext(), progress: () => (all += 1) });
    const random = seededRandom(1);
    let resumed = 0;
    for (let moment = 0; moment < moments; moment += 1) {
      const stop = new AbortController();
      const last = random.below(all);
      let steps = 0;
      const context = { ...quietContext(stop.signal), progress: () => steps++ === last && stop.abort() };
      const error = await rejects(() => run(stages, 'out', {}, context), 'cancelled');
      assert.ok(!existsSync(path('out')), `step ${last}: it is there before it is complete`);
      assert.equal(existsSync(path('out.part')), error.hint !== undefined, `step ${last}: ${error.hint}`);
      const result = await run(stages, 'out', { resume: true });
      resumed += result.resumedTensors;
      assert.deepEqual(hashFolder('out'), hashFolder('whole'), `step ${last}`);
      assert.deepEqual(leftovers(), []);
      rmSync(path('out'), { recursive: true });
    }
    assert.ok(0 < resumed, 'nothing was ever gone on with');
  });

  for (const [what, call, code, expected] of [
    ['a write fails', 'writeSync', 'EIO', 'internal'],
    ['the disk is full', 'writeSync', 'ENOSPC', 'no_space'],
    ['a read fails', 'readSync', 'EIO', 'internal'],
  ] as const) {
    it(`leaves no target when ${what}, at any moment, and goes on with the same bytes`, async () => {
      models();
      const stages = await planText(slerpRecipe, folder(), shards);
      const calls = await withFailingFiles({ call, code, place: Infinity }, () => run(stages, 'whole'));
      const random = seededRandom(2);
      for (let moment = 0; moment < moments; moment += 1) {
        const place = random.below(calls);
        const error = await rejects(
          () => withFailingFiles({ call, code, place }, () => run(stages, 'out')).then(() => undefined),
          expected,
        );
        assert.match(error.message, /safetensors/, 'it names the file');
        assert.ok(!existsSync(path('out')), `call ${place}`);
        await run(stages, 'out', { resume: true });
        assert.deepEqual(hashFolder('out'), hashFolder('whole'), `call ${place}`);
        assert.deepEqual(leftovers(), []);
        rmSync(path('out'), { recursive: true });
      }
    });
  }

  it('says that the disk is full where the journal or a small file does not fit', async () => {
    models();
    const stages = await planText(slerpRecipe, folder(), shards);
    const all = await onLimitedDisk(() => run(stages, 'whole'));
    const random = seededRandom(3);
    for (let moment = 0; moment < moments; moment += 1) {
      const room = random.below(all);
      await rejects(() => onLimitedDisk(() => run(stages, 'out'), room), 'no_space');
      assert.ok(!existsSync(path('out')), `${room} bytes`);
      await run(stages, 'out', { resume: true });
      assert.deepEqual(hashFolder('out'), hashFolder('whole'), `${room} bytes`);
      rmSync(path('out'), { recursive: true });
    }
  });

  it('notices a source that changes at any moment, and leaves nothing', async () => {
    const random = seededRandom(4);
    const source = (): string => path('b', 'model-00002-of-00002.safetensors');
    const changes: Readonly<Record<string, () => void>> = {
      'becomes longer': () => appendFileSync(source(), 'x'),
      'becomes shorter': () => writeFileSync(source(), readFileSync(source()).subarray(0, 2000)),
      'is replaced': () => {
        writeFileSync(path('new'), readFileSync(source()));
        renameSync(path('new'), source());
      },
      'is written over': () => {
        const file = openSync(source(), 'r+');
        writeSync(file, Buffer.from([1, 2, 3]), 0, 3, 900);
        closeSync(file);
      },
      'is touched': () => utimesSync(source(), new Date(), new Date(Date.now() + 1)),
    };
    for (let moment = 0; moment < moments; moment += 1) {
      models();
      const stages = await planText(slerpRecipe, folder(), shards);
      const steps = stages[0].tensors.length;
      const [what, change] = Object.entries(changes)[moment % Object.keys(changes).length];
      const last = random.below(steps);
      let done = 0;
      const context: JobContext = {
        ...quietContext(),
        progress: ({ message }) => {
          if (message === 'Merging' && done++ === last) change();
        },
      };
      const error = await rejects(() => run(stages, 'out', {}, context), 'weights', /has changed since the merge/);
      assert.match(error.message, /b.model-00002/, what);
      assert.ok(!existsSync(path('out')), what);
      assert.deepEqual(leftovers(), [], what);
      await rejects(() => run(stages, 'out'), 'weights', /has changed/);
    }
  });

  it('reads everything again and finds a byte that is not what was computed', async () => {
    models();
    const stages = await planText(slerpRecipe, folder());
    const { name, bytes } = stages[0].files[0];
    const spoil = (message: string): void => {
      if (!message.startsWith('Checking')) return;
      const file = openSync(path('out.part', 'result', name), 'r+');
      writeSync(file, Buffer.from([0x55]), 0, 1, bytes - 5);
      closeSync(file);
    };
    let isDone = false;
    const context: JobContext = {
      ...quietContext(),
      progress: ({ message }) => {
        if (!isDone) spoil(message);
        isDone ||= message.startsWith('Checking');
      },
    };
    const { name: last } = stages[0].tensors[stages[0].tensors.length - 1];
    await rejects(() => run(stages, 'out', {}, context), 'weights', new RegExp(`${last}: what was read again`));
    assert.deepEqual(leftovers(), []);
    isDone = false;
    assert.equal((await run(stages, 'out', { verify: false }, context)).isVerified, false);
  });

  it('counts values that are no numbers, in the output and in its sources', async () => {
    models();
    const at = path('a', 'model-00001-of-00002.safetensors');
    const bytes = readFileSync(at);
    bytes.writeUInt16LE(0x7fc0, bytes.length - 2);
    bytes.writeUInt16LE(0x7f80, bytes.length - 8);
    writeFileSync(at, bytes);
    const recipe =
      'merge_method: linear\nmodels: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 1}}]\n';
    const { nonFinite } = await run(await planText(recipe, folder()), 'out');
    assert.deepEqual(
      nonFinite.map(({ nan, infinite, inSources }) => [nan, infinite, inSources]),
      [[1, 1, 2]],
    );
  });

  it('hands the result of one stage to the next, and leaves only the last', async () => {
    models();
    const pass = (name: string): string => `name: ${name}\nmerge_method: passthrough\nmodels: [{model: ${name[0]}}]\n`;
    const last =
      'merge_method: linear\nmodels: [{model: a-copy, parameters: {weight: 1}}, {model: b, parameters: {weight: 3}}]\n';
    const stages = await planText(`${pass('a-copy')}---\n${last}`, folder(), shards);
    assert.equal(stages.length, 2);
    await run(stages, 'staged');
    await run(await planText(last.replace('a-copy', 'a'), folder(), shards), 'direct');
    const weights = (name: string): unknown =>
      Object.entries(hashFolder(name)).filter(([file]) => file.endsWith('.safetensors'));
    assert.deepEqual(weights('staged'), weights('direct'));
    assert.deepEqual(leftovers(), []);
  });

  it('refuses a target that is there, and replaces it at the end when told to', async () => {
    models();
    const stages = await planText(slerpRecipe, folder());
    mkdirSync(path('out'));
    writeFileSync(path('out', 'old.txt'), 'old');
    await rejects(() => run(stages, 'out'), 'exists', /out exists/);
    const stop = new AbortController();
    stop.abort();
    await rejects(() => run(stages, 'out', { force: true }, quietContext(stop.signal)), 'cancelled');
    assert.deepEqual(readdirSync(path('out')), ['old.txt']);
    await run(stages, 'out', { force: true });
    assert.ok(!existsSync(path('out', 'old.txt')));
    assert.deepEqual(leftovers(), []);
    await rejects(() => run(stages, 'a', { force: true }), 'exists', /a model that the recipe reads/);
    await rejects(() => run(stages, '.', { force: true }), 'exists', /is not replaced/);
    writeFileSync(path('file'), '');
    await rejects(() => run(stages, 'file', { force: true }), 'exists', /is no folder/);
  });

  it('has nothing to do where the folder is complete, and says so only when it resumes', async () => {
    models();
    const stages = await planText(slerpRecipe, folder());
    await run(stages, 'out');
    const { resumedTensors } = await run(stages, 'out', { resume: true });
    assert.equal(resumedTensors, stages[0].tensors.length);
    const others = await planText(slerpRecipe.replace('0.7', '0.6'), folder());
    await rejects(() => run(others, 'out', { resume: true }), 'exists');
  });

  it('begins anew without --resume, and does not go on with another recipe', async () => {
    models();
    const stages = await planText(slerpRecipe, folder(), shards);
    await run(stages, 'whole');
    const stop = new AbortController();
    let steps = 0;
    const context = { ...quietContext(stop.signal), progress: () => ++steps === 9 && stop.abort() };
    await rejects(() => run(stages, 'out', {}, context), 'cancelled');
    const others = await planText(slerpRecipe.replace('0.7', '0.6'), folder(), shards);
    const error = await rejects(() => run(others, 'out', { resume: true }), 'exists', /the recipe or a model changed/);
    assert.match(error.hint ?? '', /without --resume/);
    await rejects(() => run(stages, 'out', { resume: true, version: '2' }), 'exists', /Alidade changed/);
    assert.equal((await run(stages, 'out')).resumedTensors, 0);
    assert.deepEqual(hashFolder('out'), hashFolder('whole'));
    assert.deepEqual(leftovers(), []);
  });

  it('does not trust files that were laid out anew after they had gone', async () => {
    models();
    const stages = await planText(slerpRecipe, folder(), shards);
    await run(stages, 'whole');
    const interrupt = async (after: number): Promise<void> => {
      const stop = new AbortController();
      let steps = 0;
      const context = { ...quietContext(stop.signal), progress: () => ++steps === after && stop.abort() };
      await rejects(() => run(stages, 'out', { resume: true }, context), 'cancelled');
    };
    await interrupt(9);
    rmSync(path('out.part', 'result', stages[0].files[0].name));
    await interrupt(3);
    await run(stages, 'out', { resume: true });
    assert.deepEqual(hashFolder('out'), hashFolder('whole'));
  });

  it('lets one run at a time into a target, and takes over from one that has died', async () => {
    models();
    const stages = await planText(slerpRecipe, folder());
    mkdirSync(path('out.part'));
    const lock = (pid: number): void =>
      writeFileSync(path('out.part', 'lock'), JSON.stringify({ pid, host: hostname(), nonce: 'x' }));
    lock(process.pid);
    await rejects(() => run(stages, 'out'), 'exists', /is being written by another process/);
    assert.ok(existsSync(path('out.part', 'lock')));
    lock(2 ** 30);
    await run(stages, 'out');
    assert.deepEqual(leftovers(), []);
  });

  it('finishes what a run was killed in the middle of at its end', async () => {
    models();
    const stages = await planText(slerpRecipe, folder());
    await run(stages, 'whole');
    // Between the two renames of --force.
    mkdirSync(path('out.part', 'replaced'), { recursive: true });
    writeFileSync(path('out.part', 'replaced', 'old.txt'), 'old');
    renameSync(path('whole'), path('out.part', 'result'));
    const { resumedTensors } = await run(stages, 'out', { resume: true });
    assert.equal(resumedTensors, stages[0].tensors.length);
    assert.ok(!existsSync(path('out', 'old.txt')));
    assert.deepEqual(leftovers(), []);
  });

  it('leaves alone what no merge has made', async () => {
    models();
    const stages = await planText(slerpRecipe, folder());
    mkdirSync(path('out.part'));
    writeFileSync(path('out.part', 'thesis.txt'), 'mine');
    await rejects(() => run(stages, 'out'), 'exists', /not of an interrupted merge/);
    assert.deepEqual(readdirSync(path('out.part')), ['thesis.txt']);
  });

  it('looks for room before it begins', async () => {
    const error = await rejects(() => checkSpace(folder(), 1e18), 'no_space', /needs 1000000 TB|needs 1\.00e\+6 TB/);
    assert.match(error.message, /are free/);
  });
});
