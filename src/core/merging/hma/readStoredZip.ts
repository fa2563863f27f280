import { FormatError } from '../../formatError';

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const localHeader = 0x04034b50;
/** PyTorch writes a file for each tensor: of a learnt merge a few, or some hundred of a model by layers. */
const mostEntries = 10_000;

/**
 * The files of a ZIP archive without compression, as `torch.save` writes it, by their names.
 * @param file named in errors
 * @throws FormatError
 */
export function readStoredZip(bytes: Uint8Array, file: string): ReadonlyMap<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (problem: string, offset: number): never => {
    throw new FormatError({
      problem,
      file,
      offset,
      hint: 'it has to be a file that torch.save wrote, in its ZIP format',
    });
  };
  const expect = (offset: number, length: number, magic: number, what: string): void => {
    if (bytes.length < offset + length || view.getUint32(offset, true) !== magic) fail(`there is no ${what}`, offset);
  };
  const end = findEnd(view);
  if (end === null) return fail('it is no ZIP archive', 0);
  const count = view.getUint16(end + 10, true);
  if (mostEntries < count) fail(`it has ${count} files`, end);
  const entries = new Map<string, Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let index = 0; index < count; index += 1) {
    expect(at, 46, directoryEntry, 'entry of the directory');
    const method = view.getUint16(at + 10, true);
    const [packed, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const nameLength = view.getUint16(at + 28, true);
    const start = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (method !== 0 || packed !== size) fail(`${name} is compressed, which torch.save does not do`, at);
    expect(start, 30, localHeader, `header of ${name}`);
    const data = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
    if (bytes.length < data + size) fail(`${name} ends after the file does`, data);
    entries.set(name, bytes.subarray(data, data + size));
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** It is followed by a comment of at most 65,535 bytes. */
function findEnd(view: DataView): number | null {
  const least = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let at = view.byteLength - 22; least <= at; at -= 1) {
    if (view.getUint32(at, true) === endOfDirectory) return at;
  }
  return null;
}
