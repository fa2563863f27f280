import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';
import { discoverCheckpoints } from '../../../src/engine/checkpoint/discoverCheckpoints';
import { openCheckpoint } from '../../../src/engine/checkpoint/openCheckpoint';
import { openTokenizer } from '../../../src/engine/checkpoint/openTokenizer';
import { readChatTemplate } from '../../../src/engine/checkpoint/readChatTemplate';
import { readTensor } from '../../../src/engine/checkpoint/readTensor';
import { readLastPosition } from '../../../src/engine/generation/generate';
import { openLanguageModel } from '../../../src/engine/generation/languageModel';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import { assertClose } from '../../fixtures/assertClose';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import {
  tinyCausal,
  tinyChatTemplate,
  tinyTemplate,
  writeTinyModel,
  writeTinyTokenizer,
} from '../../fixtures/tinyModel';
import { valuesOfName } from '../../fixtures/valuesOfName';
import { writeSafetensors } from '../../fixtures/writeSafetensors';

interface Listed {
  readonly name: string;
  readonly shape: readonly number[];
}

interface AdapterCase {
  readonly name: string;
  readonly config: unknown;
  readonly base: readonly Listed[];
  readonly adapterConfig: { readonly task_type: string };
  readonly adapter: readonly Listed[];
  readonly hidden: readonly number[];
  readonly outputs: readonly number[];
}

const { ids, cases } = JSON.parse(readFileSync('test/references/loraAdapters.json', 'utf8')) as {
  readonly ids: readonly number[];
  readonly cases: readonly AdapterCase[];
};

/** Writes base and adapter side by side; gives the adapter's folder. */
function writeCase(folder: string, { config, base, adapterConfig, adapter }: AdapterCase): string {
  const fill = (tensors: readonly Listed[]): Uint8Array =>
    writeSafetensors({ tensors: tensors.map(({ name, shape }) => ({ name, shape, data: valuesOfName(name, shape) })) });
  mkdirSync(join(folder, 'base'));
  mkdirSync(join(folder, 'adapter'));
  writeFileSync(join(folder, 'base', 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'base', 'model.safetensors'), fill(base));
  writeFileSync(join(folder, 'adapter', 'adapter_config.json'), JSON.stringify(adapterConfig));
  writeFileSync(join(folder, 'adapter', 'adapter_model.safetensors'), fill(adapter));
  writeTinyTokenizer(join(folder, 'base'));
  return join(folder, 'adapter');
}

// Numbers of peft 0.21.2 and transformers 5.23.0, which keep base and adapter apart: test/references/loraAdapters.py.
describe('LoRA adapters', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();

  for (const given of cases) {
    it(`give what PEFT gives: ${given.name}`, async () => {
      const reference = writeCase(folder(), given);
      const checkpoint = await openCheckpoint(reference, quietContext());
      assert.deepEqual(checkpoint.problems, []);
      if (given.adapterConfig.task_type === 'SEQ_CLS') {
        const model = await openRewardModel({ reference, device: 'cpu', dtype: 'f32' }, quietContext());
        const row = { kind: 'single', id: 'r', input: { kind: 'ids', ids } } as const;
        try {
          const [scored] = await model.scoreBatch([row], { states: true }, quietContext());
          const { lastHidden, objectives } = scored as RewardBreakdown & { readonly id: string };
          assertClose(lastHidden ?? [], given.hidden, { tolerance: 2e-5, what: 'hidden state' });
          assertClose(
            objectives.map(({ reward }) => reward),
            given.outputs,
            { tolerance: 2e-5, what: 'scores' },
          );
        } finally {
          await model.release();
        }
        return;
      }
      const model = await openLanguageModel({ reference, device: 'cpu', dtype: 'f32' }, quietContext());
      try {
        const { hidden, logits } = await readLastPosition(model, ids, quietContext());
        assertClose(hidden, given.hidden, { tolerance: 2e-5, what: 'hidden state' });
        assertClose(logits, given.outputs, { tolerance: 2e-5, what: 'logits' });
      } finally {
        await model.release();
      }
    });
  }

  it('are read by name with what they add, and leave other tensors as they are', async () => {
    const [plain] = cases;
    const checkpoint = await openCheckpoint(writeCase(folder(), plain), quietContext());
    const base = await openCheckpoint(join(folder(), 'base'), quietContext());
    const name = 'model.layers.0.self_attn.v_proj.weight';
    const [b, a] = ['B', 'A'].map((letter) =>
      valuesOfName(
        ...(Object.values(plain.adapter.find((t) => t.name.includes(`0.self_attn.v_proj.lora_${letter}`)) ?? {}) as [
          string,
          number[],
        ]),
      ),
    );
    const untouched = await readTensor(base, name);
    const changed = await readTensor(checkpoint, name);
    const [rows, columns] = checkpoint.tensors.get(name)?.shape ?? [];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let k = 0; k < 3; k++) sum += b[row * 3 + k] * a[k * columns + column];
        const wanted = untouched[row * columns + column] + (5 / 3) * sum;
        assert.ok(Math.abs(changed[row * columns + column] - wanted) < 1e-6);
      }
    }
    const other = 'model.layers.0.self_attn.k_proj.weight';
    assert.deepEqual(await readTensor(checkpoint, other), await readTensor(base, other));
  });

  it('are found, and listed with the model that they change', async () => {
    const [plain] = cases;
    const path = writeCase(folder(), plain);
    const listed = await discoverCheckpoints({ folders: [folder()] }, quietContext());
    const adapter = listed.find((summary) => summary.path === path);
    assert.deepEqual(adapter?.base, { name: 'base', path: join(folder(), 'base') });
    assert.deepEqual(adapter?.problems, []);
    const { adapter: described, parameters, tensors } = await openCheckpoint(path, quietContext());
    assert.deepEqual([described?.kind, described?.matrices, described?.ranks], ['LoRA', 10, { least: 2, most: 4 }]);
    assert.equal(parameters, (await openCheckpoint(join(folder(), 'base'), quietContext())).parameters);
    assert.equal(tensors.get('model.layers.0.self_attn.q_proj.weight')?.adapter?.scale, 2 / 3);
  });

  it('are other models after any of their files has changed', async () => {
    const [plain] = cases;
    const path = writeCase(folder(), plain);
    const before = (await openCheckpoint(path, quietContext())).fingerprint;
    writeFileSync(join(path, 'adapter_config.json'), JSON.stringify({ ...plain.adapterConfig, lora_alpha: 6 }));
    const afterConfig = (await openCheckpoint(path, quietContext())).fingerprint;
    writeTinyTokenizer(path);
    const afterTokenizer = (await openCheckpoint(path, quietContext())).fingerprint;
    utimesSync(join(path, 'adapter_model.safetensors'), 1, 1);
    const afterWeights = (await openCheckpoint(path, quietContext())).fingerprint;
    assert.equal(new Set([before, afterConfig, afterTokenizer, afterWeights]).size, 4);
  });

  it('bring their own tokenizer and template, or have those of their base', async () => {
    const [plain] = cases;
    const path = writeCase(folder(), plain);
    assert.equal((await openTokenizer(await openCheckpoint(path, quietContext()))).template?.source, tinyTemplate);
    writeTinyTokenizer(path, tinyChatTemplate);
    const checkpoint = await openCheckpoint(path, quietContext());
    assert.equal((await openTokenizer(checkpoint)).template?.source, tinyChatTemplate);
    assert.equal(await readChatTemplate(checkpoint), tinyChatTemplate);
  });

  it('find their base by a full path, from the current folder, and in the hub cache in a revision', async () => {
    const [plain] = cases;
    const path = writeCase(folder(), plain);
    const base = join(folder(), 'base');
    const openWith = async (changes: Readonly<Record<string, unknown>>): Promise<string | undefined> => {
      writeFileSync(join(path, 'adapter_config.json'), JSON.stringify({ ...plain.adapterConfig, ...changes }));
      return (await openCheckpoint(path, quietContext())).adapter?.base.path;
    };
    assert.equal(await openWith({ base_model_name_or_path: base }), base);
    assert.equal(await openWith({ base_model_name_or_path: relative(process.cwd(), base) }), base);
    const hub = join(folder(), 'hub');
    const snapshot = join(hub, 'models--org--base', 'snapshots', '0123456789abcdef');
    mkdirSync(snapshot, { recursive: true });
    cpSync(base, snapshot, { recursive: true });
    const previous = process.env['HF_HUB_CACHE'];
    process.env['HF_HUB_CACHE'] = hub;
    try {
      assert.equal(await openWith({ base_model_name_or_path: 'org/base' }), snapshot);
      assert.equal(await openWith({ base_model_name_or_path: 'org/base', revision: '0123456789abcdef' }), snapshot);
      await rejects(
        () => openWith({ base_model_name_or_path: 'org/base', revision: 'v2' }),
        'not_found',
        /org\/base@v2, is not on this machine/,
      );
    } finally {
      if (previous === undefined) delete process.env['HF_HUB_CACHE'];
      else process.env['HF_HUB_CACHE'] = previous;
    }
  });

  it('say what to fetch when their base is not there, and refuse to sit on an adapter', async () => {
    const [plain] = cases;
    const path = writeCase(folder(), plain);
    const open = (base: string) => () => {
      writeFileSync(
        join(path, 'adapter_config.json'),
        JSON.stringify({ ...plain.adapterConfig, base_model_name_or_path: base }),
      );
      return openCheckpoint(path, quietContext());
    };
    const missing = await rejects(open('nobody/nothing'), 'not_found', /nobody\/nothing, is not on this machine/);
    assert.match(missing.hint ?? '', /alidade download nobody\/nothing/);
    await rejects(open(path), 'not_found', /is not on this machine/);
    const upper = join(folder(), 'upper');
    cpSync(path, upper, { recursive: true });
    await open('../base')();
    writeFileSync(
      join(upper, 'adapter_config.json'),
      JSON.stringify({ ...plain.adapterConfig, base_model_name_or_path: '../adapter' }),
    );
    await rejects(() => openCheckpoint(upper, quietContext()), 'unsupported', /is an adapter itself/);
    await rejects(open('../upper'), 'unsupported', /is an adapter itself/); // each names the other
  });

  it('are refused as pickles, and named when their weights are missing', async () => {
    const [plain] = cases;
    const path = writeCase(folder(), plain);
    renameSync(join(path, 'adapter_model.safetensors'), join(path, 'adapter_model.bin'));
    const open = () => openCheckpoint(path, quietContext());
    await rejects(open, 'unsupported', /only adapter_model\.bin, which is pickled/);
    rmSync(join(path, 'adapter_model.bin'));
    await rejects(open, 'not_found', /has no adapter_model\.safetensors/);
  });

  it('list everything that does not fit at once', async () => {
    const [plain] = cases;
    const prefix = 'base_model.model.model.layers.0.self_attn';
    const changed = plain.adapter.flatMap(({ name, shape }): Listed[] => {
      if (name === `${prefix}.q_proj.lora_B.weight`) return [];
      if (name === `${prefix}.v_proj.lora_A.weight`) return [{ name, shape: [3, 7] }];
      return [{ name: name.replace('layers.1.mlp.gate_proj', 'layers.9.mlp.gate_proj'), shape }];
    });
    const strange: Listed[] = [
      { name: 'something.else', shape: [1] },
      { name: 'base_model.model.lm_head.lora_B.bias', shape: [1] },
      { name: 'base_model.model.model.odd.weight', shape: [2] },
      { name: `${prefix}.k_proj.lora_magnitude_vector`, shape: [8] },
    ];
    const path = writeCase(folder(), { ...plain, adapter: [...changed, ...strange] });
    const { problems } = await openCheckpoint(path, quietContext());
    for (const expected of [
      /something\.else is of a kind that is not known/,
      /lm_head\.lora_B\.bias is of a kind that is not known/,
      /only one of the two matrices of model\.layers\.0\.self_attn\.q_proj/,
      /only one of the two matrices of model\.layers\.0\.self_attn\.k_proj/,
      /\[8, 3\] · \[3, 7\] of rank 3 does not fit model\.layers\.0\.self_attn\.v_proj\.weight \[8, 16\]/,
      /changes model\.layers\.9\.mlp\.gate_proj, which its base does not have/,
      /tensor model\.odd\.weight is not part of LlamaForCausalLM/,
    ]) {
      assert.equal(
        problems.filter((problem) => expected.test(problem)).length,
        1,
        `${expected}: ${problems.join('\n')}`,
      );
    }
    assert.equal(problems.length, 7);
    await rejects(
      () => openLanguageModel({ reference: path, device: 'cpu', dtype: 'f32' }, quietContext()),
      'weights',
      /something\.else.*model\.odd/s,
    );
  });

  it('without a head for it cannot be used to classify', async () => {
    const given = cases.find(({ name }) => name === 'reward head on a causal base');
    assert.ok(given !== undefined);
    const path = writeCase(folder(), {
      ...given,
      adapter: given.adapter.filter(({ name }) => !name.includes('score')),
    });
    const { problems } = await openCheckpoint(path, quietContext());
    assert.ok(problems.some((problem) => /has a head for that/.test(problem)));
  });

  for (const dtype of ['int8', 'int4'] as const) {
    it(`give in ${dtype} what the merged model gives`, async () => {
      writeTinyModel({ folder: makeFolder(folder(), 'base'), config: tinyCausal('llama') });
      const names = ['model.layers.0.self_attn.q_proj', 'model.layers.1.mlp.down_proj'];
      const base = await openCheckpoint(join(folder(), 'base'), quietContext());
      const tensors = names.flatMap((name) => {
        const [rows, columns] = base.tensors.get(`${name}.weight`)?.shape ?? [];
        const key = `base_model.model.${name}.lora`;
        return [
          { name: `${key}_A.weight`, shape: [2, columns] },
          { name: `${key}_B.weight`, shape: [rows, 2] },
        ].map((listed) => ({ ...listed, data: valuesOfName(listed.name, listed.shape) }));
      });
      const path = makeFolder(folder(), 'adapter');
      const config = {
        peft_type: 'LORA',
        task_type: 'CAUSAL_LM',
        base_model_name_or_path: '../base',
        r: 2,
        lora_alpha: 3,
      };
      writeFileSync(join(path, 'adapter_config.json'), JSON.stringify(config));
      writeFileSync(join(path, 'adapter_model.safetensors'), writeSafetensors({ tensors }));
      const adapted = await openCheckpoint(path, quietContext());
      const merged = new Map<string, Float32Array>();
      for (const name of names) merged.set(`${name}.weight`, await readTensor(adapted, `${name}.weight`));
      writeTinyModel({
        folder: makeFolder(folder(), 'merged'),
        config: tinyCausal('llama'),
        mapTensors: (all) => all.map((t) => ({ ...t, data: merged.get(t.name) ?? t.data ?? [] })),
      });
      const logits = async (reference: string): Promise<Float32Array> => {
        const model = await openLanguageModel({ reference, device: 'cpu', dtype }, quietContext());
        try {
          return (await readLastPosition(model, [256, 72, 105, 33], quietContext())).logits as unknown as Float32Array;
        } finally {
          await model.release();
        }
      };
      const [actual, wanted, without] = [
        await logits(path),
        await logits(join(folder(), 'merged')),
        await logits(join(folder(), 'base')),
      ];
      assert.deepEqual(actual, wanted);
      assert.notDeepEqual(actual, without);
    });
  }
});

function makeFolder(...parts: readonly [string, ...string[]]): string {
  const path = join(...parts);
  mkdirSync(path);
  return path;
}
