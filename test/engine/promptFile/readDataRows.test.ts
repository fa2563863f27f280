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
    [Buffer.from('PAR1....'), /is Parquet, which cannot be read from a stream/],
    [Uint8Array.of(0x1f, 0x8b, 8, 0), /is compressed \(gzip\)/],
  ];
  for (const [bytes, message] of refused) {
    it(`refuses what ${message.source}`, async () => {
      await assert.rejects(
        readAll(bytes),
        (error) => error instanceof AlidadeError && error.code === 'unsupported' && message.test(error.message),
      );
    });
  }

  it('gives an element of a list that is not UTF-8 its error', async () => {
    const rows = await readAll(Buffer.from('[\n{"text":"\xff"},{"text":"b"}]', 'latin1'), 'x.json');
    assert.deepEqual(rows.map(summary), ['1:row 1: not valid UTF-8', '2:single']);
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
  const cases: readonly (readonly [text: string, name: string, format: string])[] = [
    ['{"text":"a"}\n{', 'x.json', 'jsonl'],
    ['{"text":"a"}', 'x.json', 'jsonl'],
    ['[\n', 'x.jsonl', 'json'],
    ['[{"text":"a"}]', 'x.jsonl', 'json'],
    ['[{"text":"a', 'x.jsonl', 'json'],
    ['[1,2]\n[3]', 'x.jsonl', 'jsonl'],
    ['{\n', 'standard input', 'json'],
    ['  {"messages": [', 'standard input', 'json'],
    ['{"type":"text2text","instances":[]}', 'x.json', 'json'],
    ['{"type":"text2text","instances":[{"input":"a', 'x.json', 'json'],
    ['{"text":"a"\n', 'x.jsonl', 'jsonl'],
    ['{"text":"a"\n', 'x.json', 'json'],
    ['not json', 'standard input', 'jsonl'],
    ['prompt,response\n', 'standard input', 'csv ","'],
    ['\r\nID;"Chosen";Rejected\r\n', 'x.txt', 'csv ";"'],
    ['prompt\tcompletion\tnote, long', 'x', 'csv "\\t"'],
    ['text', 'x', 'csv ","'],
    ['a,b', 'x.csv', 'csv ","'],
    ['a', 'x.tsv', 'csv "\\t"'],
    ['{"text":"a"}', 'x.csv', 'jsonl'],
  ];
  for (const [text, name, expected] of cases) {
    it(`is ${expected} for ${JSON.stringify(text)} in ${name}`, () => {
      const format = detectDataFormat({ text, name });
      const separator = format.kind === 'csv' ? ` ${JSON.stringify(format.separator)}` : '';
      assert.equal(format.kind + separator, expected);
    });
  }
});

describe('rows of a table', () => {
  it('have the cells of the columns that mean something, with JSON where messages are taken', async () => {
    const messages = [{ role: 'user', content: 'Q "quoted",\nnext line' }];
    const cell = (value: unknown): string => `"${JSON.stringify(value).replaceAll('"', '""')}"`;
    const text = [
      '\uFEFFid,Prompt,response,subset,other',
      'a,Q,"one, ""two""\nthree",S,x',
      `,${cell(messages)},"[1, 2]",,x`,
      'c,Q,"{""a"":1}",,',
      '',
    ].join('\r\n');
    for (const size of [1, 2, 5, 1000]) {
      const rows = await readAll(text, 'x.csv', size);
      assert.deepEqual(
        rows.map(({ id, subset, line }) => [id, subset, line]),
        [
          ['a', 'S', 1],
          ['2', null, 3],
          ['c', null, 4],
        ],
      );
      const inputs = rows.map(({ row }) =>
        row?.kind === 'single' && row.input.kind === 'messages' ? row.input : null,
      );
      assert.deepEqual(inputs[0]?.messages.at(-1), { role: 'assistant', content: 'one, "two"\nthree' });
      assert.deepEqual(inputs[1]?.messages, [...messages, { role: 'assistant', content: '[1, 2]' }]);
      assert.equal(inputs[2]?.messages.at(-1)?.content, '{"a":1}');
    }
  });

  it('have an error each where they are broken, and the rest goes on', async () => {
    const bad = Buffer.concat([
      Buffer.from('prompt,chosen,rejected\nQ,a,b\nQ,a\nQ,"a"x,b\n'),
      Buffer.from('Q,\xff,b\n', 'latin1'),
      Buffer.from(`Q,"[{'role': 'user'}]",b\nQ,,b\nQ,5" pipe,b\nQ,"a,b\nQ,a,b\n`),
    ]);
    const rows = await readAll(bad, 'x.csv');
    assert.deepEqual(rows.map(summary), [
      '1:pair',
      '2:row 2: it has 2 cells, and the header has 3',
      '3:row 3: there is text after the quotes of cell 2',
      '4:row 4: not valid UTF-8',
      '5:row 5: `chosen` is a list as Python prints it, not JSON',
      '6:row 6: `chosen` is missing',
      '7:pair',
      '8:row 8: the quotes of cell 2 are never closed',
    ]);
  });

  it('are refused as a whole without a column to score', async () => {
    await assert.rejects(
      readAll('a,b\n1,2\n', 'x.csv'),
      (error) =>
        error instanceof AlidadeError &&
        error.code === 'format' &&
        error.message.includes('none of its columns can be scored (a, b)'),
    );
  });
});

describe('rows of JSON that is one value', () => {
  it('do not depend on how it is cut or where the type stands', async () => {
    const instances = '[ {"input":"Q","output":"a ]}\\" [{"} ,\n{"input":"Q","output":[{"score":1,"text":"b"}]}]';
    const cases = [
      `{"type":"text2text","instances":${instances}}`,
      `{ "instances" : ${instances}, "type": "text2text" }`,
      `{"note":{"instances":[1]},\n"instances":${instances}}\n`,
      instances,
    ];
    for (const text of cases) {
      for (const size of [1, 3, 1000]) {
        assert.deepEqual((await readAll(text, 'x.json', size)).map(summary), ['1:single', '2:list'], text);
      }
    }
  });

  it('are objects one after the other, too', async () => {
    const rows = await readAll('{\n "text": "a"\n}\n{\n "text": "b", "instances": 3\n}', 'x.json');
    assert.deepEqual(rows.map(summary), ['1:single', '2:single']);
    assert.deepEqual(
      rows.map(({ line }) => line),
      [0, 3],
    );
  });

  it('have an error each where they are broken, and the rest goes on', async () => {
    const rows = await readAll('[{"text":"a"}, {"text":], {"text" "b"}, 7, {"text":"c"},, {"text":"d"}]', 'x.json');
    assert.deepEqual(
      rows.map(({ id, row, error }) => row?.kind ?? `${id}: ${error?.message.replace(/ at .*| expected.*/, '')}`),
      [
        'single',
        '2: row 2: not JSON: value',
        '3: row 3: not JSON: colon',
        '4: row 4: it is a number, not an object',
        'single',
        '6: row 6: not JSON: value',
        'single',
      ],
    );
  });

  it('end with an error where it breaks off or goes on after its end', async () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['[{"text":"a"},\n{"text":', /not JSON: it breaks off within the row of line 2/],
      ['[{"text":"a"},', /not JSON: it breaks off before the list is closed/],
      ['[{"text":"a"}]\n{"text":"b"}', /not JSON: line 2 does not begin a row/],
      ['{"instances":[{"text":"a"}]', /not JSON: it breaks off before the list is closed/],
    ];
    for (const [text, message] of cases) {
      const rows: DataRow[] = [];
      await assert.rejects(
        async () => {
          for await (const row of readDataRows({ source: inPieces(Buffer.from(text), 5), name: 'x.json' }))
            rows.push(row);
        },
        (error) => error instanceof AlidadeError && error.code === 'format' && message.test(error.message),
      );
      assert.deepEqual(rows.map(summary), ['1:single'], text);
    }
  });
});
