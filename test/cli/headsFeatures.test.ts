import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { tinyChatTemplate, writeTinyModel } from '../fixtures/tinyModel';
import { finishCli, runCli, startCli, type CliResult } from './runCli';

interface Summary {
  readonly rows: number;
  readonly errors: number;
  readonly texts: number;
  readonly made: number;
  readonly kept: number;
  readonly bytes: number;
  readonly folder: string;
  readonly layer: number | 'final';
  readonly places: readonly string[];
  readonly model: { readonly name: string; readonly hash: string; readonly hiddenSize: number };
}

const columns = 32;

describe('alidade heads features', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();

  beforeEach(() => {
    writeTinyModel({ folder: folder(), chatTemplate: tinyChatTemplate });
  });

  function write(rows: readonly object[]): void {
    writeFileSync(join(folder(), 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }

  const args = (output: string, ...more: readonly string[]): readonly string[] => [
    ...['heads', 'features', '--model', '.', 'rows.jsonl', '--output', output, '--threads', '1', '--json', ...more],
  ];

  async function make(output: string, ...more: readonly string[]): Promise<CliResult & { readonly summary: Summary }> {
    const result = await runCli(args(output, ...more, '--quiet'), { cwd: folder() });
    assert.notEqual(result.stdout, '', result.stderr);
    return { ...result, summary: JSON.parse(result.stdout.split('\n')[0]) as Summary };
  }

  /** Every file of the one store in a folder. */
  function filesOf(output: string): Record<string, string> {
    const [name] = readdirSync(join(folder(), output));
    const store = join(folder(), output, name);
    return Object.fromEntries(
      readdirSync(store)
        .filter((file) => file !== 'lock')
        .map((file) => [file, readFileSync(join(store, file)).toString('hex')]),
    );
  }

  const pair = (index: number, chosen = `Yes, ${index}`): object => ({
    prompt: `Is it ${index}?`,
    chosen,
    rejected: 'No.',
  });

  it('makes the states of all texts, and only those of changed rows when it is run again', async () => {
    write([pair(1), pair(2), { prompt: 'Why?', response: 'Because.' }]);
    const place = ['--place', 'last,gate', '--layer', '1'];
    const first = await make('features', ...place);
    assert.equal(first.status, 0);
    const { rows, errors, texts, made, kept, layer, places } = first.summary;
    assert.deepEqual(
      { rows, errors, texts, made, kept, layer, places },
      {
        ...{ rows: 3, errors: 0, texts: 5, made: 5, kept: 0 },
        ...{ layer: 1, places: ['last', 'gate'] },
      },
    );
    const sizeOf = (name: string): number => statSync(join(first.summary.folder, name)).size;
    assert.equal(sizeOf('last.f32'), 5 * 4 * columns);
    assert.equal(sizeOf('gate.f32'), 3 * 4 * columns);
    write([pair(1), pair(2, 'Changed'), { prompt: 'Why?', response: 'Because.' }]);
    const second = await make('features', ...place);
    assert.deepEqual([second.summary.made, second.summary.kept], [1, 4]);
    assert.deepEqual(second.summary.model, first.summary.model);
  });

  it('says in words what it has made', async () => {
    write([pair(1)]);
    const command = args('features').filter((arg) => arg !== '--json');
    const { stdout, status } = await runCli([...command, '--quiet'], { cwd: folder() });
    assert.equal(status, 0);
    assert.match(stdout, /^2 texts: 2 made, 0 there already; \d+ bytes in \S+features\S+\n$/);
  });

  it('counts bad rows, names them, and makes the others', async () => {
    write([pair(1), { nothing: true }, { prompt: 'A long one', response: 'x'.repeat(3000) }]);
    const { summary, status, stderr } = await make('features');
    assert.equal(status, 1);
    assert.deepEqual([summary.rows, summary.errors, summary.texts, summary.made], [3, 2, 3, 2]);
    assert.match(stderr, /row 2: /);
    assert.match(stderr, /row 3: 3\d+ tokens, the limit is 2048/);
    assert.match(stderr, /2 of 3 rows have no features/);
    const { summary: cut } = await make('features', '--max-tokens', '64', '--truncate');
    assert.deepEqual([cut.errors, cut.made], [1, 3]);
  });

  it('refuses what it cannot do before anything is written', async () => {
    write([pair(1)]);
    const { status, stderr } = await runCli(args('features', '--layer', '9'), { cwd: folder() });
    assert.equal(status, 1);
    assert.match(stderr, /layer 9 was asked for, .* has 2/);
    assert.ok(!readdirSync(folder()).includes('features'));
    assert.equal((await runCli(args('features', '--place', 'middle'), { cwd: folder() })).status, 2);
  });

  it('goes on after a kill with the bytes of an undisturbed run', async function () {
    if (process.platform === 'win32') return this.skip();
    write(Array.from({ length: 800 }, (_, index) => pair(index)));
    await make('whole', '--place', 'mean,gate');
    const whole = filesOf('whole');
    let kills = 0;
    for (; ; kills += 1) {
      assert.ok(kills < 30, 'each time something is kept');
      const child = startCli(args('killed', '--place', 'mean,gate', '--quiet'), { cwd: folder() });
      const finished = finishCli(child);
      // Once something more is there.
      const before = sizeOfIndex('killed');
      while (child.exitCode === null && child.signalCode === null && sizeOfIndex('killed') < before + 50_000)
        await delay(5);
      child.kill('SIGKILL');
      if ((await finished).status === 0) break;
    }
    assert.ok(1 < kills, 'it was killed on the way');
    assert.deepEqual(filesOf('killed'), whole);
  });

  it('lets two processes make the same features, each text once', async () => {
    write(Array.from({ length: 200 }, (_, index) => pair(index)));
    const both = await Promise.all([make('features'), make('features')]);
    assert.deepEqual(
      both.map(({ status }) => status),
      [0, 0],
    );
    const { folder: store } = both[0].summary;
    assert.equal(statSync(join(store, 'last.f32')).size, 400 * 4 * columns);
  });

  function sizeOfIndex(output: string): number {
    try {
      const [name] = readdirSync(join(folder(), output));
      return statSync(join(folder(), output, name, 'texts.bin')).size;
    } catch {
      return 0;
    }
  }
});
