import assert from 'node:assert/strict';
import { decodeTensor } from '../../../src/core/checkpoint/decodeTensor';
import reference from '../../references/ggufBlocks.json';

describe('blocks of GGUF files', () => {
  for (const [dtype, { bytes: encoded, values }] of Object.entries(reference.kinds)) {
    it(`decodes ${dtype} to the very values of the Python package gguf ${reference.gguf}`, () => {
      const bytes = new Uint8Array(Buffer.from(encoded, 'base64'));
      const expected = new Float32Array(new Uint8Array(Buffer.from(values, 'base64')).buffer);
      assert.ok(new Set(expected).size > 8);
      const entry = { name: 't', dtype, shape: [expected.length], file: 'x', offset: 0, bytes: bytes.length };
      assert.deepEqual(decodeTensor(bytes, entry), expected);
      // At an odd address too.
      const room = new Uint8Array(bytes.length + 1);
      room.set(bytes, 1);
      assert.deepEqual(decodeTensor(room.subarray(1), entry), expected);
    });
  }
});
