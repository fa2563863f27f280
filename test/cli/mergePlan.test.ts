import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeMergePair } from '../fixtures/mergePair';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { tinyCausal, writeTinyModel } from '../fixtures/tinyModel';
import { runCli } from './runCli';

const recipe = `models:
- model: sft
- model: rlhf
  parameters:
    weight: [0.25, 0.5]
    density: 0.6
merge_method: ties
base_model: sft
`;

interface PlanJson {
  readonly method: string;
  readonly dtype: string;
  readonly bytes: number;
  readonly peakBytes: number;
  readonly freeBytes: number;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly files: readonly { readonly name: string }[];
  readonly tensors: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly number[];
    readonly sources: readonly {
      readonly model: string;
      readonly tensor: string;
      readonly weight: number | null;
      readonly parameters?: Readonly<Record<string, number>>;
      readonly base?: boolean;
    }[];
  }[];
}

describe('alidade merge plan', function () {
  this.timeout(30_000);
  const folder = useTemporaryFolder();

  it('prints the plan as JSON: weights where the result is linear, else the parameters of the method', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    writeFileSync(join(folder(), 'recipe.yml'), recipe);
    const { status, stdout, stderr } = await runCli(['merge', 'plan', join(folder(), 'recipe.yml'), '--json']);
    assert.equal(status, 0, stderr);
    const plan = JSON.parse(stdout) as PlanJson;
    assert.deepEqual([plan.method, plan.dtype, plan.warnings], ['ties', 'bfloat16', []]);
    assert.ok(0 < plan.bytes && 0 < plan.peakBytes && 0 < plan.freeBytes);
    const last = plan.tensors.find(({ name }) => name === 'model.layers.1.self_attn.q_proj.weight');
    assert.deepEqual(last, {
      ...{ name: 'model.layers.1.self_attn.q_proj.weight', dtype: 'BF16', shape: [32, 32], method: 'ties' },
      parameters: { normalize: true, lambda: 1, rescale: false, int8_mask: false },
      sources: [
        { model: 'sft', tensor: 'model.layers.1.self_attn.q_proj.weight', weight: null, base: true },
        {
          ...{ model: 'rlhf', tensor: 'model.layers.1.self_attn.q_proj.weight', weight: null },
          parameters: { weight: 0.5, density: 0.6 },
        },
      ],
    });
  });

  it('takes format and size of the files', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    writeFileSync(join(folder(), 'recipe.yml'), recipe);
    const args = ['merge', 'plan', 'recipe.yml', '--json', '--dtype', 'float32', '--shard-size', '60kB'];
    const { stdout } = await runCli(args, { cwd: folder() });
    const plan = JSON.parse(stdout) as PlanJson;
    assert.equal(plan.dtype, 'float32');
    assert.match(plan.files[0].name, /^model-00001-of-0000\d\.safetensors$/);
    const wrong = await runCli(['merge', 'plan', 'recipe.yml', '--dtype', 'bf16'], { cwd: folder() });
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /float32, float16, bfloat16/);
  });

  it('prints every tensor for people, with what is left out', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    const stacked = `slices:
- sources: [{model: sft, layer_range: [0, 1]}]
- sources:
  - {model: rlhf, layer_range: [0, 2], parameters: {scale: [1, 0.5]}}
merge_method: passthrough
`;
    writeFileSync(join(folder(), 'recipe.yml'), stacked);
    const { status, stdout } = await runCli(['merge', 'plan', 'recipe.yml'], { cwd: folder() });
    assert.equal(status, 0);
    const stable = stdout.replace(/^(free here|memory) .*$/gm, '$1 …');
    assert.equal(stable, readFileSync('test/golden/merge-plan.txt', 'utf8'));
  });

  it('tells everything that is wrong with its line, and fails', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    writeTinyModel({ folder: join(folder(), 'wide'), config: { ...tinyCausal('llama'), intermediate_size: 48 } });
    const path = join(folder(), 'recipe.yml');
    writeFileSync(path, recipe.replace('rlhf', 'wide').replace('density: 0.6', 'density: 6'));
    const { status, stdout, stderr } = await runCli(['merge', 'plan', path, '--json']);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /error: .*recipe\.yml:6: `density` is at most 1/);
    assert.match(stderr, /error: .*recipe\.yml:3: .* of wide is \[48, 32\]/);
    assert.match(stderr, /"code":"recipe"/);
    const missing = await runCli(['merge', 'plan', join(folder(), 'no.yml'), '--json']);
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /"code":"not_found"/);
  });
});
