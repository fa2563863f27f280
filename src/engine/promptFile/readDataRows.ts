import { AlidadeError } from '../../core/alidadeError';
import { FormatError } from '../../core/formatError';
import { parseDataFile, parseDataLine, type DataRow } from '../../core/promptFile/parseDataFile';
import { detectDataFormat, mayBeWholeFile } from './detectDataFormat';
import { splitLines } from './splitLines';

export interface DataRowsParams {
  readonly source: AsyncIterable<Uint8Array>;
  /** Path or name: for errors, and for what its ending tells. */
  readonly name: string;
  /** Told before each row how many bytes of the source lie before its end. */
  readonly onPosition?: ((bytes: number) => void) | undefined;
}

/** The longest text that a JavaScript engine can hold is about 536 million units. */
const mostJsonBytes = 500_000_000;

/**
 * The rows of a data file one after the other. JSONL is streamed; a JSON list is read whole. What the format is follows from
 * the content. A row that cannot be read has an `error`.
 * @throws AlidadeError `unsupported` for other formats, FormatError for a JSON list that breaks off (after its complete rows).
 */
export async function* readDataRows({ source, name, onPosition }: DataRowsParams): AsyncGenerator<DataRow> {
  const lines = splitLines(source, name);
  const head: Uint8Array[] = [];
  const first = await readFilledLine(lines, head);
  if (first === null) return;
  refuseBinary(head[0], name);
  // Only where it matters: who writes rows into a pipe may wait for the answer to each.
  const isOnlyLine = mayBeWholeFile(first) && (await readFilledLine(lines, head)) === null;
  const format = detectDataFormat({ first, isOnlyLine, name });
  if (format === 'jsonl') {
    let line = 0;
    let bytes = 0;
    for await (const content of chain(head, lines)) {
      bytes += content.length + 1;
      const row = readLine(content, line);
      line += 1;
      if (row === null) continue;
      onPosition?.(bytes);
      yield row;
    }
    return;
  }
  yield* readList({ chunks: chain(head, lines), name, onPosition });
}

async function* readList(params: {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly name: string;
  readonly onPosition: ((bytes: number) => void) | undefined;
}): AsyncGenerator<DataRow> {
  const { name, onPosition } = params;
  const parts: Uint8Array[] = [];
  const lineBreak = Uint8Array.of(0x0a);
  let bytes = 0;
  for await (const line of params.chunks) {
    bytes += line.length + 1;
    if (mostJsonBytes < bytes) {
      throw new AlidadeError({
        code: 'unsupported',
        message: `${name} is a JSON list of more than ${mostJsonBytes / 1e6} MB`,
        hint: 'write it as JSONL, one row a line: that is streamed',
      });
    }
    parts.push(line, lineBreak);
  }
  const text = decode(Buffer.concat(parts));
  if (text === null) throw new FormatError({ problem: 'not valid UTF-8', file: name, hint: 'save it as UTF-8' });
  const { rows, problem } = parseDataFile({ text, format: 'json' });
  for (const [index, row] of rows.entries()) {
    onPosition?.((bytes * (index + 1)) / rows.length);
    yield row;
  }
  if (problem !== null) throw new FormatError({ problem: problem.message, file: name, hint: 'mend the file' });
}

function readLine(content: Uint8Array, line: number): DataRow | null {
  if (isBlank(content)) return null;
  const text = decode(content);
  if (text !== null) return parseDataLine(text, line);
  const id = String(line + 1);
  const span = { start: 0, end: 0 };
  const error = { code: 'row', message: `row ${id}: not valid UTF-8`, span } as const;
  return { line, span, id, kind: null, row: null, error, parts: [], subset: null };
}

/** The next line that is not blank, '' where it is not UTF-8; null at the end. All lines read are added to `read`. */
async function readFilledLine(lines: AsyncIterator<Uint8Array>, read: Uint8Array[]): Promise<string | null> {
  for (;;) {
    const next = await lines.next();
    if (next.done === true) return null;
    read.push(next.value);
    if (!isBlank(next.value)) return decode(next.value) ?? '';
  }
}

/** null: not UTF-8. A byte-order mark is dropped. */
function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

const binaryBeginnings: readonly { readonly bytes: readonly number[]; readonly what: string }[] = [
  { bytes: [0xff, 0xfe], what: 'UTF-16 text' },
  { bytes: [0xfe, 0xff], what: 'UTF-16 text' },
  { bytes: [0x50, 0x41, 0x52, 0x31], what: 'a Parquet file' },
  { bytes: [0x1f, 0x8b], what: 'compressed' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], what: 'a zip archive' },
];

function refuseBinary(line: Uint8Array, name: string): void {
  const found = binaryBeginnings.find(({ bytes }) => bytes.every((byte, index) => line[index] === byte));
  if (found === undefined) return;
  throw new AlidadeError({
    code: 'unsupported',
    message: `${name} is ${found.what}`,
    hint: 'give JSONL or a JSON list in UTF-8',
  });
}

async function* chain<Item>(first: readonly Item[], rest: AsyncIterable<Item>): AsyncGenerator<Item> {
  yield* first;
  yield* rest;
}
