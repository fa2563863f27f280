import assert from 'node:assert/strict';
import { seededRandom } from '../../../../src/core/seededRandom';
import { factorPanels, solveOne, solvePanels } from '../../../../src/core/training/linear/blockedCholesky';
import { solvePositiveDefinite } from '../../../fixtures/linear/cholesky';
import { plainProducts } from '../../../fixtures/linear/plainProducts';
import {
  addOuterProducts,
  innerProducts,
  panelDiagonal,
  plusDiagonal,
  zeroPanels,
  type SymmetricPanels,
} from '../../../../src/core/training/linear/symmetricPanels';
import { openMatrixProducts, type RuntimeProducts } from '../../../../src/engine/training/matrixProducts';

const size = 23;
const rows = 40;
const random = seededRandom(3);
const values = Float64Array.from({ length: rows * size }, () => random() - 0.5);

/** XᵀX, [size, size]. */
const gram = Float64Array.from({ length: size * size }, (_, index) => {
  let sum = 0;
  for (let row = 0; row < rows; row += 1) {
    sum += values[row * size + Math.floor(index / size)] * values[row * size + (index % size)];
  }
  return sum;
});

describe('blocked Cholesky factorisation', () => {
  let runtime: RuntimeProducts;
  before(async () => {
    runtime = await openMatrixProducts(1);
  });
  after(() => runtime.release());

  for (const width of [1, 4, 23, 64]) {
    for (const kind of ['plain loops', 'the runtime']) {
      it(`solves as the unblocked one does: panels of ${width}, products by ${kind}`, async () => {
        const products = kind === 'the runtime' ? runtime : plainProducts;
        const panels = zeroPanels(size, width);
        await addOuterProducts(panels, { values, rows, products });
        panelDiagonal(panels).forEach((value, index) =>
          assert.ok(Math.abs(value - gram[index * size + index]) < 1e-12),
        );
        const factor = await factorPanels(plusDiagonal(panels, 0.1), products);
        const count = 3;
        const right = Float64Array.from({ length: size * count }, () => random());
        const solution = await solvePanels(factor, { right, count, products });
        const damped = gram.map((value, index) => (index % (size + 1) === 0 ? value + 0.1 : value));
        for (let column = 0; column < count; column += 1) {
          const own = Float64Array.from({ length: size }, (_, row) => right[row * count + column]);
          const expected = solvePositiveDefinite(damped, own);
          const alone = solveOne(factor, own);
          expected.forEach((value, row) => {
            assert.ok(Math.abs(solution[row * count + column] - value) < 1e-11);
            assert.ok(Math.abs(alone[row] - value) < 1e-11);
          });
        }
      });
    }
  }

  it('multiplies rows with each other', async () => {
    const kernel = await innerProducts({ values, rows, size, products: runtime }, 16);
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column <= row; column += 1) {
        let sum = 0;
        for (let inner = 0; inner < size; inner += 1) sum += values[row * size + inner] * values[column * size + inner];
        assert.ok(Math.abs(elementOf(kernel, row, column) - sum) < 1e-12);
      }
    }
  });

  it('refuses what is not positive definite, and says where', async () => {
    const panels = zeroPanels(6, 4);
    await addOuterProducts(panels, { values: Float64Array.from([1, 2, 3, 4, 5, 6]), rows: 1, products: plainProducts });
    await assert.rejects(factorPanels(plusDiagonal(panels, 0), plainProducts), /not positive definite \(row 1\)/);
  });
});

function elementOf({ width, panels, size: order }: SymmetricPanels, row: number, column: number): number {
  const panel = Math.floor(column / width);
  const start = panel * width;
  return panels[panel][(row - start) * Math.min(width, order - start) + column - start];
}
