/** A tensor in memory, on its way into a file. */
export interface SafetensorsTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array; // the product of the shape
}

/**
 * The bytes of a safetensors file of F32 tensors, in the order given, with the data aligned to 8 bytes.
 * Format: 8 bytes of header length (little endian), the header as JSON padded with spaces, the data.
 * @throws RangeError when a tensor has another number of values than its shape says, or a name comes twice.
 */
export function writeSafetensors(
  tensors: readonly SafetensorsTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = Object.keys(metadata).length === 0 ? {} : { __metadata__: metadata };
  let end = 0;
  for (const { name, shape, values } of tensors) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== values.length) {
      throw new RangeError(`tensor ${name} has ${values.length} values, its shape [${shape.join(', ')}] ${size}`);
    }
    if (Object.hasOwn(header, name)) {
      throw new RangeError(`two tensors are called ${name}`);
    }
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + 4 * size] };
    end += 4 * size;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = 8 * Math.ceil(json.length / 8);
  const bytes = new Uint8Array(8 + headerLength + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  bytes.set(json, 8);
  bytes.fill(0x20, 8 + json.length, 8 + headerLength);
  let offset = 8 + headerLength;
  for (const { values } of tensors) {
    for (const value of values) {
      view.setFloat32(offset, value, true);
      offset += 4;
    }
  }
  return bytes;
}
