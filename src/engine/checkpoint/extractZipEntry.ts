import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { PassThrough } from 'node:stream';
import { FormatError } from '../../core/formatError';
import { withFile, type FileByteSource } from './fileByteSource';

export interface ExtractParams {
  readonly archive: string;
  /** Full name inside the archive. */
  readonly entry: string;
  readonly output: string;
  /** Bytes of the unpacked entry; another size is an error. */
  readonly size: number;
}

const endSignature = 0x06054b50;
const directorySignature = 0x02014b50;
const localSignature = 0x04034b50;
const stored = 0;
const deflated = 8;

/**
 * Unpacks one entry of a zip archive (a Python wheel is one), streaming. Archives below 4 GB, without encryption.
 * @throws FormatError when the archive is damaged or has no such entry of this size.
 */
export async function extractZipEntry(
  { archive, entry, output, size }: ExtractParams,
  signal: AbortSignal,
): Promise<void> {
  const found = await withFile(archive, (source) => locateEntry(source, entry));
  if (found.unpackedSize !== size) {
    throw new FormatError({
      problem: `${entry} has ${found.unpackedSize} bytes, ${size} were expected`,
      file: archive,
    });
  }
  const packed = createReadStream(archive, { start: found.offset, end: found.offset + found.packedSize - 1 });
  const unpack = found.method === deflated ? createInflateRaw() : new PassThrough();
  await pipeline(packed, unpack, createWriteStream(output), { signal });
}

interface ZipEntry {
  readonly method: number;
  readonly offset: number;
  readonly packedSize: number;
  readonly unpackedSize: number;
}

async function locateEntry(source: FileByteSource, wanted: string): Promise<ZipEntry> {
  const fail = (problem: string): never => {
    throw new FormatError({ problem, file: source.path });
  };
  const tailLength = Math.min(source.size, 65_557);
  const tail = await source.read(source.size - tailLength, tailLength);
  const tailView = new DataView(tail.buffer, tail.byteOffset, tail.length);
  let end = tailLength - 22;
  while (0 <= end && tailView.getUint32(end, true) !== endSignature) end--;
  if (end < 0) return fail('not a zip archive');
  const directoryLength = tailView.getUint32(end + 12, true);
  const directoryOffset = tailView.getUint32(end + 16, true);
  if (source.size < directoryOffset + directoryLength)
    return fail('the directory of the archive is not inside the file');
  const directory = await source.read(directoryOffset, directoryLength);
  const view = new DataView(directory.buffer, directory.byteOffset, directory.length);
  for (let at = 0; at + 46 <= directory.length;) {
    if (view.getUint32(at, true) !== directorySignature) return fail('the directory of the archive is damaged');
    const nameLength = view.getUint16(at + 28, true);
    const next = at + 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    const name = new TextDecoder().decode(directory.subarray(at + 46, at + 46 + nameLength));
    if (name !== wanted) {
      at = next;
      continue;
    }
    const method = view.getUint16(at + 10, true);
    if (method !== stored && method !== deflated) return fail(`${wanted} is packed by the unknown method ${method}`);
    const packedSize = view.getUint32(at + 20, true);
    const local = view.getUint32(at + 42, true);
    if (packedSize === 0 || source.size < local + 30 + packedSize) return fail(`${wanted} is not inside the file`);
    const header = await source.read(local, 30);
    const headerView = new DataView(header.buffer, header.byteOffset, 30);
    if (headerView.getUint32(0, true) !== localSignature) return fail(`the header of ${wanted} is damaged`);
    const offset = local + 30 + headerView.getUint16(26, true) + headerView.getUint16(28, true);
    if (source.size < offset + packedSize) return fail(`${wanted} is not inside the file`);
    return { method, offset, packedSize, unpackedSize: view.getUint32(at + 24, true) };
  }
  return fail(`the archive has no ${wanted}`);
}
