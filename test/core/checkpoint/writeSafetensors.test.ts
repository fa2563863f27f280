import assert from 'node:assert/strict';
import { writeSafetensors } from '../../../src/core/checkpoint/writeSafetensors';

describe('writeSafetensors', () => {
  it('lays out header length, padded header and data as the format says', () => {
    const bytes = writeSafetensors(
      [
        { name: 'weight', shape: [2, 2], values: Float32Array.of(1, -2, 0.5, 3) },
        { name: 'bias', shape: [1], values: Float32Array.of(7) },
      ],
      { alidade: '{"name":"µ"}' },
    );
    const view = new DataView(bytes.buffer);
    const headerLength = Number(view.getBigUint64(0, true));
    assert.equal(headerLength % 8, 0);
    assert.equal(bytes.length, 8 + headerLength + 20);
    assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength))), {
      __metadata__: { alidade: '{"name":"µ"}' },
      weight: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
      bias: { dtype: 'F32', shape: [1], data_offsets: [16, 20] },
    });
    const values = [0, 4, 8, 12, 16].map((offset) => view.getFloat32(8 + headerLength + offset, true));
    assert.deepEqual(values, [1, -2, 0.5, 3, 7]);
  });

  it('refuses values that do not fill the shape, and a name that comes twice', () => {
    const tensor = { name: 'weight', shape: [2], values: Float32Array.of(1, 2) };
    assert.throws(() => writeSafetensors([{ ...tensor, shape: [3] }]), /shape/);
    assert.throws(() => writeSafetensors([tensor, tensor]), /two tensors/);
  });
});
