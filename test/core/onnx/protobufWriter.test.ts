import assert from 'node:assert/strict';
import { ProtobufWriter } from '../../../src/core/onnx/protobufWriter';

function written(write: (writer: ProtobufWriter) => void): string {
  const writer = new ProtobufWriter();
  write(writer);
  return Buffer.from(writer.finish()).toString('hex');
}

/** Base-128 digits of a 64-bit two's complement, lowest first, from its binary text. */
function naiveVarint(value: number): string {
  const bits = (BigInt(value) < 0n ? BigInt(value) + 2n ** 64n : BigInt(value)).toString(2);
  const count = Math.max(1, Math.ceil(bits.length / 7));
  const padded = bits.padStart(count * 7, '0');
  const digits = Array.from({ length: count }, (_, index) =>
    parseInt(padded.slice(7 * (count - 1 - index), 7 * (count - index)), 2),
  );
  return Buffer.from(digits.map((digit, index) => digit + (index + 1 < count ? 128 : 0))).toString('hex');
}

describe('ProtobufWriter', () => {
  // The examples of https://protobuf.dev/programming-guides/encoding/
  it('writes the examples of the specification', () => {
    assert.equal(
      written((writer) => writer.integer(1, 150)),
      '089601',
    );
    assert.equal(
      written((writer) => writer.string(2, 'testing')),
      '120774657374696e67',
    );
    assert.equal(
      written((writer) => writer.message(3, (nested) => nested.integer(1, 150))),
      '1a03089601',
    );
    assert.equal(
      written((writer) => writer.integer(1, -2)),
      '08feffffffffffffffff01',
    );
  });

  it('writes integers of every size', () => {
    const edges = [0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER];
    for (const value of [...edges, ...edges.map((edge) => -edge - 1 + Number(edge === Number.MAX_SAFE_INTEGER))]) {
      assert.equal(
        written((writer) => writer.integer(1, value)),
        `08${naiveVarint(value)}`,
        `${value}`,
      );
    }
  });

  it('writes field numbers above 15 in two bytes', () => {
    assert.equal(
      written((writer) => writer.integer(16, 1)),
      '800101',
    );
  });

  it('writes floats little-endian in four bytes', () => {
    assert.equal(
      written((writer) => writer.float(2, 1)),
      '150000803f',
    );
  });

  it('counts the bytes of a text, not its characters', () => {
    assert.equal(
      written((writer) => writer.string(1, 'é')),
      '0a02c3a9',
    );
  });

  it('keeps what it has while it grows', () => {
    const long = new Uint8Array(5000).fill(7);
    const hex = written((writer) => {
      writer.integer(1, 1);
      writer.bytes(2, long);
      writer.integer(3, 2);
    });
    assert.equal(hex, `080112${naiveVarint(5000)}${'07'.repeat(5000)}1802`);
  });
});
