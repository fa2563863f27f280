import assert from 'node:assert/strict';
import { conversionFormats } from '../../../src/core/convert/conversionFormats';
import { convertRow } from '../../../src/core/convert/convertRow';
import { rowsOfValue } from '../../../src/core/convert/detectFormat';
import { mutationCount } from '../../fixtures/mutateBytes';
import { seededRandom } from '../../fixtures/seededRandom';
import { pick, randomRecord, type Random } from './randomRecord';

const odd: readonly unknown[] = [
  null,
  0,
  -1,
  1e308,
  '',
  ' ',
  true,
  [],
  {},
  [[]],
  [null],
  { role: 'user' },
  'x',
  [{}],
  NaN,
];

/** The value with one place in it changed: another value, a member gone, or one member under the name of another. */
function mutate(value: unknown, random: Random, depth = 0): unknown {
  if (depth === 6 || random() < 0.15) return pick(random, odd);
  if (Array.isArray(value)) {
    if (value.length === 0 || random() < 0.1) return [...value, pick(random, odd)];
    const at = Math.floor(random() * value.length);
    return value.map((element: unknown, index) => (index === at ? mutate(element, random, depth + 1) : element));
  }
  if (typeof value !== 'object' || value === null) return pick(random, odd);
  const entries = Object.entries(value);
  if (entries.length === 0) return pick(random, odd);
  const at = Math.floor(random() * entries.length);
  const other = pick(random, entries)[0];
  const kind = random();
  return Object.fromEntries(
    entries.flatMap(([name, member], index): (readonly [string, unknown])[] => {
      if (index !== at) return [[name, member]];
      if (kind < 0.1) return [];
      if (kind < 0.2) return [[other, member]];
      return [[name, mutate(member, random, depth + 1)]];
    }),
  );
}

describe('hostile rows', () => {
  it('are refused or read by every reader, and by detection, and nothing is thrown', function () {
    this.timeout(20 * 60_000);
    const { next: random } = seededRandom(77);
    const readers = [null, ...conversionFormats.filter(({ read }) => read !== null)];
    const writers = conversionFormats.filter(({ write }) => write !== null);
    let refused = 0;
    let read = 0;
    for (let tried = 0; tried < mutationCount;) {
      const format = pick(random, writers);
      const record = randomRecord(random);
      const [row] = convertRow({ value: writeAs(record.body), from: null, to: format, isLossy: true }).rows;
      if (row === undefined) continue;
      tried += 1;
      const hostile = mutate(row, random);
      for (const from of readers) {
        for (const value of rowsOfValue(hostile)) {
          const result = convertRow({ value, from, to: pick(random, writers), isLossy: random() < 0.5 });
          if (result.problem === null) read += 1;
          else refused += 1;
          assert.ok(result.problem === null || result.rows.length === 0);
          assert.doesNotThrow(() => JSON.stringify(result.rows));
        }
      }
    }
    assert.ok(1000 < refused && 1000 < read, `${refused} refused, ${read} read`);
  });
});

/** A row that says most of what a body does. */
function writeAs(body: ReturnType<typeof randomRecord>['body']): unknown {
  if (body.kind === 'text') return { text: body.text };
  const prompt = body.prompt.kind === 'text' ? body.prompt.text : body.prompt.turns;
  if (body.kind === 'steps') return { prompt, completions: ['a', 'b'], labels: [true, false] };
  const [first, second] = body.replies.map(({ turns }) => turns.map(({ role, content }) => ({ role, content })));
  if (second !== undefined) return { prompt, chosen: first, rejected: second, margin: 1, id: 'a', source: 'web' };
  return { prompt, ...(first === undefined ? {} : { completion: first }), label: true, ground_truth: 'x' };
}
