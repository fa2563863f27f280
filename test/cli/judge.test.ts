import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { tinyCausal, tinyChatTemplate, writeTinyModel } from '../fixtures/tinyModel';
import { readJsonLines, runCli } from './runCli';

interface Verdict {
  readonly id: string;
  readonly pChosen: number;
  readonly pChosenFirst: number;
  readonly pChosenSecond: number;
}

const rows = [
  { id: 'a', prompt: 'Which way is north?', chosen: 'That way.', rejected: 'Look at the star.' },
  { id: 'b', prompt: 'And at night?', chosen: 'Same.', rejected: 'Same.' },
];
const stdin = rows.map((row) => `${JSON.stringify(row)}\n`).join('');

describe('alidade score with a judge or a prompt of its own', function () {
  this.timeout(60_000);
  useTemporaryCache();
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-judge-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('prints the probabilities of a judge, and counts its verdicts', async () => {
    writeTinyModel({ folder, config: tinyCausal('llama'), chatTemplate: tinyChatTemplate });
    const summary = join(folder, 'summary.json');
    const { status, stdout, stderr } = await runCli(['score', '--judge', '--model', folder, '--summary', summary], {
      stdin,
    });
    assert.equal(status, 0, stderr);
    const verdicts = readJsonLines<Verdict>(stdout);
    for (const verdict of verdicts) {
      assert.deepEqual(Object.keys(verdict), ['id', 'pChosen', 'pChosenFirst', 'pChosenSecond']);
      assert.ok(Math.abs(verdict.pChosen - (verdict.pChosenFirst + verdict.pChosenSecond) / 2) < 1e-12);
    }
    assert.equal(verdicts[1]?.pChosen, 0.5);
    const { pairs } = JSON.parse(readFileSync(summary, 'utf8')) as { readonly pairs: unknown };
    const wins = 0.5 < (verdicts[0]?.pChosen ?? NaN) ? 1 : 0;
    assert.equal((pairs as { wins: number }).wins, wins);
    assert.equal((pairs as { ties: number }).ties, 1);
  });

  it('writes the same lines to a file, which a complete run confirms', async () => {
    writeTinyModel({ folder, config: tinyCausal('llama'), chatTemplate: tinyChatTemplate });
    const output = join(folder, 'judged.jsonl');
    const args = ['score', '--judge', '--model', folder, '--output', output];
    const input = join(folder, 'rows.jsonl');
    writeFileSync(input, stdin);
    assert.equal((await runCli([...args, input])).status, 0);
    const lines = readJsonLines<Verdict>(readFileSync(output, 'utf8'));
    assert.deepEqual(
      lines.map(({ id }) => id),
      ['a', 'b'],
    );
    const again = await runCli([...args, '--resume', input]);
    assert.equal(again.status, 0, again.stderr);
  });

  it('draws a verdict as a table, and gives rows that are no pairs their errors', async () => {
    writeTinyModel({ folder, config: tinyCausal('llama'), chatTemplate: tinyChatTemplate });
    const table = await runCli(['score', '--judge', '--table', '--model', folder], { stdin });
    assert.match(table.stdout, /wins when shown first/);
    const single = '{"prompt":"Hi","response":"Ho"}\n';
    const refused = await runCli(['score', '--judge', '--model', folder], { stdin: single });
    assert.equal(refused.status, 1);
    assert.match(refused.stdout, /a judge compares two replies/);
  });

  it('refuses what a judge does not have as wrong usage', async () => {
    writeTinyModel({ folder, config: tinyCausal('llama'), chatTemplate: tinyChatTemplate });
    for (const [option, message] of [
      [['--weights', 'x=1'], /a judge has no objectives to weigh/],
      [['--states'], /a judge has no hidden states/],
      [['--head', 'x.safetensors'], /answers with its language-model head/],
    ] as const) {
      const { status, stdout, stderr } = await runCli(['score', '--judge', '--model', folder, ...option], { stdin });
      assert.equal(status, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, message);
    }
  });

  it("gives DPA's reward model its prompt, and its chat template with --no-template", async () => {
    writeTinyModel({
      folder,
      labels: Array.from({ length: 10 }, (_, id) => `LABEL_${id}`),
      config: {
        architectures: ['MistralForSequenceClassification'],
        model_type: 'mistral',
        auto_map: { AutoModelForSequenceClassification: 'modeling_custom.MistralForSequenceClassification' },
      },
    });
    const [row] = rows;
    const single = `${JSON.stringify({ prompt: row?.prompt, response: row?.chosen })}\n`;
    const tokens = async (...args: readonly string[]): Promise<number> => {
      const { status, stdout, stderr } = await runCli(['score', '--model', folder, ...args], { stdin: single });
      assert.equal(status, 0, stderr);
      const [line] = readJsonLines<{ readonly tokens: number; readonly objectives: readonly { name: string }[] }>(
        stdout,
      );
      assert.equal(line?.objectives[9]?.name, 'ultrafeedback-helpfulness');
      return line?.tokens ?? NaN;
    };
    // Every byte is a token; the tokenizer adds no BOS of its own, the chat template four tokens and BOS.
    const request =
      "[INST] You must read the following conversation carefully and rate the assistant's response from score 0-100 in these aspects: helpfulness, correctness, coherence, honesty, complexity, verbosity";
    const prompt = `${request}\n\nUser: ${row?.prompt}\n\nAssistant: ${row?.chosen} [/INST]`;
    assert.equal(await tokens(), prompt.length);
    assert.equal(await tokens('--no-template'), `${row?.prompt}${row?.chosen}`.length + 5);
  });
});
