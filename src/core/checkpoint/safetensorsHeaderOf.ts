/** A tensor that is to be in a file. */
export interface TensorToLayOut {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** What stands before the data of a safetensors file with these tensors in this order: length, JSON padded to eight bytes. */
export function safetensorsHeaderOf(tensors: readonly TensorToLayOut[]): Uint8Array {
  const members = [`"__metadata__":${JSON.stringify({ format: 'pt' })}`];
  let end = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    members.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [end, end + bytes] })}`);
    end += bytes;
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const length = 8 * Math.ceil(json.length / 8);
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}
