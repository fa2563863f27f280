import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeHeadFile } from '../../../src/core/checkpoint/writeHeadFile';
import type { ExplainedRow } from '../../../src/core/reward/explainedRow';
import { adjustBreakdown, noAdjustment, type GateAdjustment } from '../../../src/core/reward/gateAdjustment';
import { reweighBreakdown } from '../../../src/core/reward/reweighBreakdown';
import { loadHeadFile } from '../../../src/engine/checkpoint/loadHeadFile';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import { saveHead, type SaveHeadParams } from '../../../src/engine/training/saveHead';
import { assertClose } from '../../fixtures/assertClose';
import { gatedHead } from '../../fixtures/gatedHead';
import { writeGatedModel } from '../../fixtures/gatedModel';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { writeTinyHead } from '../../fixtures/tinyHead';
import { tinyTokens, writeTinyModel } from '../../fixtures/tinyModel';

const messages = [
  { role: 'user', content: 'Which way is north?' },
  { role: 'assistant', content: 'That way.' },
];
const row = { kind: 'single', id: 'r', input: { kind: 'messages', messages } } as const;

describe('saveHead', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const at = (name: string): string => join(folder(), name);

  async function explain(headPath?: string): Promise<ExplainedRow> {
    const params = { reference: at('model'), headPath, device: 'cpu', dtype: 'f32' } as const;
    const model = await openRewardModel(params, quietContext());
    try {
      return await model.explainRow(row, {}, quietContext());
    } finally {
      await model.release();
    }
  }
  function save(params: Pick<SaveHeadParams, 'modelHash'> & Partial<SaveHeadParams>): Promise<void> {
    const defaults = { coefficients: {}, adjustment: noAdjustment, output: at('mine.safetensors') };
    return saveHead({ reference: at('model'), ...defaults, ...params }, quietContext());
  }

  const adjustment: GateAdjustment = { factors: { 'objective-0': 3, warmth: -0.5, verbosity: 0 }, temperature: 0.7 };
  for (const kind of ['checkpoint', 'head file'] as const) {
    it(`writes a gate that scores what was shown: of a ${kind}`, async () => {
      writeGatedModel(at('model'));
      const headPath = kind === 'checkpoint' ? undefined : at('head.safetensors');
      if (headPath !== undefined) writeFileSync(headPath, writeHeadFile(gatedHead()));
      const { gate, responses, model } = await explain(headPath);
      assert.ok(gate !== undefined);
      const shown = adjustBreakdown(responses[0], gate, adjustment);
      assert.notEqual(shown.score, responses[0].score);
      await save({ modelHash: model.hash, headPath, adjustment });
      const saved = await explain(at('mine.safetensors'));
      assertClose([saved.responses[0].score], [shown.score], { tolerance: 1e-6 });
      assertClose(
        saved.responses[0].objectives.map(({ contribution }) => contribution),
        shown.objectives.map(({ contribution }) => contribution),
        { tolerance: 1e-6 },
      );
      const { metadata } = await loadHeadFile(at('mine.safetensors'));
      assert.equal(metadata.name, 'mine');
      // Nothing of this machine.
      assert.ok(!readFileSync(at('mine.safetensors'), 'latin1').includes(folder()));
    });
  }

  it('writes the coefficients of meters and of a linear head', async () => {
    writeTinyModel({ folder: at('model') });
    writeTinyHead({ file: at('head.safetensors') });
    for (const [headPath, coefficients] of [
      [undefined, { helpful: 2, brief: -0.125 }],
      [at('head.safetensors'), { verbosity: 0, fluency: 1, warmth: 0.5 }],
    ] as const) {
      const { responses, model } = await explain(headPath);
      await save({ modelHash: model.hash, headPath, coefficients });
      const saved = await explain(at('mine.safetensors'));
      const shown = reweighBreakdown(responses[0], coefficients);
      assertClose([saved.responses[0].score], [shown.score], { tolerance: 1e-6 });
      assert.deepEqual(
        saved.responses[0].objectives.map(({ coefficient }) => coefficient),
        Object.values(coefficients),
      );
    }
  });

  it('refuses another model than the one shown, missing weights, and heads that a file cannot say', async () => {
    writeTinyModel({ folder: at('model') });
    const { model } = await explain();
    await rejects(() => save({ modelHash: 'other' }), 'usage', /has changed/);
    await rejects(() => save({ modelHash: model.hash, coefficients: { helpful: 1 } }), 'usage', /no weight for brief/);
    writeTinyModel({ folder: at('model'), config: { pad_token_id: tinyTokens.end } });
    const padded = (await explain()).model.hash;
    await rejects(() => save({ modelHash: padded }), 'unsupported', /padding token/);
    writeGatedModel(at('model'), { num_quantiles: 4 }, (tensors) =>
      tensors.map((t) => (t.name.endsWith('var') ? { ...t, data: (t.data as Float32Array).map(Math.abs) } : t)),
    );
    const quantiles = (await explain()).model.hash;
    await rejects(() => save({ modelHash: quantiles }), 'unsupported', /not of the kind of ArmoRM/);
  });
});
