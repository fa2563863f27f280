import assert from 'node:assert/strict';
import { AlidadeError } from '../../../src/core/alidadeError';
import type { DataRow } from '../../../src/core/promptFile/parseDataFile';
import { detectDataFormat } from '../../../src/engine/promptFile/detectDataFormat';
import { readDataRows } from '../../../src/engine/promptFile/readDataRows';
import { splitLines } from '../../../src/engine/promptFile/splitLines';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) {
    yield await Promise.resolve(bytes.subarray(start, start + size));
  }
}

async function readAll(text: string | Uint8Array, name = 'x.jsonl', size = 7): Promise<DataRow[]> {
  const rows: DataRow[] = [];
  const source = inPieces(Buffer.from(text), size);
  for await (const row of readDataRows({ source, name })) rows.push(row);
  return rows;
}

const summary = ({ id, row, error }: DataRow): string => `${id}:${row?.kind ?? error?.message}`;

describe('reading rows from a stream', () => {
  it('does not depend on how the bytes are cut', async () => {
    const text = '\uFEFF{"text":"ä"}\r\n\n  \n{"id":"z","text":"😀"}\n{"text":""}\n{"text":"end"}';
    const whole = await readAll(text, 'x.jsonl', 1000);
    assert.deepEqual(whole.map(summary), ['1:single', 'z:single', '5:row 5: `text` is empty', '6:single']);
    for (const size of [1, 2, 3, 5]) assert.deepEqual(await readAll(text, 'x.jsonl', size), whole);
  });

  it('has no rows in nothing', async () => {
    assert.deepEqual(await readAll(''), []);
    assert.deepEqual(await readAll('\n \r\n'), []);
  });

  it('numbers the rows of a list by their places', async () => {
    const rows = await readAll('[\n\n{"text":"a"},{"text":"b"}\n]', 'x.json');
    assert.deepEqual(rows.map(summary), ['1:single', '2:single']);
  });

  it('takes the first lines that are rows out before the rest has come', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"text":"a"}\n');
      await new Promise(() => undefined);
    }
    const rows = readDataRows({ source: endless(), name: 'pipe' });
    const { value } = (await rows.next()) as { value: DataRow };
    assert.equal(value.id, '1');
  });

  it('tells how far it has come', async () => {
    const positions: number[] = [];
    const text = '{"text":"a"}\n\n{"text":"b"}\n';
    const source = inPieces(Buffer.from(text), 4);
    const rows = readDataRows({ source, name: 'x', onPosition: (bytes) => positions.push(bytes) });
    while ((await rows.next()).done !== true);
    assert.deepEqual(positions, [13, 27]);
  });

  const refused: readonly (readonly [Uint8Array, RegExp])[] = [
    [Buffer.from('\uFEFFabc', 'utf16le'), /is UTF-16 text/],
    [Buffer.from('PAR1....'), /is a Parquet file/],
    [Uint8Array.of(0x1f, 0x8b, 8, 0), /is compressed/],
  ];
  for (const [bytes, message] of refused) {
    it(`refuses what ${message.source}`, async () => {
      await assert.rejects(
        readAll(bytes),
        (error) => error instanceof AlidadeError && error.code === 'unsupported' && message.test(error.message),
      );
    });
  }

  it('refuses a list that is not UTF-8', async () => {
    await assert.rejects(
      readAll(Buffer.from('[\n{"text":"\xff"}]', 'latin1'), 'x.json'),
      (error) => error instanceof AlidadeError && error.code === 'format',
    );
  });
});

describe('the lines of a stream', () => {
  it('are those of the text, the last one with or without its line feed', async () => {
    const lines = async (text: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const line of splitLines(inPieces(Buffer.from(text), 3), 'x'))
        found.push(Buffer.from(line).toString());
      return found;
    };
    assert.deepEqual(await lines('abcd\n\nef\r\ng'), ['abcd', '', 'ef\r', 'g']);
    assert.deepEqual(await lines('abcd\n'), ['abcd']);
    assert.deepEqual(await lines(''), []);
  });
});

describe('the format of a data file', () => {
  const cases: readonly (readonly [first: string, isOnlyLine: boolean, name: string, format: 'jsonl' | 'json'])[] = [
    ['{"text":"a"}', false, 'x.json', 'jsonl'],
    ['{"text":"a"}', true, 'x.json', 'jsonl'],
    ['[', false, 'x.jsonl', 'json'],
    ['[{"text":"a"}]', true, 'x.jsonl', 'json'],
    ['[1,2]', false, 'x.jsonl', 'jsonl'],
    ['{', false, 'standard input', 'json'],
    ['  {"messages": [', false, 'standard input', 'json'],
    ['{"type":"text2text","instances":[]}', true, 'x.json', 'json'],
    ['{"text":"a"', false, 'x.jsonl', 'jsonl'],
    ['{"text":"a"', false, 'x.json', 'json'],
    ['not json', false, 'standard input', 'jsonl'],
  ];
  for (const [first, isOnlyLine, name, format] of cases) {
    it(`is ${format} for ${first} ${isOnlyLine ? 'alone' : 'and more'} in ${name}`, () => {
      assert.equal(detectDataFormat({ first, isOnlyLine, name }), format);
    });
  }
});
