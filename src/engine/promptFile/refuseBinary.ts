import { AlidadeError } from '../../core/alidadeError';

const parquet = [0x50, 0x41, 0x52, 0x31] as const;

const beginnings: readonly { readonly bytes: readonly number[]; readonly what: string; readonly hint?: string }[] = [
  { bytes: [0xff, 0xfe], what: 'UTF-16 text', hint: 'save it as UTF-8' },
  { bytes: [0xfe, 0xff], what: 'UTF-16 text', hint: 'save it as UTF-8' },
  { bytes: parquet, what: 'Parquet, which cannot be read from a stream', hint: 'give the file by its name' },
  { bytes: [0x1f, 0x8b], what: 'compressed (gzip)', hint: 'decompress it' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: 'compressed (Zstandard)', hint: 'decompress it' },
  { bytes: [0x42, 0x5a, 0x68], what: 'compressed (bzip2)', hint: 'decompress it' },
  { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: 'compressed (xz)', hint: 'decompress it' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], what: 'a zip archive or a workbook' },
  { bytes: [0xd0, 0xcf, 0x11, 0xe0], what: 'a workbook' },
  { bytes: [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], what: 'Arrow' },
  { bytes: [0xff, 0xff, 0xff, 0xff], what: 'Arrow' },
  { bytes: [0x4f, 0x52, 0x43], what: 'ORC' },
  { bytes: [0x4f, 0x62, 0x6a, 0x01], what: 'Avro' },
];

/** @throws AlidadeError `unsupported` for what is no text in UTF-8. */
export function refuseBinary(head: Uint8Array, name: string): void {
  const found = beginnings.find(({ bytes }) => startsWith(head, bytes));
  if (found === undefined) return;
  throw new AlidadeError({
    code: 'unsupported',
    message: `${name} is ${found.what}`,
    hint: found.hint ?? 'give JSONL, JSON, CSV or Parquet',
  });
}

export function isParquet(head: Uint8Array): boolean {
  return startsWith(head, parquet);
}

function startsWith(head: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, index) => head[index] === byte);
}
