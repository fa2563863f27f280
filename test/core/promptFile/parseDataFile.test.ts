import assert from 'node:assert/strict';
import { detectRowKind } from '../../../src/core/promptFile/detectRowKind';
import { parseDataFile, parseDataLine, type DataRow } from '../../../src/core/promptFile/parseDataFile';

const dialogue = (reply: string): unknown[] => [
  { role: 'user', content: 'Q "quoted" \\ {[' },
  { role: 'assistant', content: reply },
];

/** Every span of the row as the text it covers. */
const slices = (text: string, row: DataRow | undefined): unknown =>
  row?.parts.map(({ role, index, span }) => [role, index, JSON.parse(text.slice(span.start, span.end))]);

describe('parseDataFile', () => {
  it('reads a row from each line that is not blank', () => {
    const lines = ['{"text":"one"}', '', '  {"id":"x","text":"two"}\r', '\t', '{"text":"three"}'];
    const text = lines.join('\n');
    const { rows, problem } = parseDataFile({ text, format: 'jsonl' });
    assert.equal(problem, null);
    assert.deepEqual(
      rows.map(({ line, id, kind, span, error }) => [line, id, kind, text.slice(span.start, span.end), error]),
      [
        [0, '1', 'text', '{"text":"one"}', null],
        [2, 'x', 'text', '{"id":"x","text":"two"}', null],
        [4, '5', 'text', '{"text":"three"}', null],
      ],
    );
    assert.deepEqual(rows[1]?.row, { kind: 'single', id: 'x', input: { kind: 'text', text: 'two' } });
  });

  it('points at the parts of every kind of row', () => {
    const [q, a] = dialogue('a');
    const [, b] = dialogue('b');
    const cases: [Record<string, unknown>, unknown][] = [
      [
        { messages: [q, a] },
        [
          ['message', 0, q],
          ['response', 1, a],
        ],
      ],
      [{ messages: [q] }, [['message', 0, q]]],
      [
        {
          conversations: [
            { from: 'human', value: 'Q' },
            { from: 'gpt', value: 'a' },
          ],
        },
        [
          ['message', 0, { from: 'human', value: 'Q' }],
          ['response', 1, { from: 'gpt', value: 'a' }],
        ],
      ],
      [
        { prompt: 'Q', response: 'a' },
        [
          ['prompt', undefined, 'Q'],
          ['response', undefined, 'a'],
        ],
      ],
      [
        { completion: 'a', prompt: [q] },
        [
          ['response', undefined, 'a'],
          ['prompt', undefined, [q]],
        ],
      ],
      [
        { rejected: [q, b], n: [1, { a: '}' }], chosen: [q, a] },
        [
          ['rejected', undefined, [q, b]],
          ['chosen', undefined, [q, a]],
        ],
      ],
      [
        { prompt: 'Q', chosen: 'a', rejected: 'b' },
        [
          ['prompt', undefined, 'Q'],
          ['chosen', undefined, 'a'],
          ['rejected', undefined, 'b'],
        ],
      ],
      [
        { prompt: 'Q', responses: ['a', [b]] },
        [
          ['prompt', undefined, 'Q'],
          ['response', 0, 'a'],
          ['response', 1, [b]],
        ],
      ],
      [{ text: 'é🚢\n' }, [['response', undefined, 'é🚢\n']]],
      [{ ids: [1, 2] }, [['response', undefined, [1, 2]]]],
      [
        { input: { messages: [q] }, preferred_output: [a], non_preferred_output: [b] },
        [
          ['prompt', undefined, { messages: [q] }],
          ['chosen', undefined, [a]],
          ['rejected', undefined, [b]],
        ],
      ],
      [
        { input: 'Q', output: 'a' },
        [
          ['prompt', undefined, 'Q'],
          ['response', undefined, 'a'],
        ],
      ],
      [
        { input: 'Q', output: [{ text: 'a' }] },
        [
          ['prompt', undefined, 'Q'],
          ['response', 0, { text: 'a' }],
        ],
      ],
    ];
    const text = cases.map(([value]) => JSON.stringify(value)).join('\n');
    const { rows } = parseDataFile({ text, format: 'jsonl' });
    assert.equal(rows.length, cases.length);
    for (const [index, [value, expected]] of cases.entries()) {
      assert.equal(rows[index]?.error, null, JSON.stringify(value));
      assert.deepEqual(slices(text, rows[index]), expected, JSON.stringify(value));
    }
  });

  it('points at the same parts in a list with white space', () => {
    const list = [{ messages: dialogue('a') }, { prompt: 'Q', chosen: 'a', rejected: 'b' }];
    const text = `\uFEFF\n${JSON.stringify(list, null, 2)}\n`;
    const { rows, problem } = parseDataFile({ text, format: 'json' });
    assert.equal(problem, null);
    assert.deepEqual(
      rows.map(({ line, id, kind }) => [line, id, kind]),
      [
        [2, '1', 'messages'],
        [14, '2', 'pair'],
      ],
    );
    assert.deepEqual(
      rows.map((row) => JSON.parse(text.slice(row.span.start, row.span.end)) as unknown),
      list,
    );
    assert.deepEqual(slices(text, rows[0]), [
      ['message', 0, dialogue('a')[0]],
      ['response', 1, dialogue('a')[1]],
    ]);
  });

  it('reads one object, and the instances of LMFlow', () => {
    const one = parseDataFile({ text: '{"text": "x"}', format: 'json' });
    assert.deepEqual(
      one.rows.map(({ id, row }) => [id, row?.kind]),
      [['1', 'single']],
    );
    const text = '{"type": "text2text",\n "instances": [{"input": "Q", "output": "a"}]}';
    const lmflow = parseDataFile({ text, format: 'json' });
    assert.equal(lmflow.rows[0]?.line, 1);
    assert.deepEqual(lmflow.rows[0]?.row, {
      kind: 'single',
      id: '1',
      input: {
        kind: 'messages',
        messages: [
          { role: 'user', content: 'Q' },
          { role: 'assistant', content: 'a' },
        ],
      },
    });
  });

  it('keeps the other rows when one is wrong, with its parts and its line', () => {
    const text = '{"text":"x"}\n{"prompt":"Q","chosen":"a","rejected":""}\n{"text": "x",}\n{"text":"y"}';
    const { rows } = parseDataFile({ text, format: 'jsonl' });
    assert.deepEqual(
      rows.map(({ line, kind, row, error }) => [line, kind, row === null, error?.message ?? null]),
      [
        [0, 'text', false, null],
        [1, 'pair', true, 'row 2: `rejected` is empty'],
        [2, null, true, 'row 3: not JSON: property name expected at character 14'],
        [3, 'text', false, null],
      ],
    );
    assert.deepEqual(
      rows[1]?.parts.map(({ role }) => role),
      ['prompt', 'chosen', 'rejected'],
    );
    assert.equal(text.slice(rows[2]?.error?.span.start, rows[2]?.error?.span.end), '}');
  });

  it('finds the complete rows of a list that is being written', () => {
    const { rows, problem } = parseDataFile({ text: '[{"text":"x"},\n {"text":"y"},\n {"tex', format: 'json' });
    assert.deepEqual(
      rows.map(({ line, row }) => [line, row?.id ?? null]),
      [
        [0, '1'],
        [1, '2'],
        [2, null],
      ],
    );
    assert.match(problem?.message ?? '', /^not JSON: /);
  });

  it('never throws, whatever the text', () => {
    const base = JSON.stringify({
      id: 1,
      prompt: 'Q',
      chosen: dialogue('a'),
      rejected: 'b',
      n: [1, 2.5e3, null, true],
    });
    const list = `[${base},${base}]`;
    let seed = 12345;
    const random = (limit: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed % limit;
    };
    const alphabet = ['"', '\\', '{', '}', '[', ']', ',', ':', ' ', '\n', '0', 'é', '\uD83D', ''];
    for (let round = 0; round < 3000; round += 1) {
      const source = round % 2 === 0 ? base : list;
      const at = random(source.length);
      const text =
        round % 3 === 0
          ? source.slice(0, at)
          : source.slice(0, at) + (alphabet[random(alphabet.length)] ?? '') + source.slice(at + 1);
      for (const format of ['json', 'jsonl'] as const) {
        for (const { span, parts, row, error } of parseDataFile({ text, format }).rows) {
          assert.equal(row === null, error !== null);
          for (const part of parts) {
            assert.ok(span.start <= part.span.start && part.span.end <= span.end);
            JSON.parse(text.slice(part.span.start, part.span.end));
          }
        }
      }
    }
    const deep = '['.repeat(200_000);
    for (const text of [
      deep,
      deep + ']'.repeat(200_000),
      `{"messages":${deep}`,
      '',
      '\uFEFF',
      '"',
      'null',
      '5',
      '[5]',
    ]) {
      for (const format of ['json', 'jsonl'] as const) parseDataFile({ text, format });
    }
  });

  it('says what is wrong with a file that holds no rows', () => {
    assert.equal(parseDataFile({ text: '5', format: 'json' }).problem?.message, 'neither a list of rows nor a row');
    assert.deepEqual(parseDataFile({ text: ' \n', format: 'json' }), { rows: [], problem: null });
    assert.equal(
      parseDataFile({ text: '[5]', format: 'json' }).rows[0]?.error?.message,
      'row 1: it is a number, not an object',
    );
  });

  it('reads 10,000 pairs in well under a second', () => {
    const line = JSON.stringify({ chosen: dialogue('a'.repeat(300)), rejected: dialogue('b'.repeat(300)) });
    const text = Array.from({ length: 10_000 }, () => line).join('\n');
    const started = performance.now();
    const { rows } = parseDataFile({ text, format: 'jsonl' });
    const milliseconds = performance.now() - started;
    assert.equal(rows.filter(({ error }) => error === null).length, 10_000);
    assert.ok(milliseconds < 900, `${milliseconds} ms`);
    if (process.env['SHOW_TIMES'] !== undefined) console.log(`${milliseconds} ms, ${text.length} characters`);
  });
});

describe('parseDataLine', () => {
  it('gives the row that the whole file has on that line', () => {
    const text = '{"prompt":"Q","response":"a"}';
    assert.deepEqual(parseDataLine(text, 0), parseDataFile({ text, format: 'jsonl' }).rows[0]);
    assert.equal(parseDataLine('{"text":"x"}\r\n', 6)?.row?.id, '7');
    assert.equal(parseDataLine(' \r\n', 0), null);
  });
});

describe('detectRowKind', () => {
  it('finds nothing in what is no data of ours', () => {
    const others = [
      null,
      1,
      'x',
      [],
      {},
      { level: 'info', msg: 'x' },
      { prompt: 'Q' },
      { response: 'x' },
      { role: 'user', content: 'x' },
      { instruction: 'a', input: 'b', output: 'c' },
    ];
    assert.deepEqual(
      others.map(detectRowKind),
      others.map(() => null),
    );
  });
});
