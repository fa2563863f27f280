import assert from 'node:assert/strict';
import { conversionFormats } from '../../../src/core/convert/conversionFormats';
import type { ConversionFormat, Fields } from '../../../src/core/convert/conversionFormat';
import type { ConversionRecord } from '../../../src/core/convert/conversionRecord';
import { convertRow } from '../../../src/core/convert/convertRow';
import { fitRecord } from '../../../src/core/convert/fitRecord';
import { RowProblem } from '../../../src/core/promptFile/rowProblem';
import { seededRandom } from '../../fixtures/seededRandom';
import { randomRecord } from './randomRecord';

const written = conversionFormats.filter(({ write }) => write !== null);

/** A row of a format that says all that a record does; null: the format cannot. */
function writeWhole(record: ConversionRecord, format: ConversionFormat): Fields | null {
  try {
    const [fitted, ...more] = fitRecord(record, format.capacity);
    if (fitted === undefined || 0 < more.length || 0 < fitted.losses.length || format.write === null) return null;
    const own = format.write(fitted.record);
    const row = format.placesFields === true ? own : { ...own, ...fitted.record.fields };
    return JSON.parse(JSON.stringify(row)) as Fields;
  } catch (error) {
    if (error instanceof RowProblem) return null;
    throw error;
  }
}

/** The row in another format, if nothing is lost. */
function convertWhole(value: Fields, from: ConversionFormat | null, to: ConversionFormat): Fields | null {
  const { rows, losses, problem } = convertRow({ value, from, to, isLossy: false });
  const [row] = rows;
  if (problem !== null || 0 < losses.length || rows.length !== 1 || row === undefined) return null;
  return JSON.parse(JSON.stringify(row)) as Fields;
}

describe('conversion there and back', () => {
  it('gives the very row, whatever the two formats, where nothing is lost', function () {
    this.timeout(60_000);
    const { next: random } = seededRandom(8);
    const seen = new Map<string, number>();
    for (let index = 0; index < 300; index += 1) {
      const record = randomRecord(random);
      for (const first of written) {
        const row = writeWhole(record, first);
        if (row === null) continue;
        for (const second of written) {
          const there = convertWhole(row, first, second);
          const back = there === null ? null : convertWhole(there, second, first);
          if (there === null || back === null) continue;
          seen.set(`${first.name} ${second.name}`, (seen.get(`${first.name} ${second.name}`) ?? 0) + 1);
          assert.deepEqual(back, row, `${first.name} -> ${second.name} ${JSON.stringify(there)}`);
        }
      }
    }
    for (const { name } of written) assert.ok(2 < (seen.get(`${name} ${name}`) ?? 0), `${name} was hardly tried`);
    assert.ok(200 < seen.size, `${seen.size} pairs of formats`);
  });
});
