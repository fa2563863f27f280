import { FormatError } from '../../core/formatError';

/** Bytes; the longest line that is read. */
const longestLine = 256_000_000;

/**
 * The lines of a stream without their line feeds; a carriage return before one stays.
 * @throws FormatError for a line that is too long to be a row.
 */
export async function* splitLines(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let line = 1;
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); 0 <= end; end = chunk.indexOf(0x0a, start)) {
      const last = chunk.subarray(start, end);
      yield parts.length === 0 ? last : Buffer.concat([...parts, last]);
      parts = [];
      length = 0;
      line += 1;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (longestLine < length) {
      throw new FormatError({
        problem: `line ${line} is longer than ${longestLine / 1e6} MB`,
        file: name,
        hint: 'a row has to be shorter',
      });
    }
  }
  if (0 < parts.length) yield Buffer.concat(parts);
}
