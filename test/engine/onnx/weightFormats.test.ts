import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint } from '../../../src/core/checkpoint/checkpoint';
import { decodeTensor } from '../../../src/core/checkpoint/decodeTensor';
import type { TensorEntry } from '../../../src/core/checkpoint/tensorEntry';
import { graphInput } from '../../../src/core/onnx/value';
import type { WeightDtype, WeightRole } from '../../../src/core/quantisation/weightFormat';
import { graphWeights } from '../../../src/engine/onnx/graphWeights';
import { prepareWeights } from '../../../src/engine/onnx/prepareWeights';
import type { PreparedWeights } from '../../../src/engine/onnx/prepareWeights';
import type { StoredWeight } from '../../../src/engine/onnx/storedWeight';
import { relativeError } from '../../fixtures/assertClose';
import { randomTensorBytes } from '../../fixtures/randomTensorBytes';
import { quietContext } from '../../fixtures/quietContext';
import { floatTensor, int64Tensor, runGraph } from '../../fixtures/runGraph';
import { seededRandom } from '../../fixtures/seededRandom';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

const outputs = 48;
/** Five blocks: an odd number; the kinds with blocks of 256 have two of those. */
const inputsOf = (stored: string): number => (stored.endsWith('_K') ? 512 : 160);

interface Case {
  readonly stored: string;
  readonly role: WeightRole;
  readonly dtype: WeightDtype;
  /** As `describeFormat` puts it. */
  readonly format: string;
  /** Largest relative error of products and rows. */
  readonly within: number;
}

const exact = 2e-6;
const cases: readonly Case[] = [
  { stored: 'F32', role: 'linear', dtype: 'f32', format: 'dense float32', within: exact },
  { stored: 'BF16', role: 'linear', dtype: 'f32', format: 'dense float32', within: exact },
  { stored: 'Q4_0', role: 'linear', dtype: 'f32', format: '4-bit blocks', within: exact },
  { stored: 'Q4_1', role: 'linear', dtype: 'f32', format: '4-bit blocks with offsets', within: exact },
  { stored: 'Q4_K', role: 'linear', dtype: 'f32', format: '4-bit blocks with offsets', within: exact },
  { stored: 'Q6_K', role: 'linear', dtype: 'f32', format: 'dense float32', within: exact },
  { stored: 'Q8_0', role: 'linear', dtype: 'f32', format: 'dense float32', within: exact },
  { stored: 'F32', role: 'conv1d', dtype: 'f32', format: 'dense float32', within: exact },
  { stored: 'Q4_0', role: 'embedding', dtype: 'f32', format: '4-bit blocks', within: exact },
  { stored: 'Q4_1', role: 'embedding', dtype: 'f32', format: 'dense float32', within: exact },
  { stored: 'Q8_0', role: 'embedding', dtype: 'f32', format: 'dense float32', within: exact },
  { stored: 'F32', role: 'linear', dtype: 'int8', format: 'channels', within: 0.02 },
  { stored: 'Q8_0', role: 'linear', dtype: 'int8', format: 'channels', within: 0.02 },
  { stored: 'BF16', role: 'conv1d', dtype: 'int8', format: 'channels', within: 0.02 },
  { stored: 'F16', role: 'embedding', dtype: 'int8', format: '8-bit blocks', within: 0.01 },
  { stored: 'BF16', role: 'linear', dtype: 'int4', format: '4-bit blocks with zero points', within: 0.15 },
  { stored: 'F16', role: 'conv1d', dtype: 'int4', format: '4-bit blocks with zero points', within: 0.15 },
  { stored: 'Q4_K', role: 'linear', dtype: 'int4', format: '4-bit blocks with offsets', within: exact },
  { stored: 'Q6_K', role: 'linear', dtype: 'int4', format: '4-bit blocks with zero points', within: 0.15 },
  { stored: 'Q4_0', role: 'linear', dtype: 'int4', format: '4-bit blocks', within: exact },
  { stored: 'Q4_1', role: 'linear', dtype: 'int4', format: '4-bit blocks with offsets', within: exact },
  { stored: 'Q8_0', role: 'linear', dtype: 'int4', format: '4-bit blocks with zero points', within: 0.15 },
  { stored: 'BF16', role: 'embedding', dtype: 'int4', format: '8-bit blocks', within: 0.01 },
  { stored: 'Q8_0', role: 'embedding', dtype: 'int4', format: '8-bit blocks', within: exact },
  { stored: 'BF16', role: 'plain', dtype: 'int4', format: 'dense float32', within: exact },
  { stored: 'F32', role: 'linear', dtype: 'f16', format: 'dense float16', within: 1e-3 },
  { stored: 'F16', role: 'linear', dtype: 'f16', format: 'dense float16', within: 0 },
];

function describeFormat(weight: StoredWeight): string {
  if (weight.kind === 'dense') return `dense ${weight.values.dtype}`;
  if (weight.kind === 'channels') return 'channels';
  const also = weight.offsets === null ? '' : ' with offsets';
  return `${weight.bits}-bit blocks${weight.zeroPoints === null ? '' : ' with zero points'}${also}`;
}

describe('the formats of weights', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();

  /** A checkpoint of one tensor, and its values as [outputs, inputs]. */
  function write({ stored, role }: Case): { readonly checkpoint: Checkpoint; readonly values: Float32Array } {
    const inputs = inputsOf(stored);
    const bytes = randomTensorBytes(stored, outputs * inputs);
    const file = join(folder(), `${stored}.bin`);
    writeFileSync(file, bytes);
    const shape = role === 'conv1d' ? [inputs, outputs] : [outputs, inputs];
    const entry: TensorEntry = { name: 'w', dtype: stored, shape, file, offset: 0, bytes: bytes.length };
    const fingerprint = createHash('sha256').update(file).update(role).digest('hex');
    // What it reads of a checkpoint.
    const checkpoint = { path: file, tensors: new Map([['w', entry]]), fingerprint } as unknown as Checkpoint;
    const values = decodeTensor(bytes, entry);
    const turned = values.map((_, i) => values[(i % inputs) * outputs + Math.floor(i / inputs)]);
    return { checkpoint, values: role === 'conv1d' ? turned : values };
  }

  async function prepare(checkpoint: Checkpoint, { role, dtype }: Case): Promise<PreparedWeights> {
    return prepareWeights({ checkpoint, wanted: [{ name: 'w', role }], dtype }, quietContext());
  }

  for (const one of cases) {
    it(`stores ${one.stored} for ${one.dtype} as ${one.format} where it is ${one.role}, which the graph reads right`, async () => {
      const { checkpoint, values } = write(one);
      const inputs = inputsOf(one.stored);
      const { weights, loss } = await prepare(checkpoint, one);
      const weight = weights.get('w') as StoredWeight;
      assert.equal(describeFormat(weight), one.format);
      assert.equal(loss === null, one.within <= 1e-3, `loss ${loss}`);
      if (one.dtype === 'f16') return; // graphs in F16 are tried with the devices that have it
      const source = graphWeights({ find: () => weight, blocks: 'exact' });
      const x = graphInput('x', 'float32', [1, 'tokens', inputs]);
      const ids = graphInput('ids', 'int64', ['rows']);
      const random = seededRandom(3);
      const tokens = Array.from({ length: 2 * inputs }, () => random.next() - 0.5);
      const isTable = one.role === 'embedding';
      const found = await runGraph({
        inputs: isTable ? [x, ids] : [x],
        outputs: {
          product: source.linear(x, {
            weight: 'w',
            outputs,
            inputs,
            layout: one.role === 'conv1d' ? 'conv1d' : 'linear',
          }),
          ...(isTable ? { rows: source.rows('w', [outputs, inputs], ids) } : {}),
        },
        feeds: {
          x: floatTensor(tokens, [1, 2, inputs]),
          ...(isTable ? { ids: int64Tensor([outputs - 1, 0, 17], [3]) } : {}),
        },
      });
      const product = [0, 1].flatMap((token) =>
        Array.from({ length: outputs }, (_, output) =>
          values
            .subarray(output * inputs, (output + 1) * inputs)
            .reduce((sum, value, input) => sum + value * tokens[token * inputs + input], 0),
        ),
      );
      // The activations of `channels` are quantised as well.
      assert.ok(relativeError(found['product'].values, product) <= one.within * 3);
      if (!isTable) return;
      const rows = [outputs - 1, 0, 17].flatMap((row) => [...values.subarray(row * inputs, (row + 1) * inputs)]);
      assert.ok(relativeError(found['rows'].values, rows) <= one.within);
    });
  }
});
