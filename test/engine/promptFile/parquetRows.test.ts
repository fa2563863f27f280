import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { DataRow } from '../../../src/core/promptFile/parseDataFile';
import { openDataInputs } from '../../../src/engine/promptFile/dataInput';
import { AlidadeError } from '../../../src/core/alidadeError';
import { mutateBytes } from '../../fixtures/mutateBytes';
import { rejects } from '../../fixtures/rejects';
import { seededRandom } from '../../fixtures/seededRandom';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

const { signal } = new AbortController();

const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const;
const messageList = (name: string) =>
  [
    { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'OPTIONAL', num_children: 3 },
    { name: 'role', ...text },
    { name: 'content', ...text },
    { name: 'name', ...text },
  ] as const;

const dialogue = (reply: string): object[] => [
  { role: 'user', content: 'Frage „ä“?', name: null },
  { role: 'assistant', content: reply, name: null },
];

/** Pairs of dialogues in row groups of two; the last has no chosen response. */
function writePairs(count: number): Buffer {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const bytes = parquetWriteBuffer({
    schema: [
      { name: 'root', num_children: 5 },
      { name: 'id', type: 'INT64', repetition_type: 'OPTIONAL' },
      ...messageList('chosen'),
      ...messageList('rejected'),
      { name: 'subset', ...text },
      { name: 'note', ...text },
    ],
    columnData: [
      { name: 'id', data: numbers.map((index) => (index === 1 ? 2n ** 60n : BigInt(index + 100))) },
      { name: 'chosen', data: numbers.map((index) => (index === count - 1 ? null : dialogue(`good ${index}`))) },
      { name: 'rejected', data: numbers.map((index) => dialogue(`bad ${index}`)) },
      { name: 'subset', data: numbers.map((index) => (index % 2 === 0 ? 'even' : null)) },
      { name: 'note', data: numbers.map(() => 'not read') },
    ],
    rowGroupSize: 2,
  });
  return Buffer.from(bytes);
}

describe('rows of Parquet', () => {
  const folder = useTemporaryFolder();

  async function readAll(name: string, positions: number[] = []): Promise<DataRow[]> {
    const rows: DataRow[] = [];
    for (const input of await openDataInputs({ paths: [join(folder(), name)] })) {
      const onPosition = (bytes: number): void => void positions.push(bytes);
      for await (const row of input.rows({ signal, onPosition })) rows.push(row);
    }
    return rows;
  }

  it('are read with nested messages, whatever the file is called, one row group after the other', async () => {
    const bytes = writePairs(5);
    writeFileSync(join(folder(), 'x.data'), bytes);
    const positions: number[] = [];
    const rows = await readAll('x.data', positions);
    assert.deepEqual(
      rows.map(({ id, subset, line, row, error }) => [id, subset, line, row?.kind ?? error?.message]),
      [
        ['100', 'even', 0, 'pair'],
        ['1152921504606846976', null, 1, 'pair'],
        ['102', 'even', 2, 'pair'],
        ['103', null, 3, 'pair'],
        ['104', 'even', 4, 'row 104: `chosen` is missing'],
      ],
    );
    const [first] = rows;
    assert.ok(first?.row?.kind === 'pair');
    assert.deepEqual(first.row.chosen, {
      kind: 'messages',
      messages: [
        { role: 'user', content: 'Frage „ä“?' },
        { role: 'assistant', content: 'good 0' },
      ],
    });
    assert.deepEqual(
      positions,
      [1, 2, 3, 4, 5].map((count) => Math.round((bytes.length * count) / 5)),
    );
  });

  it('may have their messages as JSON, and ids as lists of integers', async () => {
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: 'messages', data: [JSON.stringify(dialogue('a')), null, '[{'], type: 'STRING' },
        { name: 'text', data: [null, 'b', null], type: 'STRING' },
      ],
    });
    writeFileSync(join(folder(), 'x.parquet'), Buffer.from(bytes));
    const rows = await readAll('x.parquet');
    assert.deepEqual(
      rows.map(({ id, kind, error }) => [id, kind, error?.message]),
      [
        ['1', 'messages', undefined],
        ['2', 'text', undefined],
        ['3', 'messages', 'row 3: `messages` is a string, not a list of messages'],
      ],
    );
  });

  it('are refused before any is read when the footer is damaged or no column can be scored', async () => {
    writeFileSync(join(folder(), 'cut.parquet'), writePairs(3).subarray(0, 200));
    await rejects(() => readAll('cut.parquet'), 'format', /cut\.parquet.*its footer cannot be read/);
    const other = parquetWriteBuffer({ columnData: [{ name: 'a', data: [1], type: 'INT32' }] });
    writeFileSync(join(folder(), 'other.parquet'), Buffer.from(other));
    await rejects(() => readAll('other.parquet'), 'format', /none of its columns can be scored \(a\)/);
  });

  it('are read or refused with a message for people, whatever bytes have changed', async () => {
    const random = seededRandom(3);
    const whole = writePairs(4);
    for (let round = 0; round < 300; round += 1) {
      writeFileSync(join(folder(), 'x.parquet'), mutateBytes(whole, random));
      try {
        await readAll('x.parquet');
      } catch (error) {
        assert.ok(error instanceof AlidadeError, error instanceof Error ? error.stack : String(error));
        assert.match(error.code, /^(format|unsupported)$/);
      }
    }
  }).timeout(60_000);
});

describe('the inputs of a run', () => {
  const folder = useTemporaryFolder();

  async function listNames(...paths: readonly string[]): Promise<string[]> {
    return (await openDataInputs({ paths })).map(({ name }) => name.slice(folder().length + 1));
  }

  it('are the files of a folder in the order of their names', async () => {
    const path = join(folder(), 'set');
    mkdirSync(path);
    for (const name of ['b.json', 'a.json', '.hidden.jsonl', 'README.md']) writeFileSync(join(path, name), '[]');
    assert.deepEqual(await listNames(path), [join('set', 'a.json'), join('set', 'b.json')]);
    writeFileSync(join(path, 'c.jsonl'), '');
    await rejects(
      () => listNames(path),
      'unsupported',
      /set is a folder with files of several kinds \(\.json, \.jsonl\)/,
    );
  });

  it('are refused at once where they cannot be read', async () => {
    const refused: readonly (readonly [string, Uint8Array, RegExp])[] = [
      ['a.jsonl.gz', Uint8Array.of(0x1f, 0x8b, 8, 0), /is compressed \(gzip\)/],
      ['a.zst', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), /is compressed \(Zstandard\)/],
      ['a.xlsx', Buffer.from('PK\u0003\u0004'), /is a zip archive or a workbook/],
      ['a.arrow', Buffer.from('ARROW1\0\0'), /is Arrow/],
    ];
    for (const [name, bytes, message] of refused) {
      writeFileSync(join(folder(), name), bytes);
      await rejects(() => listNames(join(folder(), name)), 'unsupported', message);
    }
    await rejects(() => listNames(join(folder(), 'nowhere')), 'not_found', /nowhere does not exist/);
    mkdirSync(join(folder(), 'empty'));
    await rejects(() => listNames(join(folder(), 'empty')), 'unsupported', /empty is a folder with no data files/);
  });

  it('are known again by their content', async () => {
    const path = join(folder(), 'x.jsonl');
    const hash = async (): Promise<string> => {
      const [input] = await openDataInputs({ paths: [path] });
      return (await input?.hash?.(signal)) ?? '';
    };
    writeFileSync(path, '{"text":"a"}');
    const before = await hash();
    assert.match(before, /^[0-9a-f]{64}$/);
    writeFileSync(path, '{"text":"b"}');
    assert.notEqual(await hash(), before);
  });
});
