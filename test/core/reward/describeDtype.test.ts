import assert from 'node:assert/strict';
import { describeDtype } from '../../../src/core/reward/describeDtype';

describe('the description of a dtype', () => {
  it('says by how much the weights are off, where they are', () => {
    assert.equal(describeDtype({ dtype: 'f32' }), 'f32');
    assert.equal(describeDtype({ dtype: 'f32', quantisationLoss: null }), 'f32');
    assert.equal(describeDtype({ dtype: 'f16', quantisationLoss: 0 }), 'f16');
    assert.equal(describeDtype({ dtype: 'int4', quantisationLoss: 0.0712 }), 'int4, weights 7.1 % off');
    assert.equal(describeDtype({ dtype: 'int8', quantisationLoss: 0.00923 }), 'int8, weights 0.92 % off');
    assert.equal(describeDtype({ dtype: 'f16', quantisationLoss: 0.00004 }), 'f16, weights < 0.01 % off');
  });
});
