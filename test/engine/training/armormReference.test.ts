import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeHeadFile } from '../../../src/core/checkpoint/writeHeadFile';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import { exportHead } from '../../../src/engine/training/exportHead';
import { assertClose } from '../../fixtures/assertClose';
import { gatedHead } from '../../fixtures/gatedHead';
import { quietContext } from '../../fixtures/quietContext';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal, tinyTokens, writeTinyModel } from '../../fixtures/tinyModel';

/** A case is the export of a head with a gate, or with coefficients, from a body of random weights. */
interface ReferenceCase {
  readonly family: 'llama' | 'mistral' | 'qwen2' | 'qwen3';
  readonly isGated: boolean;
  readonly ids: readonly (readonly number[])[];
  readonly scores: readonly number[];
}

const { cases } = JSON.parse(readFileSync('test/references/armormExport.json', 'utf8')) as {
  readonly cases: readonly ReferenceCase[];
};
/** Where the exports are kept that test/references/armormExport.py reads. */
const kept = process.env['ALIDADE_ARMORM_FOLDER'];

// Numbers of transformers 5.23.0 with the code in the export: test/references/armormExport.py.
describe('an export in the layout of ArmoRM, as transformers reads it', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();

  for (const { family, isGated, ids, scores } of cases) {
    const name = `${family}-${isGated ? 'gated' : 'weighed'}`;
    it(`has the scores of the head file within 1e-5: ${name}`, async () => {
      const body = join(folder(), 'body');
      writeTinyModel({ folder: body, config: { ...tinyCausal(family), pad_token_id: tinyTokens.pad } });
      const { metadata, ...tensors } = gatedHead({
        objectives: ['help', 'safety', 'length'].map((objective) => ({ name: objective, kind: 'linear' })),
        text: '<|end|><|assistant|>',
      });
      const { gate: _gate, ...ungated } = metadata;
      const head = { ...tensors, bias: new Float32Array(3) };
      const headPath = join(folder(), 'head.safetensors');
      writeFileSync(
        headPath,
        writeHeadFile(
          isGated
            ? { ...head, metadata }
            : { ...head, gate: null, metadata: { ...ungated, coefficients: [0.5, -0.25, 2] } },
        ),
      );
      if (kept !== undefined) mkdirSync(kept, { recursive: true });
      const output = join(kept ?? folder(), name);
      const run = { device: 'cpu', dtype: 'f32' } as const;
      await exportHead(
        { head: headPath, model: body, format: 'armorm', output, isCopying: true, ...run },
        quietContext(),
      );
      const scoreAll = async (params: {
        readonly reference: string;
        readonly headPath?: string;
      }): Promise<number[]> => {
        const model = await openRewardModel({ ...params, ...run }, quietContext());
        const found: number[] = [];
        for (const sequence of ids) {
          const row = { kind: 'single', id: 'r', input: { kind: 'ids', ids: sequence } } as const;
          const { score } = (await model.scoreRow(row, {}, quietContext())) as RewardBreakdown & {
            readonly id: string;
          };
          found.push(score);
        }
        await model.release();
        return found;
      };
      const wanted = kept === undefined ? scores : await scoreAll({ reference: body, headPath });
      assertClose(await scoreAll({ reference: body, headPath }), wanted, { tolerance: 1e-5, what: 'head file' });
      assertClose(await scoreAll({ reference: output }), wanted, { tolerance: 1e-5, what: 'export' });
    });
  }
});
