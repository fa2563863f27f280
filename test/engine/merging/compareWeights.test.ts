import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from '../../../src/core/jobContext';
import type { LayerDifference, WeightComparison } from '../../../src/core/merging/weightDifference';
import { compareWeights } from '../../../src/engine/merging/compareWeights';
import { convertToGguf } from '../../fixtures/convertToGguf';
import { toBf16, toF16 } from '../../fixtures/halfPrecision';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyLlamaConfig, tinyTensors, writeTinyCheckpoint } from '../../fixtures/tinyCheckpoint';
import { writeGguf } from '../../fixtures/writeGguf';
import { writeSafetensors, type TensorToWrite } from '../../fixtures/writeSafetensors';

describe('compareWeights', () => {
  const folder = useTemporaryFolder();

  function write(name: string, tensors: readonly TensorToWrite[], shards = 1): void {
    writeTinyCheckpoint({ folder: join(folder(), name), tensors, shards });
  }

  function compare(first = 'a', second = 'b', onLayer?: (layer: LayerDifference) => void): Promise<WeightComparison> {
    const told = onLayer === undefined ? {} : { onLayer };
    return compareWeights({ first, second, cwd: folder(), ...told }, quietContext());
  }

  /** The tiny checkpoint with the values of some tensors changed. */
  function changed(pattern: RegExp, change: (value: number, index: number) => number): TensorToWrite[] {
    return tinyTensors(tinyLlamaConfig).map((tensor) =>
      pattern.test(tensor.name) ? { ...tensor, data: (tensor.data as Float32Array).map(change) } : tensor,
    );
  }

  it('finds the tensors that differ, by tensor, group and layer', async () => {
    write('a', tinyTensors(tinyLlamaConfig));
    write(
      'b',
      changed(/layers\.1\.mlp/, (value) => 1.5 * value),
    );
    const told: LayerDifference[] = [];
    const comparison = await compare('a', 'b', (layer) => told.push(layer));
    assert.deepEqual(
      comparison.layers.map(({ layer, changed: count }) => [layer, 0 < count]),
      [
        [null, false],
        [0, false],
        [1, true],
      ],
    );
    assert.deepEqual(told, comparison.layers);
    const mlp = comparison.layers[2].groups.find(({ group }) => group === 'mlp');
    assert.ok(mlp !== undefined);
    assert.ok(Math.abs((mlp.relativeL2 ?? 0) - 0.5) < 1e-6);
    assert.ok(Math.abs((mlp.cosine ?? 0) - 1) < 1e-6);
    assert.equal(mlp.changedShare, 1);
    const gate = comparison.layers[2].tensors.find(({ name }) => name === 'model.layers.1.mlp.gate_proj.weight');
    assert.deepEqual([gate?.shape, gate?.values, gate?.changed], [[24, 16], 384, 384]);
    assert.equal(comparison.total.changed, mlp.values);
    assert.deepEqual(comparison.uncompared, []);
  });

  it('compares shards with one file, and BF16 with F32, value by value', async () => {
    const tensors = tinyTensors(tinyLlamaConfig);
    write('a', tensors, 3);
    write('b', tensors.map(toBf16));
    const comparison = await compare();
    assert.deepEqual(comparison.layers[1].tensors[0].dtypes, ['F32', 'BF16']);
    // BF16 keeps 8 bits: the difference is below 2⁻⁷, and above nothing.
    const { relativeL2, cosine } = comparison.total;
    assert.ok(relativeL2 !== null && 1e-4 < relativeL2 && relativeL2 < 2 ** -7, String(relativeL2));
    assert.ok(cosine !== null && 0.9999 < cosine && cosine < 1);
    const back = await compare('b', 'b');
    assert.deepEqual([back.total.changed, back.total.cosine, back.total.relativeL2], [0, 1, 0]);
  });

  it('says what has no counterpart, another shape, or a kind that cannot be read', async () => {
    const tensors = tinyTensors(tinyLlamaConfig);
    write('a', [...tensors, { name: 'extra', shape: [2] }, { name: 'odd', dtype: 'F8_E8M0', shape: [4] }]);
    write('b', [
      ...tensors.map((tensor) => (tensor.name === 'lm_head.weight' ? { name: tensor.name, shape: [31, 16] } : tensor)),
      { name: 'odd', dtype: 'F8_E8M0', shape: [4] },
      { name: 'more', shape: [3] },
    ]);
    const { uncompared, total } = await compare();
    assert.deepEqual(uncompared, [
      { name: 'lm_head.weight', reason: 'shape', detail: 'F32 [30, 16] against F32 [31, 16]' },
      { name: 'extra', reason: 'onlyInFirst', detail: 'F32 [2]' },
      { name: 'odd', reason: 'dtype', detail: 'values of the kind F8_E8M0 cannot be read' },
      { name: 'more', reason: 'onlyInSecond', detail: 'F32 [3]' },
    ]);
    assert.equal(total.changed, 0);
  });

  it('compares integers exactly, and doubles', async () => {
    const write64 = (name: string, last: bigint, double: number): void => {
      const integers = new Uint8Array(BigInt64Array.of(1n, 1_000_000_007n, last).buffer);
      const doubles = new Uint8Array(Float64Array.of(1, double).buffer);
      const tensors = [
        { name: 'integers', dtype: 'I64', shape: [3], data: integers },
        { name: 'doubles', dtype: 'F64', shape: [2], data: doubles },
      ];
      writeFileSync(join(folder(), name), writeSafetensors({ tensors }));
    };
    write64('a.safetensors', 1_000_000_000n, 1);
    write64('b.safetensors', 1_000_000_001n, 1 + 2 ** -40);
    const { layers } = await compare('a.safetensors', 'b.safetensors');
    assert.deepEqual(
      layers[0].tensors.map(({ name, changed: count }) => [name, count]),
      [
        ['integers', 1],
        ['doubles', 1],
      ],
    );
  });

  it('compares models of an unknown architecture by the names of their files', async () => {
    for (const name of ['a', 'b']) {
      mkdirSync(join(folder(), name));
      writeFileSync(join(folder(), name, 'config.json'), JSON.stringify({ model_type: 'unheard-of' }));
      const tensors = [{ name: 'net.block.0.attn.weight', shape: [3], data: name === 'a' ? [1, 2, 2] : [1, 2, 3] }];
      writeFileSync(join(folder(), name, 'model.safetensors'), writeSafetensors({ tensors }));
    }
    const { layers, total } = await compare();
    assert.deepEqual([layers[0].layer, layers[0].groups[0].group], [0, 'attention']);
    assert.deepEqual([total.changed, total.relativeL2], [1, 1 / 3]);
  });

  it('holds a shard against the whole', async () => {
    write('a', tinyTensors(tinyLlamaConfig), 2);
    const shard = readdirSync(join(folder(), 'a')).find((name) => name.includes('00002-of'));
    const part = await compare(join('a', shard ?? ''), 'a');
    assert.equal(part.total.changed, 0);
    assert.ok(0 < part.total.values);
    assert.ok(part.uncompared.every(({ reason }) => reason === 'onlyInSecond'));
  });

  it('holds a GGUF file against the folder from which it was converted: names, and rows in rotary order', async () => {
    const tensors = tinyTensors(tinyLlamaConfig);
    write('a', tensors);
    const layer = { q_proj: 'attn_q', k_proj: 'attn_k', v_proj: 'attn_v', o_proj: 'attn_output' };
    const mlp = { gate_proj: 'ffn_gate', up_proj: 'ffn_up', down_proj: 'ffn_down' };
    const names = Object.fromEntries([
      ['model.embed_tokens', 'token_embd'],
      ['model.norm', 'output_norm'],
      ['lm_head', 'output'],
      ['model.layers.0.input_layernorm', 'blk.0.attn_norm'],
      ['model.layers.0.post_attention_layernorm', 'blk.0.ffn_norm'],
      ...Object.entries(layer).map(([name, stored]) => [`model.layers.0.self_attn.${name}`, `blk.0.${stored}`]),
      ...Object.entries(mlp).map(([name, stored]) => [`model.layers.0.mlp.${name}`, `blk.0.${stored}`]),
    ]) as Record<string, string>;
    const conversion = { names, modelType: 'llama', headCount: 4, keyValueHeadCount: 2 };
    const count = (name: string, value: number): [string, { kind: number; value: number }] => [
      `llama.${name}`,
      { kind: 4, value },
    ];
    const metadata = {
      'general.architecture': { kind: 8, value: 'llama' },
      'llama.attention.layer_norm_rms_epsilon': { kind: 6, value: 1e-5 },
      ...Object.fromEntries([
        count('block_count', 2),
        count('context_length', 64),
        count('embedding_length', 16),
        count('feed_forward_length', 24),
        count('attention.head_count', 4),
        count('attention.head_count_kv', 2),
      ]),
    };
    writeFileSync(join(folder(), 'b.gguf'), writeGguf({ metadata, tensors: convertToGguf(tensors, conversion) }));
    const { total, uncompared, layers } = await compare('a', 'b.gguf');
    assert.deepEqual(uncompared, []);
    assert.deepEqual([total.changed, total.cosine], [0, 1]);
    assert.equal(layers.length, 3);
  });

  it('reads in ranges that no chunk boundary disturbs', async () => {
    // 2¹⁸ values are read at a time: three ranges, the last of an odd length.
    const count = 2 * 2 ** 18 + 5;
    const data = Float32Array.from({ length: count }, (_, index) => ((index * 2654435761) % 1000) / 1000 + 0.5);
    const other = data.slice();
    for (const index of [0, 2 ** 18 - 1, 2 ** 18, 2 * 2 ** 18, count - 1]) other[index] += 1;
    const file = (name: string, tensor: TensorToWrite): void =>
      writeFileSync(join(folder(), name), writeSafetensors({ tensors: [tensor] }));
    file('a.safetensors', { name: 'w', shape: [count], data });
    file('b.safetensors', { name: 'w', shape: [count], data: other });
    const { total } = await compare('a.safetensors', 'b.safetensors');
    assert.equal(total.changed, 5);
    file('c.safetensors', toF16({ name: 'w', shape: [count], data }));
    assert.ok(((await compare('a.safetensors', 'c.safetensors')).total.relativeL2 ?? 1) < 2 ** -10);
  });

  it('tells how far it is, and stops when it is told to', async () => {
    write('a', tinyTensors(tinyLlamaConfig));
    const steps: Progress[] = [];
    const context = { ...quietContext(), progress: (step: Progress) => steps.push(step) };
    await compareWeights({ first: 'a', second: 'a', cwd: folder() }, context);
    const { size } = statSync(join(folder(), 'a', 'model.safetensors'));
    const { done, total, unit } = steps.at(-1) ?? { done: 0, total: 1, unit: undefined };
    assert.deepEqual([done === total, unit], [true, 'bytes']);
    assert.ok(size < (total ?? 0) && (total ?? 0) < 2 * size);
    const controller = new AbortController();
    const stopping = compareWeights(
      { first: 'a', second: 'a', cwd: folder(), onLayer: () => controller.abort() },
      quietContext(controller.signal),
    );
    await rejects(() => stopping, 'cancelled');
  });

  it('names the file that breaks its format, and the one that is not there', async () => {
    write('a', tinyTensors(tinyLlamaConfig));
    write('b', tinyTensors(tinyLlamaConfig));
    writeFileSync(join(folder(), 'b', 'model.safetensors'), new Uint8Array(4));
    await rejects(() => compare(), 'format', /b.model\.safetensors/);
    await rejects(() => compare('a', 'c'), 'not_found');
  });
});
