import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { conversionFormats } from '../../src/core/convert/conversionFormats';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { finishCli, readJsonLines, runCli, startCli, type CliResult } from './runCli';
import { writeTinyClassifier } from './tinyVariants';

const pairs = [
  { id: 'a', prompt: 'Name a colour.', chosen: 'Blue.', rejected: 'Perhaps.' },
  { id: 'b', prompt: 'Name a fruit.', chosen: 'An apple.', rejected: 'No.' },
];
const turns = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello' },
  { role: 'user', content: 'Bye' },
  { role: 'assistant', content: 'See you' },
];

describe('alidade convert', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const path = (name: string): string => join(folder(), name);

  function write(name: string, rows: readonly unknown[]): string {
    writeFileSync(path(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return path(name);
  }

  function convert(to: string, output: string, ...more: readonly string[]): Promise<CliResult> {
    return runCli(['convert', '--to', to, '--output', path(output), ...more]);
  }

  it('writes the rows in the other format, and says on standard error how many', async () => {
    const { status, stdout, stderr } = await convert('trl-preference-chat', 'out.jsonl', write('in.jsonl', pairs));
    assert.deepEqual([status, stdout, stderr], [0, '', '2 rows kept, 0 refused\n']);
    assert.deepEqual(readJsonLines(readFileSync(path('out.jsonl'), 'utf8'))[1], {
      prompt: [{ role: 'user', content: 'Name a fruit.' }],
      chosen: [{ role: 'assistant', content: 'An apple.' }],
      rejected: [{ role: 'assistant', content: 'No.' }],
      id: 'b',
    });
  });

  it('refuses rows that would lose something, says why and where, and keeps the others', async () => {
    const input = write('in.jsonl', [{ messages: turns }, { messages: turns.slice(0, 2) }, 5]);
    const { status, stderr } = await convert('trl-completion', 'out.jsonl', input);
    assert.equal(status, 1);
    assert.match(stderr, /^warning: .+in\.jsonl, row 1: trl-completion cannot hold turns of the prompt/m);
    assert.match(stderr, /^warning: .+in\.jsonl, row 3: it is a number, not an object$/m);
    assert.match(stderr, /^1 row kept, 2 refused$/m);
    assert.match(
      stderr,
      /^error: 2 of 3 rows were refused: the others are in .+; --lossy keeps 1 row without what is lost$/m,
    );
    assert.deepEqual(readJsonLines(readFileSync(path('out.jsonl'), 'utf8')), [{ prompt: 'Hi', completion: 'Hello' }]);
  });

  it('keeps them with --lossy, and counts what was dropped', async () => {
    const input = write('in.jsonl', [{ messages: turns, id: 1 }]);
    const { status, stderr, stdout } = await convert('lmflow_text2text', 'out.json', '--lossy', '--json', input);
    assert.equal(status, 0);
    assert.match(
      stderr,
      /^warning: dropped, since lmflow-text2text cannot hold it: .*turns of the prompt.* \(1 row\)/m,
    );
    const summary = JSON.parse(stdout) as { losses: Record<string, number>; kept: number; output: string };
    assert.deepEqual(summary.losses, { ids: 1, 'turns of the prompt, which becomes a transcript': 1 });
    assert.deepEqual([summary.kept, summary.output], [1, path('out.json')]);
    assert.deepEqual(JSON.parse(readFileSync(path('out.json'), 'utf8')), {
      type: 'text2text',
      instances: [{ input: '\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Bye\n\nAssistant:', output: 'See you' }],
    });
  });

  it('leaves no file when every row is refused', async () => {
    const { status, stderr } = await convert('trl-stepwise', 'out.jsonl', write('in.jsonl', pairs));
    assert.equal(status, 1);
    assert.match(stderr, /^error: 2 of 2 rows were refused: .+ is not written$/m);
    assert.deepEqual(readdirSync(folder()), ['in.jsonl']);
  });

  it('reads standard input, and several files in their order', async () => {
    const stdin = pairs.map((row) => JSON.stringify(row)).join('\n');
    const one = await runCli(['convert', '--to', 'rlhflow', '--output', path('out.jsonl'), '--quiet'], { stdin });
    assert.deepEqual(one, { status: 0, stdout: '', stderr: '' });
    const two = await convert('trl-preference', 'back.csv', path('out.jsonl'), write('more.jsonl', [pairs[0]]));
    assert.equal(two.status, 0);
    assert.equal(
      readFileSync(path('back.csv'), 'utf8'),
      'prompt,chosen,rejected,id\nName a colour.,Blue.,Perhaps.,a\nName a fruit.,An apple.,No.,b\nName a colour.,Blue.,Perhaps.,a\n',
    );
  });

  it('adds the scores that alidade score has given', async () => {
    writeTinyClassifier(path('model'), ['helpful']);
    const input = write('in.jsonl', pairs);
    const scored = await runCli([
      'score',
      '--model',
      path('model'),
      '--output',
      path('scores.jsonl'),
      '--quiet',
      input,
    ]);
    assert.equal(scored.status, 0, scored.stderr);
    const { status, stderr } = await convert(
      'text_to_scored_textlist',
      'out.json',
      '--scores',
      path('scores.jsonl'),
      input,
    );
    assert.equal(status, 0, stderr);
    const scores = readJsonLines<Record<'chosen' | 'rejected', { score: number }>>(
      readFileSync(path('scores.jsonl'), 'utf8'),
    );
    const { instances } = JSON.parse(readFileSync(path('out.json'), 'utf8')) as { instances: unknown[] };
    const listed = pairs.map(({ prompt, chosen, rejected }, index) => ({
      input: prompt,
      output: [
        { score: scores[index]?.chosen.score, text: chosen },
        { score: scores[index]?.rejected.score, text: rejected },
      ],
    }));
    assert.deepEqual(instances, listed);
    const other = await convert(
      'text_to_scored_textlist',
      'x.json',
      '--scores',
      path('scores.jsonl'),
      write('one.jsonl', [pairs[1]]),
    );
    assert.equal(other.status, 1);
    assert.match(other.stderr, /^error: .+scores\.jsonl: it does not hold the scores of these inputs/m);
  });

  it('shows every format, with what it cannot hold, in its help', async () => {
    const { stdout } = await runCli(['convert', '--help']);
    for (const { name } of conversionFormats) assert.ok(stdout.includes(`  ${name} `), name);
  });

  const wrong: readonly (readonly [what: string, args: readonly string[], status: number, error: RegExp])[] = [
    [
      'a format that does not exist',
      ['--to', 'trl-preferense', '--output', 'x.jsonl'],
      2,
      /no known format: did you mean trl-preference\?/,
    ],
    [
      'a family of formats',
      ['--to', 'paired', '--output', 'x.json'],
      2,
      /did you mean .*lmflow-paired-conversation, lmflow-paired-text-to-text\?/,
    ],
    [
      'nothing like a format',
      ['--to', 'zzzzzz', '--output', 'x.json'],
      2,
      /zzzzzz is no known format: alidade convert --help/,
    ],
    ['no format', ['--output', 'x.jsonl'], 2, /--to FORMAT is missing/],
    ['no output', ['--to', 'rlhflow'], 2, /--output FILE is missing/],
    [
      'an ending that says nothing',
      ['--to', 'rlhflow', '--output', 'x.txt'],
      2,
      /x\.txt does not say in which format: it has to end with \.jsonl/,
    ],
    [
      'an ending that the format does not have',
      ['--to', 'text2text', '--output', 'x.csv'],
      2,
      /lmflow-text2text is not written as \.csv: it has to end with \.json$/m,
    ],
    ['a format that is only read', ['--to', 'promptfoo-results', '--output', 'x.jsonl'], 2, /only read/],
    [
      'a column without a name',
      ['--to', 'rlhflow', '--output', 'x.jsonl', '--keys', 'chosen'],
      2,
      /--keys has "chosen" where name=name/,
    ],
    ['an input that is not there', ['--to', 'rlhflow', '--output', 'x.jsonl', 'none.jsonl'], 1, /none\.jsonl/],
  ];
  for (const [what, args, status, error] of wrong) {
    it(`refuses ${what}`, async () => {
      const result = await runCli(['convert', ...args], { cwd: folder() });
      assert.equal(result.status, status, result.stderr);
      assert.match(result.stderr, error);
      assert.deepEqual(readdirSync(folder()), []);
    });
  }

  it('does not write over a file', async () => {
    const input = write('in.jsonl', pairs);
    const { status, stderr } = await convert('rlhflow', 'in.jsonl', input);
    assert.equal(status, 1);
    assert.match(stderr, /^error: .+in\.jsonl exists: choose another name, or remove it$/m);
    assert.equal(readJsonLines(readFileSync(input, 'utf8')).length, 2);
  });

  it('leaves nothing behind when it is interrupted', async function () {
    if (process.platform === 'win32') this.skip();
    const child = startCli(['convert', '--to', 'rlhflow', '--output', path('out.parquet')]);
    const ended = finishCli(child);
    child.stdin.write(`${JSON.stringify(pairs[0])}\n`);
    const started = Date.now();
    while (readdirSync(folder()).length === 0 && Date.now() - started < 20_000) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(readdirSync(folder()).length, 1);
    child.kill('SIGINT');
    const { status, stderr } = await ended;
    assert.equal(status, 130);
    assert.match(stderr, /^error: cancelled$/m);
    assert.deepEqual(readdirSync(folder()), []);
    assert.ok(!existsSync(path('out.parquet')));
  });
});
