import assert from 'node:assert/strict';
import { AlidadeError } from '../../../src/core/alidadeError';
import { readHeadFile } from '../../../src/core/checkpoint/readHeadFile';
import { writeHeadFile } from '../../../src/core/checkpoint/writeHeadFile';
import type { HeadFile } from '../../../src/core/reward/headFile';
import { gatedHead } from '../../fixtures/gatedHead';
import { MemoryByteSource } from '../../fixtures/memoryByteSource';
import { mutateBytes, mutationCount } from '../../fixtures/mutateBytes';
import { rejects } from '../../fixtures/rejects';
import { seededRandom } from '../../fixtures/seededRandom';

const path = 'head.safetensors';
const read = (bytes: Uint8Array): Promise<HeadFile> => readHeadFile(new MemoryByteSource(bytes, path));
const gated = gatedHead({ hiddenSize: 6 });
const meters: Omit<HeadFile, 'path'> = {
  metadata: {
    version: 1,
    name: 'two meters',
    objectives: [
      { name: 'length', kind: 'computed', compute: 'log_tokens' },
      { name: 'warmth', kind: 'linear', description: 'held-out ρ 0.4' },
    ],
    pooling: { kind: 'mean', layer: 1 },
    body: { name: 'tiny', hiddenSize: 2, hash: 'ab' },
    coefficients: [-0.25, 2],
    figures: { warmth: { rho: 0.4 } },
  },
  weight: Float32Array.of(0.5, -1),
  bias: Float32Array.of(3),
  gate: null,
};

/** The same header with other JSON or other tensors would be another file: these change the head before it is written. */
function throwsOnWriting(head: Omit<HeadFile, 'path'>, message: RegExp): void {
  assert.throws(
    () => writeHeadFile(head),
    (error) => error instanceof AlidadeError && error.code === 'weights' && message.test(error.message),
  );
}

describe('writeHeadFile', () => {
  it('writes what readHeadFile reads back', async () => {
    for (const head of [meters, gated]) assert.deepEqual(await read(writeHeadFile(head)), { path, ...head });
  });

  it('writes the same bytes for the same head', () => {
    assert.deepEqual(writeHeadFile(gated), writeHeadFile(gatedHead({ hiddenSize: 6 })));
  });

  it('gives a gate layer without a bias one of zeros', async () => {
    const [first, last] = gated.gate?.layers ?? [];
    const gate = { ...gated.gate, layers: [{ ...first, bias: null }, last] } as HeadFile['gate'];
    assert.deepEqual((await read(writeHeadFile({ ...gated, gate }))).gate?.layers[0].bias, new Float32Array(5));
  });

  it('needs no weights where every objective is computed', async () => {
    const objectives = meters.metadata.objectives.slice(0, 1);
    const metadata = { ...meters.metadata, objectives, coefficients: [1] };
    const head = { metadata, weight: new Float32Array(0), bias: new Float32Array(0), gate: null };
    assert.deepEqual(await read(writeHeadFile(head)), { path, ...head });
  });

  it('refuses what could not be read back', () => {
    const { metadata } = meters;
    throwsOnWriting({ ...meters, weight: Float32Array.of(1, NaN) }, /value 1 of weight is not finite/);
    throwsOnWriting({ ...meters, bias: Float32Array.of(1, 2) }, /bias has 2 values, \[1\]/);
    throwsOnWriting({ ...meters, metadata: { ...metadata, coefficients: [1] } }, /coefficients: there is not one/);
    throwsOnWriting({ ...meters, metadata: { ...metadata, coefficients: [1, NaN] } }, /coefficients\.1/);
    throwsOnWriting({ ...meters, metadata: { ...metadata, gate: { text: 'a', temperature: 1 } } }, /a gate makes/);
    throwsOnWriting({ ...gated, gate: null }, /a gate needs both/);
    const { gate } = gated as { readonly gate: NonNullable<HeadFile['gate']> };
    throwsOnWriting({ ...gated, gate: { ...gate, transform: new Float32Array(4) } }, /reward_transform_matrix has 4/);
    throwsOnWriting({ ...gated, gate: { ...gate, layers: gate.layers.slice(1) } }, /gating\.layers\.0\.weight has 15/);
    throwsOnWriting({ ...gated, gate: { ...gate, layers: [] } }, /0 layers/);
    throwsOnWriting({ ...gated, gate: { ...gate, logitScale: Infinity } }, /logit_scale is not finite/);
  });
});

describe('readHeadFile of a gate', () => {
  const bytes = writeHeadFile(gated);
  const headerEnd = 8 + new DataView(bytes.buffer).getUint32(0, true);

  /** The bytes with one text of the header in the place of another, of the same length. */
  function withText(from: string, to: string): Uint8Array {
    const text = Buffer.from(bytes).toString('latin1');
    const [before, ...after] = text.split(from);
    assert.ok(0 < after.length, `${from} is not in the header`);
    assert.ok(to.length <= from.length);
    return Buffer.from([before, ...after].join(to.padEnd(from.length)), 'latin1');
  }

  it('refuses a gate that is not described, and one without its tensors', async () => {
    const gate = JSON.stringify(JSON.stringify(gated.metadata.gate)).slice(1, -1);
    const removed = `\\"gaze\\":${gate}`;
    await rejects(() => read(withText(`\\"gate\\":${gate}`, removed)), 'format', /describe no gate/);
    await rejects(() => read(withText('gating.layers.1.weight', 'gating.layers.2.weight')), 'format', /missing/);
    await rejects(() => read(withText('gating.layers.1.bias', 'gating.layers.7.bias')), 'format', /layers\.1\.bias/);
    await rejects(() => read(withText('gating.logit_scale', 'gating.logit_scald')), 'format', /logit_scale.*missing/);
    await rejects(() => read(withText('reward_transform_matrix', 'reward_transform_matrax')), 'format', /missing/);
  });

  it('refuses layers that do not follow each other, and temperatures that are none', async () => {
    await rejects(() => read(withText('[5,6]', '[6,5]')), 'format', /layers\.0\.weight.*\[6, 5\].*need \[6, 6\]/);
    await rejects(() => read(withText('temperature\\":2', 'temperature\\":0')), 'format', /temperature/);
  });

  it('refuses a file that ends at any byte of its header, or of its data', async () => {
    for (let length = 0; length < headerEnd; length += 1)
      await rejects(() => read(bytes.slice(0, length)), 'format', /head\.safetensors/);
    await rejects(() => read(bytes.slice(0, -1)), 'format', /gating\.logit_scale/);
    await rejects(() => read(bytes.slice(0, headerEnd + 3)), 'format', /head\.safetensors/);
  });

  it('reads mutated headers as heads of finite numbers, or refuses them with a FormatError', async function () {
    this.timeout(60_000);
    const random = seededRandom(77);
    let refused = 0;
    for (let round = 0; round < mutationCount; round += 1) {
      try {
        const { weight, bias, gate, metadata } = await read(mutateBytes(bytes, random, headerEnd));
        assert.ok([...weight, ...bias, ...(gate?.transform ?? [])].every(Number.isFinite));
        assert.equal(gate === null, metadata.gate === undefined);
      } catch (error) {
        assert.ok(error instanceof AlidadeError && error.code === 'format', String(error));
        refused += 1;
      }
    }
    assert.ok(mutationCount / 2 < refused, `${refused} refused`);
  });
});
