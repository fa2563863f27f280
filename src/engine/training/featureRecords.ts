import { crc32 } from 'node:zlib';
import type { FeaturePlace } from '../../core/training/featureMatrix';

/** A row of states, and the CRC-32 of its bytes. */
export interface StateReference {
  /** In the file of its place. */
  readonly row: number;
  readonly checksum: number;
}

/** What is known of one text. A later record of the same text replaces an earlier one. */
export interface FeatureRecord {
  /** SHA-256 of the text, hexadecimal. */
  readonly key: string;
  /** SHA-256 of the tokens that the gate has seen, the same for every reply to a prompt; null without a gate state. */
  readonly promptKey: string | null;
  readonly responseTokens: number;
  readonly states: Readonly<Partial<Record<FeaturePlace, StateReference>>>;
}

/** In the order of a record. */
export const featurePlaces = ['last', 'mean', 'gate'] as const satisfies readonly FeaturePlace[];

// A record, little-endian: key (32 bytes), prompt key (32), response tokens (u32), for each place its row + 1 (u32, 0:
// none) and checksum (u32), whether it is the last of those that were written together (u32), CRC-32 of all before it (u32).
const ROWS_START = 68;
const LAST_START = ROWS_START + 8 * featurePlaces.length;
const CHECKSUM_START = LAST_START + 4;
export const recordLength = CHECKSUM_START + 4; // bytes

/** Records that belong together, as they are appended: read again, they are there all or not at all. */
export function writeFeatureRecords(records: readonly FeatureRecord[]): Uint8Array {
  const bytes = Buffer.alloc(records.length * recordLength);
  records.forEach(({ key, promptKey, responseTokens, states }, index) => {
    const record = bytes.subarray(index * recordLength, (index + 1) * recordLength);
    record.write(key, 0, 'hex');
    if (promptKey !== null) record.write(promptKey, 32, 'hex');
    record.writeUInt32LE(responseTokens, 64);
    featurePlaces.forEach((place, at) => {
      const reference = states[place];
      if (reference === undefined) return;
      record.writeUInt32LE(reference.row + 1, ROWS_START + 8 * at);
      record.writeUInt32LE(reference.checksum, ROWS_START + 8 * at + 4);
    });
    record.writeUInt32LE(index === records.length - 1 ? 1 : 0, LAST_START);
    record.writeUInt32LE(crc32(record.subarray(0, CHECKSUM_START)), CHECKSUM_START);
  });
  return bytes;
}

export interface FeatureRecords {
  readonly records: readonly FeatureRecord[];
  /** Bytes up to the end of the last records that are there together; what follows can be cut off. */
  readonly end: number;
}

/** Records as a killed process may have left them, and without those whose bytes have changed. */
export function readFeatureRecords(bytes: Uint8Array): FeatureRecords {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: FeatureRecord[] = [];
  let together = 0;
  let end = 0;
  for (let start = 0; start + recordLength <= buffer.length; start += recordLength) {
    const record = buffer.subarray(start, start + recordLength);
    if (crc32(record.subarray(0, CHECKSUM_START)) !== record.readUInt32LE(CHECKSUM_START)) continue;
    records.push(readRecord(record));
    if (record.readUInt32LE(LAST_START) === 0) continue;
    together = records.length;
    end = start + recordLength;
  }
  return { records: records.slice(0, together), end };
}

function readRecord(record: Buffer): FeatureRecord {
  const states: Partial<Record<FeaturePlace, StateReference>> = {};
  featurePlaces.forEach((place, at) => {
    const row = record.readUInt32LE(ROWS_START + 8 * at) - 1;
    if (0 <= row) states[place] = { row, checksum: record.readUInt32LE(ROWS_START + 8 * at + 4) };
  });
  return {
    key: record.toString('hex', 0, 32),
    promptKey: states.gate === undefined ? null : record.toString('hex', 32, 64),
    responseTokens: record.readUInt32LE(64),
    states,
  };
}
