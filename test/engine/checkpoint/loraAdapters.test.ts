import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';
import { openCheckpoint } from '../../../src/engine/checkpoint/openCheckpoint';
import { readTensor } from '../../../src/engine/checkpoint/readTensor';
import { readLastPosition } from '../../../src/engine/generation/generate';
import { openLanguageModel } from '../../../src/engine/generation/languageModel';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import { assertClose } from '../../fixtures/assertClose';
import { quietContext } from '../../fixtures/quietContext';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { writeTinyTokenizer } from '../../fixtures/tinyModel';
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
});
