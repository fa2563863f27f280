import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeHeadFile } from '../../../src/core/checkpoint/writeHeadFile';
import type { HeadFile } from '../../../src/core/reward/headFile';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import { exportHead, type ExportHeadParams, type HeadExport } from '../../../src/engine/training/exportHead';
import { assertClose } from '../../fixtures/assertClose';
import { gatedHead } from '../../fixtures/gatedHead';
import { onLimitedDisk } from '../../fixtures/limitedDisk';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal, tinyTokens, writeTinyModel, type TinyModelParams } from '../../fixtures/tinyModel';

const linear = ['help', 'safety', 'length'].map((name) => ({ name, kind: 'linear' as const }));
const gateText = '<|end|><|assistant|>';
const gated = { ...gatedHead({ objectives: linear, text: gateText }), bias: new Float32Array(3) };
const { gate: _gate, ...ungated } = gated.metadata;
const weighed: Omit<HeadFile, 'path'> = {
  ...gated,
  gate: null,
  metadata: { ...ungated, coefficients: [0.5, -0.25, 2] },
};
const rows = [
  ['Which way is north?', 'That way.', 'I do not know.'],
  ['2 + 2', 'It is five, since two and two make five.', 'four'],
  ['Name a bird', 'A wren', 'wrens, finches'],
  ['Say nothing', 'same', 'same'],
] as const;

describe('exportHead', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const path = (name: string): string => join(folder(), name);

  function writeBody(params: Partial<TinyModelParams> = {}): void {
    writeTinyModel({ folder: path('body'), config: tinyCausal('llama'), ...params });
  }
  function run(head: Omit<HeadFile, 'path'>, params: Partial<ExportHeadParams> = {}): Promise<HeadExport> {
    writeFileSync(path('head.safetensors'), writeHeadFile(head));
    return exportHead(
      {
        head: path('head.safetensors'),
        model: path('body'),
        format: 'armorm',
        output: path('out'),
        device: 'cpu',
        dtype: 'f32',
        ...params,
      },
      quietContext(),
    );
  }
  async function scores(reference: string, headPath?: string): Promise<number[]> {
    const model = await openRewardModel({ reference, headPath, device: 'cpu', dtype: 'f32' }, quietContext());
    const found: number[] = [];
    try {
      for (const [question, ...replies] of rows) {
        for (const reply of replies) {
          const messages = [
            { role: 'user', content: question },
            { role: 'assistant', content: reply },
          ];
          const row = { kind: 'single', id: 'r', input: { kind: 'messages', messages } } as const;
          found.push(((await model.scoreRow(row, {}, quietContext())) as RewardBreakdown & { id: string }).score);
        }
      }
    } finally {
      await model.release();
    }
    return found;
  }
  function writeRows(): void {
    const lines = rows.map(([prompt, chosen, rejected], id) =>
      JSON.stringify({ id: `r${id}`, prompt, chosen, rejected }),
    );
    writeFileSync(path('rows.jsonl'), `${lines.join('\n')}\n{"prompt":"only one","completion":"reply"}\n`);
  }
  const nothingLeft = (): void =>
    assert.deepEqual(
      readdirSync(folder()).filter((name) => name.startsWith('out')),
      [],
    );

  describe('to the layout of ArmoRM', () => {
    for (const [name, head] of [
      ['a gate', gated],
      ['coefficients', weighed],
    ] as const) {
      it(`writes a checkpoint that scores the same within 1e-5: ${name}`, async () => {
        writeBody();
        writeFileSync(path('head.md'), '# Card\n');
        const made = await run(head);
        assert.equal(made.format, 'armorm');
        assertClose(await scores(path('out')), await scores(path('body'), path('head.safetensors')), {
          tolerance: 1e-5,
        });
        const config = JSON.parse(readFileSync(path('out/config.json'), 'utf8')) as Record<string, unknown>;
        assert.deepEqual(config['architectures'], ['LlamaForRewardModelWithGating']);
        assert.deepEqual(config['id2label'], { 0: 'help', 1: 'safety', 2: 'length' });
        assert.equal(config['gating_text'], gateText);
        assert.equal(readFileSync(path('out/README.md'), 'utf8'), '# Card\n');
        assert.match(readFileSync(path('out/modeling_custom.py'), 'utf8'), /class LlamaForRewardModelWithGating/);
      });
    }

    it('links the weights of the body, and copies them when asked to', async () => {
      writeBody();
      const inode = (file: string): number => statSync(path(file)).ino;
      const linked = await run(gated);
      assert.ok(linked.format === 'armorm' && linked.placement === 'hard links' && linked.rewritten.length === 0);
      assert.equal(inode('out/body.safetensors'), inode('body/model.safetensors'));
      const copied = await run(gated, { output: path('copied'), isCopying: true });
      assert.ok(copied.format === 'armorm' && copied.placement === 'copies');
      assert.notEqual(inode('copied/body.safetensors'), inode('body/model.safetensors'));
      assert.deepEqual(readFileSync(path('copied/body.safetensors')), readFileSync(path('body/model.safetensors')));
      assert.ok(!lstatSync(path('copied/body.safetensors')).isSymbolicLink());
    });

    it('writes a file anew that holds another head', async () => {
      writeTinyModel({ folder: path('body') });
      const made = await run(gated);
      assert.ok(made.format === 'armorm');
      assert.deepEqual(made.rewritten, ['body.safetensors']);
      assertClose(await scores(path('out')), await scores(path('body'), path('head.safetensors')), { tolerance: 1e-5 });
    });

    it('writes what other families need to be read again', async () => {
      writeBody({ config: tinyCausal('qwen2') });
      await run(gated);
      assertClose(await scores(path('out')), await scores(path('body'), path('head.safetensors')), { tolerance: 1e-5 });
    });

    it('has no padding token where the template writes it, and refuses a body whose texts end with it', async () => {
      writeBody({ config: { ...tinyCausal('llama'), pad_token_id: tinyTokens.user } });
      const made = await run(gated);
      assert.ok(made.format === 'armorm');
      assert.match(made.warnings.join(), /padding token/);
      assertClose(await scores(path('out')), await scores(path('body'), path('head.safetensors')), { tolerance: 1e-5 });
      writeBody({ config: { ...tinyCausal('llama'), pad_token_id: tinyTokens.end } });
      await rejects(() => run(gated, { output: path('out2') }), 'unsupported', /end with its padding token/);
    });

    it('refuses heads and bodies that have no form there, and leaves nothing', async () => {
      writeBody();
      await rejects(() => run(gatedHead()), 'unsupported', /computed.*logistic/);
      await rejects(() => run(gatedHead({ hiddenSize: 16, objectives: linear })), 'unsupported', /bias/);
      const small = { ...gatedHead({ hiddenSize: 16, objectives: linear }), bias: new Float32Array(3) };
      await rejects(() => run(small), 'weights', /hidden size 16.*has 32/);
      await rejects(() => run(gated, { model: undefined }), 'not_found', /org\/tiny/);
      await rejects(() => run(gated, { head: folder() }), 'usage', /folder, not a head file/);
      await rejects(() => run(gated, { rows: ['x.jsonl'] }), 'usage', /has no rows/);
      writeBody({ chatTemplate: null });
      await rejects(() => run(weighed), 'unsupported', /chat template/);
      nothingLeft();
    });

    it('refuses a folder that is there, and a disk that is full leaves nothing', async () => {
      writeTinyModel({ folder: path('body') });
      await rejects(() => run(gated, { output: path('body') }), 'exists');
      await rejects(() => onLimitedDisk(() => run(gated), 20_000), 'no_space', /body\.safetensors/);
      nothingLeft();
    });
  });

  describe('to training data', () => {
    interface Preference {
      readonly prompt: readonly { readonly content: string }[];
      readonly chosen: readonly { readonly content: string }[];
      readonly rejected: readonly { readonly content: string }[];
      readonly margin: number;
      readonly confidence: number;
      readonly swapped: boolean;
      readonly id: string;
    }

    it('writes TRL pairs in the order of the scores, with margin and confidence', async () => {
      writeBody();
      writeRows();
      const made = await run(gated, { format: 'trl', rows: [path('rows.jsonl')] });
      assert.ok(made.format === 'trl');
      const found = await scores(path('body'), path('head.safetensors'));
      const lines = readFileSync(path('out/preference.jsonl'), 'utf8').trim().split('\n');
      const pairs = lines.map((line) => JSON.parse(line) as Preference);
      assert.deepEqual(
        pairs.map(({ id }) => id),
        ['r0', 'r1', 'r2'],
      );
      for (const [index, pair] of pairs.entries()) {
        const [first, second] = [found[2 * index], found[2 * index + 1]];
        const [, ...replies] = rows[index];
        assert.equal(pair.swapped, first < second);
        assert.equal(pair.chosen[0].content, first < second ? replies[1] : replies[0]);
        assert.equal(pair.rejected[0].content, first < second ? replies[0] : replies[1]);
        assertClose([pair.margin], [Math.abs(first - second)], { tolerance: 2e-5 });
        assertClose([pair.confidence], [1 / (1 + Math.exp(-pair.margin))], { tolerance: 1e-12 });
      }
      const [file] = made.files;
      const swapped = pairs.filter((pair) => pair.swapped).length;
      assert.deepEqual(file.labels, { kept: 3, swapped, uncertain: 0, ties: 1 });
      assert.equal(file.refused, 2); // the tie, and the row with one reply
      assert.ok(0 < swapped && swapped < 3, 'rows of both kinds');
    });

    it('keeps what is above the threshold; nothing at all is an error', async () => {
      writeBody();
      writeRows();
      writeFileSync(path('head.safetensors'), writeHeadFile(gated));
      const found = await scores(path('body'), path('head.safetensors'));
      const margins = [0, 1, 2].map((index) => Math.abs(found[2 * index] - found[2 * index + 1]));
      const largest = Math.max(...margins);
      const threshold = 1 / (1 + Math.exp(-(largest - 1e-3)));
      const made = await run(gated, { format: 'trl', rows: [path('rows.jsonl')], threshold });
      assert.equal(made.format === 'trl' && made.files[0].written, 1);
      const params = { format: 'trl', rows: [path('rows.jsonl')], threshold: 0.999_999, output: path('out2') } as const;
      await rejects(() => run(gated, params), 'row', /none of 5 rows is left/);
      assert.ok(!existsSync(path('out2')) && !existsSync(path('out2.part')));
    });

    it("writes LMFlow's scored lists and pairs, in folders of their own", async () => {
      writeBody();
      writeRows();
      const made = await run(gated, { format: 'lmflow', rows: [path('rows.jsonl')] });
      assert.ok(made.format === 'lmflow');
      const read = (name: string): { readonly type: string; readonly instances: readonly Record<string, unknown>[] } =>
        JSON.parse(readFileSync(path(`out/${name}/data.json`), 'utf8')) as ReturnType<typeof read>;
      const lists = read('text_to_scored_textlist');
      assert.equal(lists.type, 'text_to_scored_textlist');
      assert.equal(lists.instances.length, 5);
      const found = await scores(path('body'), path('head.safetensors'));
      const output = lists.instances[0]['output'] as readonly { readonly score: number; readonly text: string }[];
      assert.deepEqual(
        output.map(({ text }) => text),
        rows[0].slice(1),
      );
      assertClose(
        output.map(({ score }) => score),
        found.slice(0, 2),
        { tolerance: 1e-5 },
      );
      const pairs = read('paired_conversation');
      assert.equal(pairs.instances.length, 3);
      assert.deepEqual(Object.keys(pairs.instances[0]), ['chosen', 'rejected']);
    });

    it('needs rows that are there', async () => {
      writeBody();
      await rejects(() => run(gated, { format: 'trl' }), 'usage', /--rows|made of rows/);
      await rejects(() => run(gated, { format: 'trl', rows: [path('none.jsonl')] }), 'not_found');
      nothingLeft();
    });
  });
});
