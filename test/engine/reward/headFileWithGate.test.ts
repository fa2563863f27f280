import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeHeadFile } from '../../../src/core/checkpoint/writeHeadFile';
import type { HeadFile } from '../../../src/core/reward/headFile';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import type { RewardModel } from '../../../src/engine/reward/rewardModel';
import { assertClose } from '../../fixtures/assertClose';
import { gatedHead } from '../../fixtures/gatedHead';
import { writeGatedModel } from '../../fixtures/gatedModel';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

const question = { role: 'user', content: 'Which way is north?' };
const messages = [question, { role: 'assistant', content: 'That way.' }];
const row = { kind: 'single', id: 'r', input: { kind: 'messages', messages } } as const;
type Scored = RewardBreakdown & { readonly id: string };

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
const rowsOf = (matrix: Float32Array, width: number): number[][] =>
  Array.from({ length: matrix.length / width }, (_, at) => [...matrix.slice(at * width, (at + 1) * width)]);

/** `weight`, `gating.*` and M, multiplied out the plain way. */
function naive({ metadata, weight, bias, gate }: Omit<HeadFile, 'path'>, { lastHidden, gateHidden, tokens }: Scored) {
  assert.ok(gate !== null && lastHidden !== undefined && gateHidden !== undefined);
  const [fluency, warmth] = rowsOf(weight, 32).map((w, i) => dot(w, lastHidden) + bias[i]);
  const rewards = [Math.log2(1 + tokens) / 13, 1 / (1 + Math.exp(-fluency)), warmth];
  const [first, last] = gate.layers;
  const inner = rowsOf(first.weight, 32).map((w, i) => Math.max(0, dot(w, gateHidden) + (first.bias?.[i] ?? NaN)));
  const powers = rowsOf(last.weight, 5).map((w, i) => Math.exp((dot(w, inner) + (last.bias?.[i] ?? NaN)) / 2));
  const gates = powers.map((power) => (gate.logitScale * power) / powers.reduce((a, b) => a + b));
  const columns = rowsOf(gate.transform, 3);
  const adjusted = gates.map((_, k) => rewards.reduce((sum, reward, i) => sum + reward * columns[i][k], 0));
  assert.equal(metadata.objectives.length, 3);
  return { rewards, gates, score: dot(gates, adjusted) };
}

describe('a head file with a gate, opened', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();

  async function withHead<Result>(
    head: Omit<HeadFile, 'path'>,
    use: (model: RewardModel) => Promise<Result>,
  ): Promise<Result> {
    const headPath = join(folder(), 'head.safetensors');
    writeFileSync(headPath, writeHeadFile(head));
    const model = await openRewardModel({ reference: folder(), headPath, device: 'cpu', dtype: 'f32' }, quietContext());
    try {
      return await use(model);
    } finally {
      await model.release();
    }
  }
  const hashOf = (head: Omit<HeadFile, 'path'>): Promise<string> =>
    withHead(head, (model) => Promise.resolve(model.description.hash));

  for (const pooling of [
    { kind: 'last', layer: 'final' },
    { kind: 'mean', layer: 1 },
  ] as const) {
    it(`weighs each objective by the prompt: ${pooling.kind} at layer ${pooling.layer}`, async () => {
      writeGatedModel(folder());
      const head = gatedHead({ pooling });
      await withHead(head, async (model) => {
        assert.equal(model.description.headKind, 'gated');
        const explained = await model.explainRow(row, {}, quietContext());
        const scored = (await model.scoreRow(row, { states: true }, quietContext())) as Scored;
        const wanted = naive(head, { ...scored, tokens: explained.responses[0].responseTokens });
        const numbers = (key: 'reward' | 'gate'): number[] => scored.objectives.map((one) => one[key] ?? NaN);
        assertClose(numbers('reward'), wanted.rewards, { tolerance: 1e-6, what: 'rewards' });
        assertClose(numbers('gate'), wanted.gates, { tolerance: 1e-6, what: 'gates' });
        assertClose([scored.score], [wanted.score], { tolerance: 1e-6, what: 'score' });
        const profile = await model.profilePrompt([question], {}, quietContext());
        assertClose(
          (profile.objectives ?? []).map(({ gate }) => gate),
          numbers('gate'),
          { tolerance: 1e-5, what: 'gates of the prompt alone' },
        );
      });
    });
  }

  it('scores with the coefficients of its file, which weights may replace', async () => {
    writeGatedModel(folder());
    const { metadata, ...tensors } = gatedHead();
    const { gate: _gate, ...ungated } = metadata;
    const head = { ...tensors, gate: null, metadata: { ...ungated, coefficients: [-0.5, 2, 0] } };
    await withHead(head, async (model) => {
      const coefficientsWith = async (weights: Readonly<Record<string, number>>): Promise<number[]> => {
        const { objectives } = (await model.scoreRow(row, { weights }, quietContext())) as Scored;
        return objectives.map(({ coefficient }) => coefficient);
      };
      assert.deepEqual(await coefficientsWith({}), [-0.5, 2, 0]);
      assert.deepEqual(await coefficientsWith({ warmth: 1 }), [-0.5, 2, 1]);
    });
  });

  it('is another model to whoever keeps scores when anything that makes the score differs', async () => {
    writeGatedModel(folder());
    const head = gatedHead();
    const { gate, metadata } = head as HeadFile & { readonly gate: NonNullable<HeadFile['gate']> };
    const own = await hashOf(head);
    const others = [
      { ...head, gate: { ...gate, logitScale: 1 } },
      { ...head, gate: { ...gate, transform: gate.transform.map((value) => value / 2) } },
      { ...head, metadata: { ...metadata, gate: { text: '<|begin|>', temperature: 2 } } },
      { ...head, metadata: { ...metadata, gate: { text: metadata.gate?.text ?? '', temperature: 3 } } },
      { ...head, metadata: { ...metadata, pooling: { kind: 'mean', layer: 'final' } as const } },
    ];
    for (const other of others) assert.notEqual(await hashOf(other), own);
    assert.equal(await hashOf({ ...head, metadata: { ...metadata, name: 'renamed', data: ['a file'] } }), own);
  });

  it('refuses conversations in which its gate finds no place to read', async () => {
    writeGatedModel(folder());
    await withHead(gatedHead({ text: '<|nowhere|>' }), async (model) => {
      await rejects(() => model.scoreRow(row, {}, quietContext()), 'gate_not_found');
    });
  });
});
