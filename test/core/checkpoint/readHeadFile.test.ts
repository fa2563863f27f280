import assert from 'node:assert/strict';
import { readHeadFile } from '../../../src/core/checkpoint/readHeadFile';
import type { HeadFile, HeadFileMetadata } from '../../../src/core/reward/headFile';
import { MemoryByteSource } from '../../fixtures/memoryByteSource';
import { rejects } from '../../fixtures/rejects';
import { writeSafetensors, type TensorToWrite } from '../../fixtures/writeSafetensors';

const metadata: HeadFileMetadata = {
  version: 1,
  name: 'two meters',
  objectives: [
    { name: 'verbosity', kind: 'computed', compute: 'log_tokens' },
    { name: 'fluency', kind: 'logistic', scale: { min: 0, max: 1 }, description: 'held-out AUC 0.99' },
    { name: 'engagingness', kind: 'linear' },
  ],
  pooling: { kind: 'mean', layer: 20 },
  body: { name: 'tiny', hiddenSize: 3 },
  figures: { fluency: { auc: 0.99 } },
};
const weight: TensorToWrite = { name: 'weight', shape: [2, 3], data: [1, 2, 3, 4, 5, 6] };
const bias: TensorToWrite = { name: 'bias', shape: [2], data: [-1, 0.5] };

function read(json: unknown, tensors: readonly TensorToWrite[] = [weight, bias]): Promise<HeadFile> {
  const texts: Record<string, string> =
    json === undefined ? {} : { alidade: typeof json === 'string' ? json : JSON.stringify(json) };
  return readHeadFile(new MemoryByteSource(writeSafetensors({ metadata: texts, tensors }), 'head.safetensors'));
}

describe('readHeadFile', () => {
  it('reads metadata, weight and bias', async () => {
    const head = await read(metadata);
    assert.deepEqual(head.metadata, metadata);
    assert.deepEqual(head.weight, Float32Array.of(1, 2, 3, 4, 5, 6));
    assert.deepEqual(head.bias, Float32Array.of(-1, 0.5));
  });

  it('needs no weights where every objective is computed', async () => {
    const { weight: values } = await read({ ...metadata, objectives: metadata.objectives.slice(0, 1) }, []);
    assert.equal(values.length, 0);
  });

  const [computed, logistic] = metadata.objectives;
  const refusals: readonly (readonly [string, unknown, RegExp])[] = [
    ['a file without the key', undefined, /not a head file/],
    ['what is not JSON', '{', /not JSON/],
    ['another version', { ...metadata, version: 2 }, /version/],
    ['no objectives', { ...metadata, objectives: [] }, /objectives/],
    ['an unknown kind', { ...metadata, objectives: [{ name: 'a', kind: 'cubic' }] }, /objectives\.0\.kind/],
    [
      'a computed objective that computes nothing',
      { ...metadata, objectives: [{ ...computed, compute: undefined }] },
      /computed/,
    ],
    ['two objectives of one name', { ...metadata, objectives: [logistic, logistic] }, /same name/],
    [
      'a scale that runs backwards',
      { ...metadata, objectives: [{ ...logistic, scale: { min: 1, max: 0 } }] },
      /backwards/,
    ],
    ['a negative layer', { ...metadata, pooling: { kind: 'mean', layer: -1 } }, /pooling\.layer/],
    ['a body without a size', { ...metadata, body: { name: 'x' } }, /body\.hiddenSize/],
    ['weights of another body', { ...metadata, body: { name: 'x', hiddenSize: 4 } }, /weight.*\[2, 3\].*\[2, 4\]/],
  ];
  for (const [what, json, message] of refusals) {
    it(`refuses ${what}`, async () => {
      await rejects(() => read(json), 'format', message);
    });
  }

  it('refuses missing, mis-shaped and non-finite weights', async () => {
    await rejects(() => read(metadata, [weight]), 'format', /bias.*missing/);
    await rejects(() => read(metadata, [weight, { ...bias, shape: [2, 1] }]), 'format', /bias/);
    await rejects(
      () => read(metadata, [{ ...weight, data: [1, 2, 3, NaN, 5, 6] }, bias]),
      'format',
      /value 3 is not finite/,
    );
  });
});
