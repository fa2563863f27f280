import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { readJsonLines, runCli } from './runCli';
import { writeTinyCausal, writeTinyClassifier } from './tinyVariants';

interface Generation {
  readonly choices: readonly { readonly text: string; readonly tokenIds: number[]; readonly finishReason: string }[];
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number };
  readonly timings: { readonly prefillMs: number; readonly decodeMs: number };
}

describe('alidade generate and perplexity', function () {
  this.timeout(60_000);
  useTemporaryCache();
  let folder = '';
  let model = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-generate-'));
    model = join(folder, 'causal');
    writeTinyCausal(model);
    writeTinyClassifier(join(folder, 'classifier'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function generate(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await runCli(['generate', '--model', model, '--quiet', ...args]);
    assert.equal(status, 0, stderr);
    assert.equal(stderr, '');
    return stdout;
  }

  async function generateJson(...args: readonly string[]): Promise<Generation> {
    return JSON.parse(await generate('--json', ...args)) as Generation;
  }

  it('prints the keys of the contract', async () => {
    const generation = await generateJson('--ids', '1,2,3', '--max-new-tokens', '4', '--ignore-eos');
    assert.deepEqual(Object.keys(generation), ['choices', 'usage', 'timings']);
    assert.deepEqual(Object.keys(generation.choices[0] ?? {}), ['text', 'tokenIds', 'finishReason']);
    assert.deepEqual(generation.usage, { promptTokens: 3, completionTokens: 4 });
    assert.deepEqual(Object.keys(generation.timings), ['prefillMs', 'decodeMs']);
    assert.equal(generation.choices[0]?.finishReason, 'length');
    assert.equal(generation.choices[0]?.tokenIds.length, 4);
  });

  it('answers a prompt file with its own input, or with the values that are given', async () => {
    const file = join(folder, 'colours.prompty');
    const header = 'inputs:\n  topic:\n    type: string\n    sample: the sky\n';
    writeFileSync(file, `---\nname: Colours\n${header}---\nuser:\nName a colour of {{topic}}.\n`);
    const args = ['--max-new-tokens', '4', '--temperature', '0'] as const;
    const ofPrompt = async (text: string): Promise<Generation['choices']> =>
      (await generateJson('--prompt', text, ...args)).choices;
    const ofFile = async (...more: readonly string[]): Promise<Generation['choices']> =>
      (await generateJson('--prompt-file', file, ...args, ...more)).choices;
    assert.deepEqual(await ofFile(), await ofPrompt('Name a colour of the sky.'));
    assert.deepEqual(await ofFile('--input', 'topic=a=b'), await ofPrompt('Name a colour of a=b.'));
    assert.deepEqual(await ofFile('--inputs', '{"topic": 7}'), await ofPrompt('Name a colour of 7.'));
  });

  it('refuses options of prompt files that do not fit', async () => {
    for (const [args, message] of [
      [['--prompt', 'Hi', '--input', 'a=b'], /go with --prompt-file/],
      [['--prompt', 'Hi', '--prompt-file', 'x.prompty'], /exclude one another/],
      [['--prompt-file', 'x.prompty', '--input', 'a'], /has to be name=text/],
      [['--prompt-file', 'x.prompty', '--input', 'a=1', '--input', 'a=2'], /names a twice/],
      [['--prompt-file', 'x.prompty', '--inputs', '[1]'], /not a JSON object/],
      [['--prompt-file', 'x.prompty', '--inputs', '{'], /is no JSON/],
    ] as const) {
      const { status, stderr } = await runCli(['generate', '--model', model, ...args]);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
    }
  });

  it('is the same for the same seed and differs between seeds and answers', async () => {
    const args = ['--prompt', 'Hi', '--max-new-tokens', '12', '--temperature', '2', '--n', '2'] as const;
    const [first, again, other] = [
      await generateJson(...args),
      await generateJson(...args),
      await generateJson(...args, '--seed', '9'),
    ];
    assert.deepEqual(first.choices, again.choices);
    assert.notDeepEqual(first.choices, other.choices);
    assert.notDeepEqual(first.choices[0]?.tokenIds, first.choices[1]?.tokenIds);
  });

  it('prints the text as JSON has it, and a line before each of several answers', async () => {
    const args = ['--prompt', 'Hi', '--max-new-tokens', '6', '--temperature', '0'] as const;
    const { choices } = await generateJson(...args);
    const text = choices[0]?.text ?? '';
    const ended = text.endsWith('\n') ? text : `${text}\n`;
    assert.equal(await generate(...args), ended);
    assert.equal(await generate(...args, '--n', '2'), `--- 1/2 ---\n${ended}--- 2/2 ---\n${ended}`);
    assert.equal(await generate(...args, '--n', '2', '--max-new-tokens', '0'), '--- 1/2 ---\n--- 2/2 ---\n');
  });

  it('takes the same conversation as a prompt, a list, an object and the first row of JSONL', async () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ];
    const rest = ['--max-new-tokens', '6', '--temperature', '0'] as const;
    const expected = (await generateJson('--prompt', 'Hi', '--system', 'Be brief.', ...rest)).choices;
    for (const text of [
      JSON.stringify(messages, null, 1),
      JSON.stringify({ messages }),
      `\n${JSON.stringify({ messages })}\n${JSON.stringify({ messages: [] })}\n`,
    ]) {
      const path = join(folder, 'messages');
      writeFileSync(path, text);
      assert.deepEqual((await generateJson('--messages', path, ...rest)).choices, expected);
    }
  });

  it('writes the system text of a direction, and refuses a second one', async () => {
    const rest = ['--max-new-tokens', '6', '--temperature', '0'] as const;
    const system =
      'You are a helpful, respectful, and honest assistant who always responds to the user in a harmless way. ' +
      'Your response should maximize weighted rating = helpfulness*71 + verbosity*-71';
    const { choices } = await generateJson('--prompt', 'Hi', '--system', system, ...rest);
    assert.deepEqual((await generateJson('--prompt', 'Hi', '--direction', '-45', ...rest)).choices, choices);
    const path = join(folder, 'with-system.json');
    writeFileSync(
      path,
      JSON.stringify([
        { role: 'system', content: 'x' },
        { role: 'user', content: 'y' },
      ]),
    );
    const refused = await runCli(['generate', '--model', model, '--messages', path, '--direction', '10']);
    assert.equal(refused.status, 2);
  });

  it('gives raw text to the model as it stands', async () => {
    const ids = [...Buffer.from('abc')].join(',');
    const rest = ['--max-new-tokens', '5', '--temperature', '0'] as const;
    const raw = await generateJson('--prompt', 'abc', '--raw', ...rest);
    assert.equal(raw.usage.promptTokens, 3);
    assert.equal((await generateJson('--ids', ids, ...rest)).usage.promptTokens, 3);
  });

  it('prints logits and hidden state of the last position', async () => {
    const text = await generate('--ids', '1,2,3', '--max-new-tokens', '0', '--logits', '--json');
    const { logits, hidden } = JSON.parse(text) as { logits: number[]; hidden: number[] };
    assert.equal(logits.length, 260);
    assert.equal(hidden.length, 32);
    const { choices } = await generateJson(
      '--ids',
      '1,2,3',
      '--max-new-tokens',
      '1',
      '--temperature',
      '0',
      '--ignore-eos',
    );
    assert.equal(logits.indexOf(Math.max(...logits)), choices[0]?.tokenIds[0]);
  });

  it('refuses ids outside the vocabulary, files without messages, and models without a language-model head', async () => {
    const run = (...args: readonly string[]): ReturnType<typeof runCli> => runCli([...args, '--quiet']);
    const outside = await run('generate', '--model', model, '--ids', '5,260');
    assert.deepEqual([outside.status, outside.stderr], [1, 'error: token id 260 is outside the vocabulary of 260\n']);
    const path = join(folder, 'none.json');
    writeFileSync(path, '{"a":1}');
    const none = await run('generate', '--model', model, '--messages', path);
    assert.deepEqual(
      [none.status, none.stderr],
      [1, `error: ${path}: \`messages\` is missing, not a list of messages\n`],
    );
    const head = await run('generate', '--model', join(folder, 'classifier'), '--ids', '1');
    assert.equal(head.status, 1);
    assert.match(head.stderr, /is a reward model without a language-model head/);
    const ids = await run('perplexity', '--model', model, '--ids', '1,260');
    assert.deepEqual([ids.status, ids.stderr], [1, 'error: token id 260 is outside the vocabulary of 260\n']);
  });

  it('measures ids, and the same text from a file and standard input', async () => {
    const path = join(folder, 'text.txt');
    writeFileSync(path, 'abcdef');
    const perplexity = async (stdin: string, ...args: readonly string[]): Promise<Record<string, number>> => {
      const { status, stdout, stderr } = await runCli(['perplexity', '--model', model, ...args], { stdin });
      assert.equal(status, 0, stderr);
      return readJsonLines<Record<string, number>>(stdout)[0] ?? {};
    };
    const text = await perplexity('', path);
    assert.deepEqual(Object.keys(text), ['tokens', 'nll', 'perplexity']);
    assert.equal(text['tokens'], 5);
    assert.equal(text['perplexity'], Math.exp((text['nll'] ?? NaN) / 5));
    assert.deepEqual(await perplexity('abcdef', '-'), text);
  });

  it('weighs the replies of chat rows by their tokens, and reports bad rows', async () => {
    const row = (reply: string): string =>
      JSON.stringify({
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: reply },
        ],
      });
    const perplexity = async (
      text: string,
    ): Promise<{ status: number | null; stderr: string; tokens: number; nll: number }> => {
      const path = join(folder, 'rows.jsonl');
      writeFileSync(path, text);
      const { status, stdout, stderr } = await runCli(['perplexity', '--model', model, '--quiet', path]);
      return { status, stderr, ...(JSON.parse(stdout) as { tokens: number; nll: number }) };
    };
    const [short, long] = [await perplexity(row('yes')), await perplexity(row('well, yes'))];
    const both = await perplexity(`${row('yes')}\n{"prompt":"a","chosen":"b","rejected":"c"}\n${row('well, yes')}\n`);
    assert.equal(short.status, 0);
    assert.equal(long.tokens - short.tokens, 'well, '.length);
    assert.equal(both.tokens, short.tokens + long.tokens);
    assert.ok(Math.abs(both.nll - short.nll - long.nll) < 1e-4);
    assert.equal(both.status, 1);
    assert.equal(both.stderr, 'error: row 2: a preference pair has more than one reply to measure\n');
  });
});
