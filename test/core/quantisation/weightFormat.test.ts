import assert from 'node:assert/strict';
import { chooseWeightFormat } from '../../../src/core/quantisation/weightFormat';
import type { WeightDtype, WeightRole } from '../../../src/core/quantisation/weightFormat';

function describeFormat(stored: string, role: WeightRole, dtype: WeightDtype, shape = [64, 512], adapter?: object) {
  const format = chooseWeightFormat({ dtype: stored, shape, ...(adapter && { adapter }) }, role, dtype);
  if (format.kind === 'dense') return format.type;
  if (format.kind === 'channels') return 'channels';
  return `${format.bits}${format.zeroPoints ? 'z' : ''}${format.offsets ? 'o' : ''}${format.exact ? ' exact' : ''}`;
}

const dtypes = ['f32', 'f16', 'int8', 'int4'] as const;

describe('chooseWeightFormat', () => {
  const table: Readonly<Record<string, readonly [string, string, string, string]>> = {
    'F32 linear': ['float32', 'float16', 'channels', '4z'],
    'BF16 linear': ['float32', 'float16', 'channels', '4z'],
    'BF16 conv1d': ['float32', 'float16', 'channels', '4z'],
    'Q4_0 linear': ['4 exact', 'float16', 'channels', '4 exact'],
    'Q4_1 linear': ['4o exact', 'float16', 'channels', '4o exact'],
    'Q4_K linear': ['4o exact', 'float16', 'channels', '4o exact'],
    'Q5_K linear': ['float32', 'float16', 'channels', '4z'],
    'Q8_0 linear': ['float32', 'float16', 'channels', '4z'],
    'BF16 embedding': ['float32', 'float16', '8', '8'],
    'Q4_0 embedding': ['4 exact', 'float16', '4 exact', '4 exact'],
    'Q4_1 embedding': ['float32', 'float16', '8', '8'],
    'Q8_0 embedding': ['float32', 'float16', '8 exact', '8 exact'],
    'BF16 plain': ['float32', 'float16', 'float32', 'float32'],
    'Q4_0 plain': ['float32', 'float16', 'float32', 'float32'],
  };
  for (const [what, expected] of Object.entries(table)) {
    it(`stores ${what} as ${expected.join(', ')} for ${dtypes.join(', ')}`, () => {
      const [stored, role] = what.split(' ') as [string, WeightRole];
      assert.deepEqual(
        dtypes.map((dtype) => describeFormat(stored, role, dtype)),
        expected,
      );
    });
  }

  it('leaves dense what does not divide into blocks of 32 inputs', () => {
    assert.equal(describeFormat('BF16', 'linear', 'int4', [64, 100]), 'float32');
    assert.equal(describeFormat('BF16', 'conv1d', 'int4', [64, 100]), '4z');
    assert.equal(describeFormat('BF16', 'conv1d', 'int4', [100, 64]), 'float32');
    assert.equal(describeFormat('BF16', 'linear', 'int8', [64]), 'float32');
  });

  it('does not take blocks as they are where an adapter is added to them', () => {
    assert.equal(describeFormat('Q4_0', 'linear', 'int4', [64, 64], {}), '4z');
    assert.equal(describeFormat('Q4_0', 'linear', 'f32', [64, 64], {}), 'float32');
  });
});
