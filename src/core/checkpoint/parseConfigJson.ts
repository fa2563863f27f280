import { FormatError } from '../formatError';
import { JsonCursor } from './jsonCursor';

/** Bytes. Configs with thousands of labels have about one. */
export const maximumConfigLength = 4_000_000;

/**
 * The text of config.json as a value. As Python reads it: `NaN` and `Infinity` are numbers, of repeated keys the last counts.
 * @throws FormatError
 */
export function parseConfigJson(bytes: Uint8Array, file: string): unknown {
  if (maximumConfigLength < bytes.length)
    throw new FormatError({ problem: `a configuration of ${bytes.length} bytes`, file });
  const hasByteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const text = hasByteOrderMark ? bytes.subarray(3) : bytes;
  const cursor = new JsonCursor({
    bytes: text,
    file,
    fileOffset: hasByteOrderMark ? 3 : 0,
    allowNonFinite: true,
    repeatedKeys: 'lastWins',
  });
  const value = cursor.readValue();
  cursor.expectEnd();
  return value;
}
