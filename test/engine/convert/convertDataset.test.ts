import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects, parquetSchema, parquetMetadata } from 'hyparquet';
import type { FileKind } from '../../../src/core/convert/conversionFormat';
import { findFormat } from '../../../src/core/convert/conversionFormats';
import {
  convertDataset,
  type ConversionSummary,
  type ConvertDatasetParams,
} from '../../../src/engine/convert/convertDataset';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

const pairs = Array.from({ length: 25 }, (_, index) => ({
  id: `row ${index}`,
  prompt: `Question ${index}, "quoted"\nand broken`,
  chosen: `yes ${index}`,
  rejected: 'no',
  source: index % 2 === 0 ? 'web' : 'book',
  year: 2000 + index,
}));
const chats = pairs.map(({ prompt, chosen, rejected, ...rest }) => ({
  prompt: [{ role: 'user', content: prompt }],
  chosen: [{ role: 'assistant', content: chosen }],
  rejected: [{ role: 'assistant', content: rejected }],
  ...rest,
}));

describe('convertDataset', () => {
  const folder = useTemporaryFolder();
  const path = (name: string): string => join(folder(), name);

  function write(name: string, rows: readonly unknown[]): string {
    writeFileSync(path(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return path(name);
  }

  function convert(
    inputs: readonly string[],
    output: string,
    to: string,
    more: Partial<ConvertDatasetParams> = {},
  ): Promise<ConversionSummary> {
    const format = findFormat(to);
    assert.ok(format, to);
    const kind = output.slice(output.lastIndexOf('.') + 1) as FileKind;
    const params = { inputs, output: { path: path(output), kind }, from: null, to: format, isLossy: false, ...more };
    return convertDataset(params, quietContext());
  }

  const readLines = (name: string): unknown[] =>
    readFileSync(path(name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));

  for (const kind of ['jsonl', 'json', 'parquet', 'csv'] as const) {
    it(`writes rows into ${kind}, and reads the very rows back from it`, async () => {
      const input = write('in.jsonl', pairs);
      const summary = await convert([input], `chat.${kind}`, 'trl-preference-chat');
      assert.deepEqual([summary.rows, summary.kept, summary.refused, summary.written], [25, 25, 0, 25]);
      await convert([path(`chat.${kind}`)], 'back.jsonl', 'trl-preference');
      // A CSV has no types: its numbers come back as text.
      const typed = kind === 'csv' ? pairs.map((row) => ({ ...row, year: String(row.year) })) : pairs;
      assert.deepEqual(readLines('back.jsonl'), typed);
      assert.deepEqual(readdirSync(folder()).sort(), ['back.jsonl', `chat.${kind}`, 'in.jsonl']);
    });
  }

  it('writes Parquet with lists and structures, as data set libraries have them', async () => {
    await convert(
      [write('in.jsonl', [...pairs, { ...pairs[0], tools: [{ name: 'look', odd: 1 }, 'x'] }])],
      'out.parquet',
      'trl-preference-chat',
    );
    const file = new Uint8Array(readFileSync(path('out.parquet'))).buffer;
    const columns = parquetSchema(parquetMetadata(file)).children;
    const chosen = columns.find(({ element }) => element.name === 'chosen');
    assert.equal(chosen?.element.converted_type, 'LIST');
    const members = chosen?.children[0]?.children[0]?.children.map(({ element }) => element.name);
    assert.deepEqual(members, ['role', 'content']);
    const types = columns.map(({ element }) => [element.name, element.type]);
    assert.ok(types.some(([name, type]) => name === 'year' && type === 'INT32'));
    const rows = await parquetReadObjects({ file });
    assert.equal(rows.length, 26);
    assert.deepEqual(rows[3]?.['chosen'], chats[3]?.chosen);
  });

  it("writes LMFlow's one object a file, which is read back", async () => {
    await convert([write('in.jsonl', chats)], 'out.json', 'lmflow-paired_text_to_text');
    const { type, instances } = JSON.parse(readFileSync(path('out.json'), 'utf8')) as {
      type: string;
      instances: unknown[];
    };
    assert.equal(type, 'paired_text_to_text');
    assert.deepEqual(
      instances,
      pairs.map(({ prompt, chosen, rejected }) => ({ prompt, chosen, rejected })),
    );
    const summary = await convert([path('out.json')], 'back.jsonl', 'trl-preference-chat');
    assert.equal(summary.kept, 25);
  });

  it('keeps the good rows, and counts and names the bad ones', async () => {
    writeFileSync(
      path('in.jsonl'),
      [...pairs.map((row) => JSON.stringify(row)), '{"prompt":', '{"a":1}', '5', ''].join('\n'),
    );
    const summary = await convert([path('in.jsonl')], 'out.jsonl', 'trl-preference-chat');
    assert.deepEqual([summary.rows, summary.kept, summary.refused], [28, 25, 3]);
    assert.deepEqual(
      summary.refusals.map(({ line }) => line),
      [26, 27, 28],
    );
    assert.match(summary.refusals[0]?.problem ?? '', /not JSON/);
    assert.match(summary.refusals[1]?.problem ?? '', /no format has its members \(a\)/);
    assert.equal(readLines('out.jsonl').length, 25);
  });

  it('counts what was dropped from how many rows', async () => {
    const summary = await convert([write('in.jsonl', pairs)], 'out.jsonl', 'openai-dpo');
    assert.deepEqual(summary.losses, { ids: 25, 'column source': 25, 'column year': 25 });
    assert.equal(summary.withLosses, 25);
    assert.deepEqual(summary.formats, { 'trl-preference': 25 });
  });

  it('leaves nothing behind when every row is refused, when it is cancelled, and when an input breaks off', async () => {
    const input = write('in.jsonl', pairs);
    const summary = await convert([input], 'out.jsonl', 'trl-stepwise');
    assert.deepEqual([summary.kept, summary.refused], [0, 25]);
    const abort = new AbortController();
    abort.abort();
    const format = findFormat('rlhflow');
    assert.ok(format);
    const params = {
      inputs: [input],
      output: { path: path('out.csv'), kind: 'csv' as const },
      from: null,
      to: format,
      isLossy: false,
    };
    await rejects(() => convertDataset(params, quietContext(abort.signal)), 'cancelled');
    writeFileSync(path('broken.json'), '[{"prompt":"a","chosen":"b","rejected":"c"},');
    await rejects(() => convert([path('broken.json')], 'out.parquet', 'rlhflow'), 'format');
    assert.deepEqual(readdirSync(folder()).sort(), ['broken.json', 'in.jsonl']);
  });

  it('does not write over what is there', async () => {
    const input = write('in.jsonl', pairs);
    write('out.jsonl', []);
    await rejects(() => convert([input], 'out.jsonl', 'rlhflow'), 'exists');
    await rejects(() => convert([input], 'in.jsonl', 'rlhflow'), 'exists');
    assert.equal(readFileSync(path('out.jsonl'), 'utf8'), '');
    await rejects(() => convert([input], 'none/out.jsonl', 'rlhflow'), 'not_found');
  });

  it('adds the scores of alidade score, and refuses those of other rows', async () => {
    const input = write('in.jsonl', pairs);
    const breakdown = (score: number): object => ({ score, tokens: 1, truncated: false, objectives: [] });
    const scored = pairs.map(({ id }, index) =>
      index === 4
        ? { id, error: { code: 'too_long', message: 'too long' } }
        : { id, chosen: breakdown(index), rejected: breakdown(-1), margin: index + 1 },
    );
    const scores = write('scores.jsonl', scored);
    const summary = await convert([input], 'out.json', 'lmflow-text_to_scored_textlist', { scores });
    assert.deepEqual([summary.kept, summary.refused], [24, 1]);
    assert.match(summary.refusals[0]?.problem ?? '', /it was not scored \(too long\)/);
    const { instances } = JSON.parse(readFileSync(path('out.json'), 'utf8')) as { instances: unknown[] };
    assert.deepEqual(instances[1], {
      input: pairs[1]?.prompt,
      output: [
        { score: 1, text: 'yes 1' },
        { score: -1, text: 'no' },
      ],
    });
    for (const others of [scored.slice(1), scored.slice(0, 20), [...scored, { ...scored[0], id: 'more' }]]) {
      const wrong = write('wrong.jsonl', others);
      await rejects(() => convert([input], 'x.json', 'lmflow-text_to_scored_textlist', { scores: wrong }), 'format');
      assert.ok(!existsSync(path('x.json')));
    }
  });

  it('reads and writes columns under other names', async () => {
    const input = write('in.jsonl', [{ question: 'Q', better: 'a', worse: 'b' }]);
    const keys = { prompt: 'question', chosen: 'better', rejected: 'worse' };
    await convert([input], 'out.jsonl', 'openrlhf', { keys, outputKeys: { chosen: 'win', rejected: 'lose' } });
    const turns = (content: string): unknown => [
      { role: 'user', content: 'Q' },
      { role: 'assistant', content },
    ];
    assert.deepEqual(readLines('out.jsonl'), [{ win: turns('a'), lose: turns('b') }]);
  });

  it('reads the results of promptfoo out of its one object', async () => {
    const result = (output: string): object => ({ prompt: { raw: 'Q' }, response: { output }, score: 1, vars: {} });
    writeFileSync(
      path('in.json'),
      JSON.stringify({ evalId: 'x', results: { results: [result('a'), result('b')] } }, null, 2),
    );
    const summary = await convert([path('in.json')], 'out.jsonl', 'trl-completion');
    assert.deepEqual([summary.rows, summary.kept], [2, 2]);
    assert.deepEqual(readLines('out.jsonl'), [
      { prompt: 'Q', completion: 'a', score: 1 },
      { prompt: 'Q', completion: 'b', score: 1 },
    ]);
  });
});
