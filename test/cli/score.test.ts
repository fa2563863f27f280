import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RewardBreakdown, RowError } from '../../src/core/reward/rewardBreakdown';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { finishCli, readJsonLines, runCli, startCli } from './runCli';
import { writeTinyClassifier, writeTinyGated, writeTinyHeadFile } from './tinyVariants';

type Line = Partial<RewardBreakdown> & {
  readonly id: string;
  readonly chosen?: RewardBreakdown;
  readonly rejected?: RewardBreakdown;
  readonly margin?: number;
  readonly responses?: readonly RewardBreakdown[];
  readonly best?: number;
  readonly error?: RowError;
};

const chat = (content: string): object => ({
  messages: [
    { role: 'user', content: 'Say something.' },
    { role: 'assistant', content },
  ],
});
const jsonl = (...rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

describe('alidade score', function () {
  this.timeout(60_000);
  useTemporaryCache();
  let folder = '';
  let classifier = '';
  let gated = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-score-'));
    classifier = join(folder, 'classifier');
    gated = join(folder, 'gated');
    writeTinyClassifier(classifier, ['helpful', 'brief']);
    writeTinyGated(gated);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function score(stdin: string | Uint8Array, ...args: readonly string[]): Promise<Line[]> {
    const { status, stdout, stderr } = await runCli(['score', '--model', classifier, ...args], { stdin });
    assert.equal(status, 0, stderr);
    return readJsonLines(stdout);
  }

  it('prints one line a row with the keys of the contract, in input order', async () => {
    const [single, pair, list] = await score(
      jsonl(
        chat('one'),
        { id: 'p', prompt: 'Hi', chosen: 'yes', rejected: 'no' },
        { id: 7, prompt: 'Hi', responses: ['a', 'b', 'c'] },
      ),
    );
    assert.deepEqual(Object.keys(single ?? {}), ['id', 'score', 'tokens', 'truncated', 'objectives']);
    assert.deepEqual(Object.keys(single?.objectives?.[0] ?? {}), ['name', 'reward', 'coefficient', 'contribution']);
    assert.deepEqual(Object.keys(pair ?? {}), ['id', 'chosen', 'rejected', 'margin']);
    assert.deepEqual(Object.keys(list ?? {}), ['id', 'responses', 'best']);
    assert.deepEqual([single?.id, pair?.id, list?.id], ['1', 'p', '7']);
    assert.deepEqual(
      single?.objectives?.map(({ name, coefficient }) => [name, coefficient]),
      [
        ['helpful', 0.5],
        ['brief', 0.5],
      ],
    );
    const [first, second] = single?.objectives ?? [];
    assert.equal(single?.score, (first?.contribution ?? NaN) + (second?.contribution ?? NaN));
    assert.equal(pair?.margin, (pair?.chosen?.score ?? NaN) - (pair?.rejected?.score ?? NaN));
    const scores = list?.responses?.map((response) => response.score) ?? [];
    assert.equal(scores[list?.best ?? -1], Math.max(...scores));
  });

  it('gives a bad row its error, scores the others, and exits with 1', async () => {
    const stdin = `${JSON.stringify(chat('one'))}\n\n{"messages": \n{"nothing":1}\n${JSON.stringify(chat('two'))}`;
    const { status, stdout, stderr } = await runCli(['score', '--model', classifier, '--quiet'], { stdin });
    const lines = readJsonLines<Line>(stdout);
    assert.equal(status, 1);
    assert.deepEqual(
      lines.map(({ id, error }) => [id, error?.code]),
      [
        ['1', undefined],
        ['3', 'row'],
        ['4', 'row'],
        ['5', undefined],
      ],
    );
    assert.match(lines[1]?.error?.message ?? '', /^row 3: not JSON/);
    assert.equal(stderr, 'error: 2 of 4 rows could not be scored: their output lines say why\n');
  });

  it('counts lines in each file anew, and reads lists, one row, byte-order marks and CRLF', async () => {
    const files = {
      'a.jsonl': jsonl(chat('one'), chat('two')),
      'list.json': JSON.stringify([chat('one'), chat('two')], null, 2),
      'row.json': JSON.stringify(chat('two'), null, 2),
      'lines.json': jsonl(chat('one'), chat('two')),
      'windows.jsonl': `\uFEFF${jsonl(chat('one')).replace('\n', '\r\n')}\r\n${jsonl(chat('two'))}`,
    };
    const paths = Object.entries(files).map(([name, text]) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    });
    const lines = await score('', ...paths);
    assert.deepEqual(
      lines.map(({ id }) => id),
      ['1', '2', '1', '2', '1', '1', '2', '1', '3'],
    );
    // Rows that begin alike share their computation, so that equal rows are equal but for rounding.
    const scores = lines.map(({ score: value }) => value?.toFixed(5));
    const [one, two] = scores;
    assert.notEqual(one, two);
    assert.deepEqual(scores, [one, two, one, two, two, one, two, one, two]);
  });

  it('reports bytes that are not UTF-8 as the error of their row', async () => {
    const stdin = Buffer.concat([Buffer.from('{"text":"\xff"}\n', 'latin1'), Buffer.from(jsonl(chat('one')))]);
    const { status, stdout } = await runCli(['score', '--model', classifier], { stdin });
    const [bad, good] = readJsonLines<Line>(stdout);
    assert.equal(status, 1);
    assert.equal(bad?.error?.message, 'row 1: not valid UTF-8');
    assert.equal(typeof good?.score, 'number');
  });

  it('answers each row as it comes', async () => {
    const child = startCli(['score', '--model', classifier]);
    const answers: string[] = [];
    const answered = (count: number): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (count <= answers.join('').split('\n').length - 1) resolve();
        };
        child.stdout.on('data', (chunk: Buffer) => {
          answers.push(chunk.toString());
          look();
        });
        look();
      });
    child.stdin.write(jsonl(chat('one')));
    await answered(1);
    child.stdin.write(jsonl(chat('two')));
    await answered(2);
    child.stdin.end();
    assert.equal((await finishCli(child)).status, 0);
  });

  it('gives the same row the same score wherever it stands', async () => {
    const [pair, alone] = await score(
      jsonl({ prompt: 'Hi there', chosen: 'yes, of course', rejected: 'no' }, { prompt: 'Hi there', response: 'no' }),
    );
    const difference = Math.abs((pair?.rejected?.score ?? NaN) - (alone?.score ?? NaN));
    assert.ok(difference <= 1e-5 * Math.max(1, Math.abs(alone?.score ?? 0)), `off by ${difference}`);
  });

  it('refuses long rows, or truncates them when asked', async () => {
    const stdin = jsonl({ text: 'a'.repeat(50) });
    const refused = await runCli(['score', '--model', classifier, '--max-tokens', '20'], { stdin });
    assert.equal(refused.status, 1);
    assert.equal(readJsonLines<Line>(refused.stdout)[0]?.error?.code, 'too_long');
    const [line] = await score(stdin, '--max-tokens', '20', '--truncate');
    assert.equal(line?.tokens, 20);
    assert.equal(line?.truncated, true);
  });

  it('replaces coefficients, and refuses names that are no objectives before any output', async () => {
    const [line] = await score(jsonl(chat('one')), '--weights', 'brief=-2');
    assert.deepEqual(
      line?.objectives?.map(({ coefficient }) => coefficient),
      [0.5, -2],
    );
    const wrong = await runCli(['score', '--model', classifier, '--weights', 'x=1'], { stdin: '{}\n' });
    assert.equal(wrong.status, 2);
    assert.equal(wrong.stdout, '');
    assert.match(wrong.stderr, /error: classifier has no objective x: its objectives: helpful, brief\n/);
  });

  it('prints gates and, when asked, the hidden states of a gated model', async () => {
    const { status, stdout, stderr } = await runCli(['score', '--model', gated, '--states'], {
      stdin: jsonl(chat('one'), { text: 'no turn' }),
    });
    const [line, refused] = readJsonLines<Line>(stdout);
    assert.equal(status, 1, stderr);
    assert.equal(line?.objectives?.length, 19);
    assert.ok(line?.objectives?.every(({ gate }) => typeof gate === 'number'));
    assert.equal(line?.lastHidden?.length, 32);
    assert.equal(line?.gateHidden?.length, 32);
    assert.equal(refused?.error?.code, 'gate_not_found');
    const weights = await runCli(['score', '--model', gated, '--weights', 'code-style=1'], { stdin: '' });
    assert.equal(weights.status, 2);
  });

  it('scores with a head file', async () => {
    const head = join(folder, 'head.safetensors');
    writeTinyHeadFile(head);
    const [line] = await score(jsonl(chat('one')), '--head', head);
    assert.deepEqual(
      line?.objectives?.map(({ name }) => name),
      ['calm', 'verbosity'],
    );
    assert.equal(line?.objectives?.[1]?.reward, Math.log2(1 + 'one<|eot_id|>'.length) / 13);
  });

  it('fails before it loads anything when an input is not there or of another kind', async () => {
    writeFileSync(join(folder, 'rows.csv'), 'a,b\n');
    writeFileSync(join(folder, 'utf16.jsonl'), Buffer.from('\uFEFF{}', 'utf16le'));
    const cases: readonly (readonly [string, RegExp])[] = [
      ['nowhere.jsonl', /^error: .*nowhere\.jsonl does not exist/],
      ['rows.csv', /^error: .*rows\.csv: none of its columns can be scored \(a, b\): it needs prompt and response, /m],
      ['', /^error: .* is a folder with files of several kinds \(\.csv, .*\): name the files$/m],
      ['utf16.jsonl', /^error: .*utf16\.jsonl is UTF-16 text: /m],
    ];
    for (const [name, error] of cases) {
      const { status, stdout, stderr } = await runCli(['score', '--model', classifier, '--quiet', join(folder, name)]);
      assert.match(stderr, error);
      assert.equal(status, 1);
      assert.equal(stdout, '');
    }
  });

  it('scores the complete rows of a list that breaks off, then says where it does', async () => {
    const path = join(folder, 'broken.json');
    writeFileSync(path, `[\n${JSON.stringify(chat('one'))},\n{"messages": [`);
    const { status, stdout, stderr } = await runCli(['score', '--model', classifier, '--quiet', path]);
    assert.equal(status, 1);
    assert.equal(typeof readJsonLines<Line>(stdout)[0]?.score, 'number');
    assert.match(stderr, /^error: .*broken\.json: not JSON: it breaks off within the row of line 3: mend the file\n$/);
  });

  it('prints tables that name the model when asked', async () => {
    const stdin = jsonl({ prompt: 'Hi', chosen: 'yes', rejected: 'no' });
    const { status, stdout } = await runCli(['score', '--model', classifier, '--table', '--quiet'], { stdin });
    assert.equal(status, 0);
    assert.match(stdout, /^classifier with .*, on \w+ in F32, weights \w+\n\nrow 1: the \w+ response scores higher, /);
    assert.match(stdout, /\n {2}helpful .*│/);
  });

  it('says which model spoke and how, unless it is to be quiet', async () => {
    const loud = await runCli(['score', '--model', classifier, '--device', 'cpu'], { stdin: jsonl(chat('one')) });
    assert.match(loud.stderr, /^classifier: 2 layers on cpu \(asked for\), f32, weights /);
    const quiet = await runCli(['score', '--model', classifier, '--quiet'], { stdin: jsonl(chat('one')) });
    assert.equal(quiet.stderr, '');
  });

  it('refuses models that are not there', async () => {
    const model = await runCli(['score', '--model', join(folder, 'none')]);
    assert.equal(model.status, 1);
    assert.match(model.stderr, /^error: .* is neither a file, a folder, nor a model in the hub cache: /);
  });
});
