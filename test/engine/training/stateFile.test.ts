import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { seededRandom } from '../../../src/core/seededRandom';
import { StateFile } from '../../../src/engine/training/stateFile';
import { quietContext } from '../../fixtures/quietContext';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

const columns = 3;
const rows = 50;

describe('StateFile', () => {
  const folder = useTemporaryFolder();
  const path = (): string => join(folder(), 'last.f32');
  const random = seededRandom(3);
  const values = Float32Array.from({ length: rows * columns }, () => random() - 0.5);
  const rowOf = (row: number): number[] => [...values.subarray(row * columns, (row + 1) * columns)];

  beforeEach(() => writeFileSync(path(), values));

  for (const [mostKept, how] of [
    [Infinity, 'kept in memory'],
    [0, 'read from the file'],
  ] as const) {
    it(`gives rows in any order, each as often as it is asked for: ${how}`, () => {
      const file = new StateFile(path(), columns, mostKept);
      const chosen = Int32Array.of(7, 8, 9, 3, 49, 0, 0, 20);
      const matrix = file.matrix(chosen);
      assert.deepEqual([matrix.rows, matrix.columns], [chosen.length, columns]);
      for (const indices of [[0, 1, 2, 3, 4, 5, 6, 7], [2, 1, 0], [5, 6, 5, 5], [4], []]) {
        const into = new Float32Array((indices.length + 1) * columns).fill(9);
        matrix.readRows(indices, into);
        const expected = indices.flatMap((index) => rowOf(chosen[index]));
        assert.deepEqual([...into], [...expected, 9, 9, 9]);
      }
      file.close();
    });
  }

  it('finds the rows whose bytes have changed or are not there', () => {
    const bytes = new Uint8Array(values.slice().buffer);
    const references = Array.from({ length: rows + 2 }, (_, row) => ({
      row,
      checksum: crc32(bytes.subarray(row * 12, row * 12 + 12)),
    }));
    const file = new StateFile(path(), columns);
    assert.deepEqual([...file.findDamaged(references.slice(0, rows), quietContext())], []);
    file.close();
    bytes[12 * 4 + 5] ^= 1;
    bytes[12 * 30] ^= 1;
    writeFileSync(path(), bytes);
    const changed = new StateFile(path(), columns);
    const damaged = [...changed.findDamaged([...references].reverse(), quietContext())].sort((a, b) => a - b);
    assert.deepEqual(damaged, [4, 30, rows, rows + 1]);
    changed.close();
  });

  it('has no rows where there is no file, and gives none once it is closed', () => {
    const missing = new StateFile(join(folder(), 'mean.f32'), columns);
    assert.equal(missing.countRows(), 0);
    assert.deepEqual([...missing.findDamaged([{ row: 0, checksum: 1 }], quietContext())], [0]);
    const file = new StateFile(path(), columns);
    const matrix = file.matrix(Int32Array.of(1));
    file.close();
    assert.throws(() => matrix.readRows([0], new Float32Array(columns)), /last\.f32 is closed/);
  });
});
