import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AlidadeError } from '../../src/core/alidadeError';
import type { TrainingState } from '../../src/core/training/trainingReport';
import { forkSidecar } from '../../src/extension/sidecar/forkSidecar';
import { SidecarClient } from '../../src/extension/sidecar/sidecarClient';
import type { HeadRunRecord } from '../../src/extension/training/headRunRecord';
import { HeadRuns, type HeadWork, type NewHeadRun } from '../../src/extension/training/headRuns';
import { HeadRunStore } from '../../src/extension/training/headRunStore';
import { quietContext } from '../fixtures/quietContext';
import { trainingRecipes, writeTrainingSet } from '../fixtures/trainingSet';
import packageJson from '../../package.json';

const script = resolve('dist', 'sidecar.js');
const { logger } = quietContext();
const never = new AbortController().signal;
const settings = { device: 'cpu', dtype: 'f32', threads: 1 } as const;

async function until(what: string, isTrue: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!isTrue()) {
    if (end < performance.now()) throw new Error(`it never happened: ${what}`);
    await new Promise((resume) => setTimeout(resume, 10));
  }
}

describe('trainings and evaluations of heads', function () {
  this.timeout(120_000);
  let folder = '';
  let cache: string | undefined;
  const closing: (() => void)[] = [];

  before(() => {
    assert.ok(existsSync(script), `${script} is missing: run npm run build`);
    folder = mkdtempSync(join(tmpdir(), 'alidade-heads-'));
    writeTrainingSet({ folder });
    cache = process.env['ALIDADE_CACHE'];
    process.env['ALIDADE_CACHE'] = join(folder, 'cache');
  });
  afterEach(() => closing.splice(0).forEach((close) => close()));
  after(() => {
    if (cache === undefined) delete process.env['ALIDADE_CACHE'];
    else process.env['ALIDADE_CACHE'] = cache;
    rmSync(folder, { recursive: true, force: true });
  });

  interface Window {
    readonly runs: HeadRuns;
    readonly client: SidecarClient;
    readonly ended: HeadRunRecord[];
    /** Each state of a training that was told. */
    readonly states: TrainingState[];
  }

  /** What one window of the editor has. */
  function openWindow(storage: string, work?: HeadWork): Window {
    const client = new SidecarClient({
      fork: () => forkSidecar({ script, nodePath: process.execPath }),
      packageVersion: packageJson.version,
      logger,
      onStateChange: () => {},
    });
    const ended: HeadRunRecord[] = [];
    const states: TrainingState[] = [];
    let last: TrainingState | null = null;
    const runs = new HeadRuns({
      process: work ?? { use: (task) => task(client) },
      store: new HeadRunStore(join(folder, storage)),
      logger,
      onChange: ({ job }) => {
        if (job.kind !== 'training' || job.training === null || job.training === last) return;
        last = job.training;
        states.push(last);
      },
      onEnd: (run) => ended.push(run),
      now: () => Date.now(),
      interruption: 'the window was closed',
    });
    closing.push(() => {
      runs.dispose();
      client.dispose();
    });
    return { runs, client, ended, states };
  }

  function training(name: string, text: string = trainingRecipes.all): NewHeadRun {
    return {
      head: join(folder, 'heads', `${name}.safetensors`),
      settings,
      job: { kind: 'training', recipe: join(folder, 'tiny.head.yml'), text, folders: [folder], force: true },
    };
  }

  const bytesOf = (head: string): readonly string[] => [
    readFileSync(head).toString('base64'),
    readFileSync(head.replace('.safetensors', '.md'), 'utf8'),
  ];

  before(() => mkdirSync(join(folder, 'heads')));

  it('train a head in a process, and tell stage by stage what is found', async () => {
    const { runs, client, ended, states } = openWindow('first');
    const { id, head } = await runs.start(training('whole'));
    await until('the training has ended', () => 0 < ended.length);
    const run = runs.find(id);
    assert.equal(run?.state.kind, 'done', JSON.stringify(run?.state));
    assert.ok(run.job.kind === 'training' && run.job.training !== null);
    const { stages, report } = run.job.training;
    assert.deepEqual([...new Set(stages.map(({ state }) => state))], ['done']);
    assert.ok(0 < report.objectives.length && report.gate !== null && report.semiSupervised !== null);
    assert.ok(1 < states.length, `${states.length} states`);
    const described = await client.readHead(head, { signal: never });
    assert.deepEqual(
      [described.metadata.name, described.bytes, described.card],
      [report.name, readFileSync(head).length, bytesOf(head)[1]],
    );
    assert.equal(described.gateShape?.[0], described.metadata.body.hiddenSize);
    const { heads } = await client.listHeads([folder], { signal: never });
    assert.deepEqual(
      heads.map(({ path, isGated }) => [path, isGated]),
      [[head, true]],
    );
    const stored = await new HeadRunStore(join(folder, 'first')).load('closed');
    assert.deepEqual(stored, [run]);
  });

  it('go on after a stop, to the bytes of an undisturbed one', async () => {
    const { runs, ended, states } = openWindow('second');
    const { id, head } = await runs.start(training('stopped'));
    await until('something is found', () => states.some(({ report }) => 0 < report.objectives.length));
    await runs.stop(id);
    assert.equal(runs.find(id)?.state.kind, 'stopped');
    assert.equal(existsSync(head), false);
    await runs.resume(id);
    await until('the training has ended', () => 0 < ended.length);
    assert.equal(runs.find(id)?.state.kind, 'done', JSON.stringify(runs.find(id)?.state));
    assert.deepEqual(bytesOf(head), bytesOf(join(folder, 'heads', 'whole.safetensors')));
  });

  it('evaluate a head on labelled rows', async () => {
    const { runs, ended } = openWindow('third');
    const inputs = [join(folder, 'held.jsonl'), join(folder, 'rated.jsonl')];
    const head = join(folder, 'heads', 'whole.safetensors');
    const job = { kind: 'evaluation', inputs, model: join(folder, 'model') } as const;
    const { id } = await runs.start({ head, settings, job });
    await until('the evaluation has ended', () => 0 < ended.length);
    const run = runs.find(id);
    assert.equal(run?.state.kind, 'done', JSON.stringify(run?.state));
    assert.ok(run.job.kind === 'evaluation' && run.job.evaluation !== null);
    const { pairs } = run.job.evaluation;
    assert.ok(pairs !== null && 0 < pairs.n && 0.6 < pairs.accuracy, String(pairs?.accuracy));
  });

  it('say what is wrong with a recipe, and leave nothing', async () => {
    const { runs, ended } = openWindow('fourth');
    const { id, head } = await runs.start(
      training('faulty', trainingRecipes.ratings.replace('data: rated', 'data: none')),
    );
    await until('it has failed', () => 0 < ended.length);
    const state = runs.find(id)?.state;
    assert.ok(state?.kind === 'failed' && state.code === 'recipe', JSON.stringify(state));
    assert.match(state.message, /line \d+: .*none/);
    assert.equal(existsSync(head), false);
  });

  it('wait for each other, and refuse a head that is being trained', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const work: HeadWork = {
      use: async () => {
        await gate;
        throw new AlidadeError({ code: 'cancelled', message: 'cancelled' });
      },
    };
    const { runs } = openWindow('fifth', work);
    const first = await runs.start(training('a'));
    const second = await runs.start(training('b'));
    await until('the first runs', () => runs.find(first.id)?.state.kind === 'running');
    assert.equal(runs.find(second.id)?.state.kind, 'waiting');
    await assert.rejects(runs.start(training('a')), /is being trained already/);
    await runs.stop(second.id);
    assert.equal(runs.find(second.id)?.state.kind, 'stopped');
    release();
    await until('the first has ended', () => runs.find(first.id)?.state.kind === 'stopped');
    await runs.remove(first.id);
    assert.deepEqual(
      runs.all.map(({ id }) => id),
      [second.id],
    );
  });

  it('are interrupted when the window closes, and can be resumed in the next one', async () => {
    const work: HeadWork = { use: () => new Promise(() => undefined) };
    const { runs } = openWindow('sixth', work);
    const { id } = await runs.start(training('left'));
    await until('it runs', () => runs.find(id)?.state.kind === 'running');
    runs.dispose();
    const next = openWindow('sixth');
    await next.runs.load();
    assert.deepEqual(next.runs.find(id)?.state, { kind: 'interrupted', reason: 'the window was closed' });
    await next.runs.resume(id);
    await until('the training has ended', () => 0 < next.ended.length);
    assert.equal(next.runs.find(id)?.state.kind, 'done', JSON.stringify(next.runs.find(id)?.state));
  });
});
