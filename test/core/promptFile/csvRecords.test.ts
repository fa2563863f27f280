import assert from 'node:assert/strict';
import { CsvRecordSplitter, parseCsvRecord } from '../../../src/core/promptFile/csvRecords';
import { JsonElementSplitter } from '../../../src/core/promptFile/jsonElements';
import { writeCsvRecord } from '../../../src/core/promptFile/writeCsvRecord';
import { mutateBytes, mutationCount } from '../../fixtures/mutateBytes';
import { seededRandom } from '../../fixtures/seededRandom';

/** The same pieces of a text, cut at random places. */
function cutUp(bytes: Uint8Array, next: () => number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = Math.min(bytes.length, start + 1 + Math.floor(next() * 9));
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
}

function splitCsv(pieces: readonly Uint8Array[]): string[] {
  const splitter = new CsvRecordSplitter(',');
  const records = pieces.flatMap((piece) => splitter.push(piece));
  const last = splitter.end();
  return [...records, ...(last === null ? [] : [last])].map(
    ({ bytes, line }) => `${line}:${Buffer.from(bytes).toString('latin1')}`,
  );
}

describe('records of CSV', () => {
  it('read back to the cells that were written', () => {
    const random = seededRandom(1);
    const alphabet = ['a', '"', ',', '\n', '\r\n', ' ', 'ä', ''];
    for (let round = 0; round < 500; round += 1) {
      const table = Array.from({ length: 4 }, () =>
        Array.from({ length: 3 }, () =>
          Array.from({ length: random.below(6) }, () => alphabet[random.below(8)]).join(''),
        ),
      );
      const bytes = Buffer.from(table.map(writeCsvRecord).join(''));
      const splitter = new CsvRecordSplitter(',');
      const records = cutUp(bytes, random.next).flatMap((piece) => splitter.push(piece));
      const cells = records.map((record) => parseCsvRecord(Buffer.from(record.bytes).toString('utf8'), ','));
      assert.deepEqual(
        cells,
        table.map((row) => ({ cells: row, problem: null })),
      );
      assert.equal(splitter.end(), null);
    }
  });

  it('say why their cells are not to be trusted', () => {
    assert.deepEqual(parseCsvRecord('a,"b"x,c', ','), {
      cells: ['a', 'b', 'c'],
      problem: 'there is text after the quotes of cell 2',
    });
    assert.equal(parseCsvRecord('a,"b', ',').problem, 'the quotes of cell 2 are never closed');
    assert.deepEqual(parseCsvRecord('a"b"\t"c,d"\r', '\t'), { cells: ['a"b"', 'c,d'], problem: null });
  });

  it('are the same however the bytes come, whatever they are, and none gets lost', () => {
    const random = seededRandom(2);
    const whole = Buffer.from('id,prompt,response\r\n1,"a, ""b""\nc",d\n\n2,5" e,"f"\n"3",,"g');
    for (let round = 0; round < mutationCount; round += 1) {
      const bytes = mutateBytes(whole, random);
      const records = splitCsv([bytes]);
      assert.deepEqual(splitCsv(cutUp(bytes, random.next)), records);
      const joined = records.map((record) => record.slice(record.indexOf(':') + 1)).join('\n');
      assert.ok([joined, `${joined}\n`].includes(Buffer.from(bytes).toString('latin1')));
      for (const record of records) parseCsvRecord(record, ',');
    }
  });
});

describe('elements of JSON', () => {
  const split = (pieces: readonly Uint8Array[]): unknown => {
    const splitter = new JsonElementSplitter();
    const elements = pieces.flatMap((piece) => splitter.push(piece));
    return [
      elements.map(({ bytes, line }) => `${line}:${Buffer.from(bytes).toString('latin1').trim()}`),
      splitter.end(),
    ];
  };

  it('are the same however the bytes come, whatever they are', () => {
    const random = seededRandom(4);
    const texts = [
      '[{"a":"b\\"]"},\n {"c":[1,{"d":2}]} , 7,"x"]\n',
      '{"type":"conversation","instances":[{"a":{"b":[]}},\n{"instances":["c"]}],"z":{}}',
      '{"a":1}\n{"b":[2]}',
    ];
    for (let round = 0; round < mutationCount; round += 1) {
      const bytes = mutateBytes(Buffer.from(texts[round % texts.length] ?? ''), random);
      assert.deepEqual(split(cutUp(bytes, random.next)), split([bytes]));
    }
  });

  it('are those that JSON.parse finds in a valid list', () => {
    const random = seededRandom(5);
    const make = (depth: number): unknown => {
      switch (random.below(depth === 0 ? 4 : 6)) {
        case 0:
          return random.next();
        case 1:
          return ['', '\\', '"', ']', '}{', ',', '\n\u2028ä'][random.below(7)];
        case 2:
          return null;
        case 3:
          return random.next() < 0.5;
        case 4:
          return Array.from({ length: random.below(4) }, () => make(depth - 1));
        default:
          return Object.fromEntries(Array.from({ length: random.below(4) }, (_, key) => [`k"${key}`, make(depth - 1)]));
      }
    };
    for (let round = 0; round < 1000; round += 1) {
      const rows = Array.from({ length: random.below(5) }, () => make(3));
      const text = JSON.stringify(
        random.next() < 0.5 ? rows : { type: 't', instances: rows, more: make(2) },
        null,
        random.below(3),
      );
      const splitter = new JsonElementSplitter();
      const elements = cutUp(Buffer.from(text), random.next).flatMap((piece) => splitter.push(piece));
      assert.deepEqual(
        elements.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown),
        rows,
      );
      assert.equal(splitter.end(), null);
    }
  });
});
