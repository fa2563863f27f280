import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeHeadFile } from '../../src/core/checkpoint/writeHeadFile';
import { gatedHead } from '../fixtures/gatedHead';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { tinyCausal, writeTinyModel } from '../fixtures/tinyModel';
import { readJsonLines, runCli } from './runCli';

const pairs = [
  { id: 'a', prompt: 'Which way is north?', chosen: 'That way.', rejected: 'I do not know.' },
  { id: 'b', prompt: '2 + 2', chosen: 'It is five, since two and two make five.', rejected: 'four' },
];

describe('alidade heads export', function () {
  this.timeout(60_000);
  const folder = useTemporaryFolder();
  const at = (name: string): string => join(folder(), name);

  function write(): void {
    writeTinyModel({ folder: at('body'), config: tinyCausal('llama') });
    const objectives = ['help', 'safety'].map((name) => ({ name, kind: 'linear' as const }));
    const head = { ...gatedHead({ objectives, text: '<|end|><|assistant|>' }), bias: new Float32Array(2) };
    writeFileSync(at('head.safetensors'), writeHeadFile(head));
    writeFileSync(at('rows.jsonl'), pairs.map((pair) => JSON.stringify(pair)).join('\n'));
  }
  const args = (...more: readonly string[]): string[] => [
    ...['heads', 'export', at('head.safetensors'), '--model', at('body'), '--output', at('out'), '--threads', '1'],
    ...more,
  ];

  it('writes a checkpoint that scores rows as the head file does', async () => {
    write();
    const made = await runCli(args('--format', 'armorm', '--json'));
    assert.equal(made.status, 0, made.stderr);
    assert.equal((JSON.parse(made.stdout) as { readonly placement: string }).placement, 'hard links');
    assert.match(made.stderr, /2 objectives: help, safety[\s\S]*out is there/);
    const score = async (...model: readonly string[]): Promise<number[]> => {
      const { stdout, status, stderr } = await runCli(['score', ...model, at('rows.jsonl'), '--quiet']);
      assert.equal(status, 0, stderr);
      return readJsonLines<{ readonly margin: number }>(stdout).map(({ margin }) => margin);
    };
    const [own, exported] = [
      await score('--model', at('body'), '--head', at('head.safetensors')),
      await score('--model', at('out')),
    ];
    own.forEach((margin, index) => assert.ok(Math.abs(margin - exported[index]) < 1e-5));
  });

  it('writes pairs with margins and says how many were turned round', async () => {
    write();
    const made = await runCli(args('--format', 'trl', '--rows', at('rows.jsonl')));
    assert.equal(made.status, 0, made.stderr);
    const rows = readJsonLines<{ readonly margin: number; readonly swapped: boolean }>(
      readFileSync(at('out/preference.jsonl'), 'utf8'),
    );
    assert.equal(rows.length, 2);
    assert.ok(rows.every(({ margin }) => 0 < margin));
    const swapped = rows.filter((row) => row.swapped).length;
    assert.match(made.stderr, new RegExp(`preference\\.jsonl: 2 rows \\(${swapped} turned round\\)`));
  });

  it('refuses what cannot be, and writes nothing', async () => {
    write();
    const noRows = await runCli(args('--format', 'lmflow'));
    assert.equal(noRows.status, 2, noRows.stderr);
    assert.match(noRows.stderr, /--rows/);
    const unknown = await runCli(args('--format', 'onnx'));
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /armorm, lmflow, trl/);
    assert.ok(!existsSync(at('out')) && !existsSync(at('out.part')));
  });
});
