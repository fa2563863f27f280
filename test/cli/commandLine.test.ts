import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands } from '../../src/cli/commands';
import { describeCommand, describeProgram } from '../../src/cli/helpText';
import { nearestName } from '../../src/core/nearestName';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { readJsonLines, runCli } from './runCli';

describe('the command line', () => {
  it('prints the help that is kept in test/golden/cli-help.txt', () => {
    const texts = [describeProgram(commands), ...commands.map(describeCommand)];
    const golden = readFileSync(join(process.cwd(), 'test', 'golden', 'cli-help.txt'), 'utf8');
    assert.equal(texts.join(`${'-'.repeat(80)}\n`), golden);
  });

  it('prints the help of the program and of a command on standard output, with status 0', async () => {
    const program = await runCli(['--help']);
    assert.deepEqual(program, { status: 0, stdout: describeProgram(commands), stderr: '' });
    for (const args of [
      ['score', '--help'],
      ['help', 'score'],
      ['score', '--model', 'x', '-h'],
    ]) {
      const { status, stdout } = await runCli(args);
      assert.equal(status, 0);
      assert.match(stdout, /^alidade score: /);
    }
  });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    assert.deepEqual(await runCli(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' });
  });

  const wrong: readonly (readonly [args: readonly string[], error: RegExp])[] = [
    [[], /^error: no command: see alidade --help\n$/],
    [['scor'], /^error: unknown command scor: did you mean score\?\n$/],
    [['xyzzy'], /^error: unknown command xyzzy: see alidade --help\n$/],
    [['--hepl'], /^error: unknown option --hepl: did you mean --help\?\n$/],
    [['merge'], /^error: alidade merge needs to know what to do: there are: merge plan, /],
    [['merge', 'rum'], /^error: unknown command merge rum: did you mean merge run\?\n$/],
    [['dialogue'], /^error: this version has no alidade dialogue yet: there are: models, /],
    [['score', '--modle', 'x'], /^error: alidade score has no option --modle: did you mean --model\?\n$/],
    [
      ['score', '--nothing-like-it'],
      /^error: alidade score has no option --nothing-like-it: see alidade score --help\n$/,
    ],
    [['score', '-x'], /^error: alidade score has no option -x: /],
    [['score'], /^error: --model M is missing: /],
    [['score', '--model'], /^error: --model needs a value: /],
    [['score', '--model', '--quiet'], /^error: --model needs a value: /],
    [['score', '--model', 'x', '--truncate=yes'], /^error: --truncate takes no value: /],
    [
      ['score', '--model', 'x', '--device', 'gpu'],
      /^error: --device is not one of auto, cpu, webgpu, cuda, dml, coreml: /,
    ],
    [['score', '--model', 'x', '--dtype', 'f64'], /^error: --dtype is not one of auto, f32, f16, int8, int4: /],
    [['score', '--model', 'x', '--threads', '0'], /^error: --threads is 0, but has to be at least 1: /],
    [['score', '--model', 'x', '--max-tokens', '1.5'], /^error: --max-tokens is 1\.5, not a whole number: /],
    [['score', '--model', 'x', '--weights', 'a'], /^error: --weights has "a" where name=value should be: /],
    [['score', '--model', 'x', '--weights', 'a=b'], /^error: --weights is "b", not a number: /],
    [['score', '--model', 'x', '--weights', 'a=1,a=2'], /^error: --weights names a twice: /],
    [['score', '--model', 'x', '--resume'], /^error: --resume needs --output: /],
    [['score', '--model', 'x', '--output', 'x.txt'], /^error: --output x\.txt does not say in which format: .*\.csv/],
    [['score', '--model', 'x', '--output', 'x.jsonl', '--table'], /^error: --table is printed: /],
    [['score', '--model', 'x', '--output', 'x.csv', '--states'], /^error: --states does not fit into \.csv: /],
    [
      ['score', '--model', 'x', '--shard', '2/2'],
      /^error: --shard is "2\/2", but has to be I\/N with I from 0 to N-1: /,
    ],
    [['inspect'], /^error: CHECKPOINT is missing: /],
    [['inspect', 'a', 'b'], /^error: alidade inspect does not take "b": /],
    [['starter', 'fecth'], /^error: alidade starter does not know fecth: did you mean fetch\?\n$/],
    [['doctor', 'x'], /^error: alidade doctor does not take "x": /],
    [['perplexity', '--model', 'x'], /^error: INPUT is missing: /],
    [['perplexity', '--model', 'x', 'a.txt', '--ids', '1,2'], /^error: INPUT and --ids were both given: /],
    [['perplexity', '--model', 'x', '--ids', '1,x'], /^error: --ids has "x" where a token id should be: /],
    [['generate', '--model', 'x'], /^error: there is nothing to continue: /],
    [
      ['generate', '--model', 'x', '--prompt', 'a', '--ids', '1'],
      /^error: --prompt, --prompt-file, --messages and --ids exclude one another: /,
    ],
    [['generate', '--model', 'x', '--ids', '1', '--system', 's'], /^error: --system goes with --prompt as a chat: /],
    [['generate', '--model', 'x', '--ids', '1', '--raw'], /^error: --raw goes with --prompt: /],
    [
      ['generate', '--model', 'x', '--prompt', 'a', '--raw', '--direction', '-45'],
      /^error: --direction writes the system text of a chat: /,
    ],
    [
      ['generate', '--model', 'x', '--prompt', 'a', '--temperature', '-1'],
      /^error: --temperature is -1, but has to be at least 0: /,
    ],
    [['generate', '--model', 'x', '--prompt', 'a', '--top-p', '0'], /^error: --top-p is 0, but has to be above 0: /],
    [
      ['generate', '--model', 'x', '--prompt', 'a', '--top-p', '1.1'],
      /^error: --top-p is 1\.1, but has to be at most 1: /,
    ],
    [['generate', '--model', 'x', '--prompt', 'a', '--n', '0'], /^error: --n is 0, but has to be at least 1: /],
    [
      ['generate', '--model', 'x', '--prompt', 'a', '--logits'],
      /^error: --logits goes with --max-new-tokens 0 and --json: /,
    ],
  ];
  for (const [args, error] of wrong) {
    it(`refuses as wrong usage: alidade ${args.join(' ')}`, async () => {
      const { status, stdout, stderr } = await runCli(args);
      assert.match(stderr, error);
      assert.equal(stderr.split('\n').length, 2, 'one line');
      assert.equal(status, 2);
      assert.equal(stdout, '');
    });
  }

  it('prints an error as JSON too when asked', async () => {
    const { status, stdout, stderr } = await runCli(['inspect', '/nowhere/at/all', '--json']);
    const [line, json] = stderr.trimEnd().split('\n');
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(
      line ?? '',
      /^error: \/nowhere\/at\/all is neither a file, a folder, nor a model in the hub cache: give /,
    );
    const [parsed] = readJsonLines<{ error: { code: string; message: string; hint: string } }>(json ?? '');
    assert.deepEqual(Object.keys(parsed?.error ?? {}), ['code', 'message', 'hint']);
    assert.equal(parsed?.error.code, 'not_found');
  });

  it('prints wrong usage as JSON too when asked', async () => {
    const { status, stderr } = await runCli(['score', '--json']);
    const [parsed] = readJsonLines<{ error: { code: string } }>(stderr.split('\n')[1] ?? '');
    assert.equal(status, 2);
    assert.equal(parsed?.error.code, 'usage');
  });
});

describe('the inference runtime', () => {
  const folder = useTemporaryFolder();

  /** @returns whether a command loads it. */
  async function isLoaded(...args: readonly string[]): Promise<boolean> {
    const hook = join(folder(), 'hook.cjs');
    const loaded = 'the runtime is loaded';
    writeFileSync(
      hook,
      `const Module = require('node:module');
      const load = Module._load;
      Module._load = function (request, ...rest) {
        if (request.startsWith('onnxruntime')) process.stderr.write('${loaded}\\n');
        return load.call(this, request, ...rest);
      };`,
    );
    const { stderr } = await runCli(args, { env: { NODE_OPTIONS: `--require ${JSON.stringify(hook)}` } });
    return stderr.includes(loaded);
  }

  it('is not loaded by commands that do not run a model', async () => {
    const convert = ['convert', '--to', 'rlhflow', '--output', join(folder(), 'out.jsonl')];
    const others = [['--version'], ['serve', '--help'], ['models', folder()], ['inspect', folder()], ['starter']];
    for (const args of [...others, convert]) {
      assert.ok(!(await isLoaded(...args)), args.join(' '));
    }
    assert.ok(await isLoaded('score', '--model', folder(), folder()), 'the hook sees it where it is loaded');
  }).timeout(60_000);
});

describe('the nearest name', () => {
  it('is one that a slip of the fingers away', () => {
    assert.equal(nearestName('tempreature', ['temperature', 'threads']), 'temperature');
    assert.equal(nearestName('max', ['max-tokens', 'model']), 'max-tokens');
  });

  it('is none when nothing is near', () => {
    assert.equal(nearestName('abc', ['xyz', 'score']), null);
    assert.equal(nearestName('', ['n']), null);
  });
});
