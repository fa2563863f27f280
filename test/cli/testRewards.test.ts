import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readJunit, readTap, type TapPoint } from '../core/rewardTest/readReports';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { finishCli, readJsonLines, runCli, startCli, type CliResult } from './runCli';
import { writeTinyCausal, writeTinyClassifier } from './tinyVariants';

interface Recorded {
  readonly id: string;
  readonly score?: number;
  readonly responses?: readonly { readonly score: number }[];
}

/** A file of tests that fits the tiny models. */
const given = `model: models/classifier
tests:
  - name: one
    prompt: Name a colour.
    response: Blue.
    expect:
      score: { min: -1000 }
      objectives: { fact: { min: -1000, max: 1000 } }
  - name: two
    prompt: Name a colour.
    responses: { long: Blue as the sky., short: Red. }
    expect: { best: { score: { min: -1000 } } }
  - name: data
    rows: pairs.jsonl
    expect: { accuracy: { min: 0 } }
`;
const pairs = [
  { prompt: 'a', chosen: 'one', rejected: 'two' },
  { prompt: 'b', chosen: 'three', rejected: 'four' },
];

describe('alidade test', function () {
  this.timeout(60_000);
  useTemporaryCache();
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-tests-'));
    writeTinyClassifier(join(folder, 'models', 'classifier'), ['fact', 'style']);
    writeTinyClassifier(join(folder, 'models', 'other'), ['fact', 'style', 'more']);
    writeTinyCausal(join(folder, 'models', 'causal'));
    writeFileSync(join(folder, 'pairs.jsonl'), pairs.map((row) => `${JSON.stringify(row)}\n`).join(''));
    write('given.reward.yaml', given);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, text: string): string {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  const run = (...args: readonly string[]): Promise<CliResult> => runCli(['test', '--quiet', ...args], { cwd: folder });

  async function points(...args: readonly string[]): Promise<readonly TapPoint[]> {
    return readTap((await run(...args)).stdout).points;
  }

  async function record(...args: readonly string[]): Promise<readonly Recorded[]> {
    const path = join(folder, 'recorded.jsonl');
    await run('--record', path, ...args);
    return readJsonLines<Recorded>(readFileSync(path, 'utf8'));
  }

  it('prints TAP with what was scored, and exits with 0 when all hold', async () => {
    const { status, stdout, stderr } = await run('given.reward.yaml');
    assert.equal(stderr, '');
    assert.equal(status, 0);
    const { plan, points: all } = readTap(stdout);
    assert.equal(plan, 3);
    assert.deepEqual(
      all.map(({ ok, description }) => [ok, description]),
      [
        [true, 'given.reward.yaml > one'],
        [true, 'given.reward.yaml > two'],
        [true, 'given.reward.yaml > data'],
      ],
    );
    const [one, , data] = all.map(({ diagnostics }) => diagnostics) as readonly Record<string, unknown>[];
    const [response] = one?.['responses'] as readonly { readonly score: number; readonly objectives: object }[];
    assert.deepEqual(Object.keys(response?.objectives ?? {}), ['fact', 'style']);
    assert.equal((data?.['rows'] as { readonly pairs: number }).pairs, 2);
  });

  it('gives the scores that alidade score gives, and the same again', async () => {
    const row = { id: 'x', prompt: 'Name a colour.', responses: ['Blue as the sky.', 'Red.'] };
    const args = ['score', '--model', 'models/classifier', '--quiet'];
    const { stdout } = await runCli(args, { cwd: folder, stdin: JSON.stringify(row) });
    const [scored] = readJsonLines<Recorded>(stdout);
    const [first, again] = [await record('given.reward.yaml'), await record('given.reward.yaml')];
    assert.deepEqual(first, again);
    const scores = (line: Recorded | undefined): readonly number[] => (line?.responses ?? []).map(({ score }) => score);
    const found = scores(first.find(({ id }) => id === 'two'));
    assert.equal(found.length, 2);
    scores(scored).forEach((score, index) => assert.ok(Math.abs(score - (found[index] ?? Infinity)) <= 1e-5));
  });

  it('fails what does not hold, says what was expected and found, and where, and exits with 1', async () => {
    const text = `model: models/classifier
tests:
  - name: too low
    prompt: Name a colour.
    response: Blue.
    expect:
      objectives:
        fact: { min: 1000 }
      score: { max: -1000 }
  - name: holds
    prompt: Name a colour.
    response: Blue.
    expect: { score: { min: -1000 } }
`;
    const path = write('failing.reward.yaml', text);
    const junit = join(folder, 'report.xml');
    const { status, stdout, stderr } = await run('--junit', junit, path);
    assert.equal(status, 1);
    assert.equal(stderr, '');
    const [failed, held] = readTap(stdout).points;
    assert.deepEqual([failed?.ok, held?.ok], [false, true]);
    const { failures } = failed?.diagnostics as { readonly failures: readonly Record<string, string>[] };
    assert.deepEqual(
      failures.map(({ expected, at }) => [expected, at]),
      [
        ['score ≤ -1000', `${path}:9`],
        ['fact ≥ 1000', `${path}:8`],
      ],
    );
    assert.match(failures[1]?.['actual'] ?? '', /^fact -?\d/);
    const { suites, totals } = readJunit(readFileSync(junit, 'utf8'));
    assert.deepEqual([totals['tests'], totals['failures'], totals['errors']], ['2', '1', '0']);
    assert.match(suites[0]?.cases[0]?.text ?? '', /expected:\nscore ≤ -1000\nactual:\nscore -?\d/);
  });

  it('ranks responses and holds them against a baseline: a text, a file, and recorded scores', async () => {
    const [, two] = await record('given.reward.yaml');
    const [long = 0, short = 0] = (two?.responses ?? []).map(({ score }) => score);
    const isRight = short < long;
    const [better, worse] = isRight ? ['long', 'short'] : ['short', 'long'];
    const texts = { long: 'Blue as the sky.', short: 'Red.' };
    const bestText = texts[isRight ? 'long' : 'short'];
    const worstText = texts[isRight ? 'short' : 'long'];
    write('worst.txt', `${worstText}\n`);
    const test = (name: string, expect: string, response = `response: ${bestText}`): string =>
      `  - { name: ${name}, prompt: Name a colour., ${response}, expect: { ${expect} } }\n`;
    const both = 'responses: { long: Blue as the sky., short: Red. }';
    const gap = Math.abs(long - short);
    const path = write(
      'baselines.reward.yaml',
      'model: models/classifier\ntests:\n' +
        test('right order', `ranks: [${better}, ${worse}]`, both) +
        test('wrong order', `ranks: [${worse}, ${better}]`, both) +
        test('margin too small', `ranks: [${better}, ${worse}], margin: { min: ${gap * 1.01} }`, both) +
        test('beats a text', `beats: ${worstText}`) +
        test('beats itself', `beats: ${bestText}`) +
        test('beats a file', 'beats: { file: worst.txt }') +
        test('beats it by too much', `beats: { file: worst.txt, by: ${gap * 1.01} }`) +
        test('beats a record by little', `beats: { file: recorded.jsonl, id: two, by: ${gap} }`) +
        test('the best beats the mean', `mean: { beats: { file: recorded.jsonl, id: two } }`, both),
    );
    const found = await points(path);
    assert.deepEqual(
      found.map(({ description, ok }) => [description.split(' > ')[1], ok]),
      [
        ['right order', true],
        ['wrong order', false],
        ['margin too small', false],
        ['beats a text', true],
        ['beats itself', false],
        ['beats a file', true],
        ['beats it by too much', false],
        ['beats a record by little', false],
        ['the best beats the mean', false],
      ],
    );
    const wrong = found[1]?.diagnostics as { readonly failures: readonly Record<string, string>[] };
    assert.equal(wrong.failures[0]?.['expected'], `${worse}\n${better}`);
    assert.equal(wrong.failures[0]?.['actual'], `${better}\n${worse}`);
  });

  it('scores what a local model answers, the same for the same seed', async () => {
    const text = `model: models/classifier
generate: { model: models/causal, answers: 2, maxNewTokens: 6, temperature: 1 }
tests:
  - { name: first, prompt: Hi, generate: {}, expect: { best: { score: { min: -1000 } } } }
  - { name: again, prompt: Hi, generate: 2, expect: { best: { score: { min: -1000 } } } }
  - { name: another seed, prompt: Hi, generate: { seed: 9 }, expect: { all: { score: { min: -1000 } } } }
`;
    const [first, again, other] = await record(write('answers.reward.yaml', text));
    assert.equal(first?.responses?.length, 2);
    assert.deepEqual(first.responses, again?.responses);
    assert.notDeepEqual(first.responses, other?.responses);
  });

  it('fills a prompt file, and says what is wrong with one', async () => {
    write('ask.prompty', '---\nname: ask\nsample:\n  colour: blue\n---\nuser:\nIs {{colour}} a colour?\n');
    const text = `model: models/classifier
tests:
  - { name: text, prompt: 'Is red a colour?', response: 'Yes.', expect: { score: { min: -1000 } } }
  - { name: file, promptFile: ask.prompty, inputs: { colour: red }, response: 'Yes.', expect: { score: { min: -1000 } } }
  - { name: sample, promptFile: ask.prompty, response: 'Yes.', expect: { score: { min: -1000 } } }
  - { name: gone, promptFile: gone.prompty, response: 'Yes.', expect: { score: { min: -1000 } } }
`;
    const path = write('prompts.reward.yaml', text);
    const [fromText, fromFile, sample, ...more] = await record(path);
    assert.equal(more.length, 0, 'what could not be scored has no record');
    assert.equal(fromText?.score, fromFile?.score);
    assert.notEqual(fromText?.score, sample?.score);
    const { stderr } = await run(path);
    assert.match(stderr, /^error: .*prompts\.reward\.yaml: gone: .*gone\.prompty does not exist\n$/);
  });

  it('runs the other files when one cannot be read, and names each that cannot', async () => {
    write('broken.reward.yaml', 'tests:\n  - name: [\n');
    const { status, stdout, stderr } = await run('given.reward.yaml', 'broken.reward.yaml', 'none.reward.yaml');
    assert.equal(status, 1);
    const { points: all } = readTap(stdout);
    assert.deepEqual(
      all.map(({ ok, description }) => [ok, description]),
      [
        [true, 'given.reward.yaml > one'],
        [true, 'given.reward.yaml > two'],
        [true, 'given.reward.yaml > data'],
        [false, 'broken.reward.yaml > can be read'],
        [false, 'none.reward.yaml > can be read'],
      ],
    );
    assert.match(stderr, /^error: broken\.reward\.yaml: /m);
    assert.match(stderr, /^error: none\.reward\.yaml: .*does not exist/m);
  });

  it('tells unknown objectives with those that exist, models that are not there, and rows that are bad', async () => {
    write('bad.jsonl', '{"prompt":"a","response":"b"}\n{"prompt":"a"}\n');
    const tests = `tests:
  - { name: name, prompt: a, response: b, expect: { objectives: { facts: { min: 0 } } } }
  - { name: rows, rows: bad.jsonl, expect: { mean: { score: { min: -1000 } } } }
  - { name: good, prompt: a, response: b, expect: { score: { min: -1000 } } }
`;
    const messages = (found: readonly TapPoint[]): readonly string[] =>
      found.map(({ diagnostics }) => (diagnostics as { readonly message?: string }).message ?? 'ok');
    const [name, rows, good] = messages(await points(write('names.reward.yaml', `model: models/classifier\n${tests}`)));
    assert.match(name ?? '', /has no objective "facts", did you mean fact\?: it has fact, style$/);
    assert.match(rows ?? '', /bad\.jsonl: row 2: it has `prompt` but no `response`/);
    assert.equal(good, 'ok');
    const gone = messages(await points(write('gone.reward.yaml', `model: models/none\n${tests}`)));
    assert.equal(gone.length, 3);
    for (const message of gone) assert.match(message, /^models\/none is neither a file, a folder/);
    const [none] = messages(await points(write('nobody.reward.yaml', tests)));
    assert.match(none ?? '', /nobody\.reward\.yaml names no model$/);
  });

  it('refuses to compare with what another model has scored', async () => {
    await record('given.reward.yaml');
    const text = `tests:
  - { name: one, prompt: a, response: b, expect: { beats: { file: recorded.jsonl } } }
`;
    const [point] = await points('--model', 'models/other', write('models.reward.yaml', text));
    assert.match((point?.diagnostics as { readonly message: string }).message, /classifier gave the score for "one"/);
  });

  it('finds test files below folders and by pattern, and takes --model, --grep and --json', async () => {
    const text = 'tests:\n  - { name: NAME, prompt: a, response: b, expect: { score: { min: -1000 } } }\n';
    for (const path of [
      'a/x.reward.yaml',
      'a/b/y.reward.yml',
      'a/node_modules/n.reward.yaml',
      'a/.git/g.reward.yaml',
    ]) {
      write(`tree/${path}`, text.replace('NAME', path));
    }
    const files = async (...args: readonly string[]): Promise<readonly string[]> => {
      const { stdout } = await run('--json', '--model', 'models/classifier', ...args);
      return readJsonLines<{ readonly file: string }>(stdout).map(({ file }) => file.replaceAll('\\', '/'));
    };
    assert.deepEqual(await files('tree'), ['tree/a/b/y.reward.yml', 'tree/a/x.reward.yaml']);
    assert.deepEqual(await files('tree/**/*.yaml'), ['tree/a/x.reward.yaml']);
    assert.deepEqual(await files('tree', '--grep', '^a/b'), ['tree/a/b/y.reward.yml']);
    const nothing = await run('--grep', 'nowhere', 'tree');
    assert.equal(nothing.status, 1);
    assert.match(nothing.stderr, /^error: there are no tests whose names match nowhere in 2 files\n$/);
    write('empty/readme.txt', '');
    const none = await run('empty');
    assert.equal(none.status, 1);
    assert.match(none.stderr, /^error: there are no test files: they are called \*\.reward\.yaml/);
    assert.equal((await run('--grep', '(', 'tree')).status, 2);
  });

  it('leaves out what is to be skipped, and tells tests of one name apart', async () => {
    const line = '  - { name: same, prompt: a, response: b, expect: { score: { min: -1000 } } }\n';
    const skipped = line.replace('name: same', 'name: later, skip: not yet');
    const found = await points(write('skip.reward.yaml', `model: models/classifier\ntests:\n${skipped}${line}${line}`));
    assert.deepEqual(
      found.map(({ ok, description, directive }) => [ok, description.split(' > ')[1], directive]),
      [
        [true, 'later', 'SKIP not yet'],
        [true, 'same', null],
        [true, 'same (2)', null],
      ],
    );
  });

  it('writes the report complete or not at all', async () => {
    const nowhere = join(folder, 'no', 'folder', 'report.xml');
    const { status, stdout, stderr } = await run('--junit', nowhere, 'given.reward.yaml');
    assert.equal(status, 1);
    assert.match(stderr, /^error: .*report\.xml cannot be written: .*folder is no folder/m);
    assert.equal(stdout, '', 'nothing is run in vain');
    assert.equal(existsSync(nowhere), false);
  });

  it('stops at Ctrl+C: the TAP says so, there is no report, and the exit status is 130', async function () {
    if (process.platform === 'win32') return this.skip();
    const many = Array.from(
      { length: 2000 },
      (_, index) =>
        `  - { name: t${index}, prompt: a, response: ${'b'.repeat(200)}${index}, expect: { score: { min: 0 } } }\n`,
    );
    const path = write('many.reward.yaml', `model: models/classifier\ntests:\n${many.join('')}`);
    const junit = join(folder, 'cancelled.xml');
    const child = startCli(['test', '--quiet', '--junit', junit, path], { cwd: folder });
    let isAsked = false;
    child.stdout.on('data', (chunk: Buffer) => {
      if (isAsked || !chunk.toString().includes('ok ')) return;
      isAsked = true;
      child.kill('SIGINT');
    });
    const { status, stdout, stderr } = await finishCli(child);
    assert.equal(status, 130);
    assert.match(stderr, /^error: cancelled\n$/);
    assert.equal(readTap(stdout).bailOut, 'cancelled');
    assert.equal(existsSync(junit), false);
  });
});
