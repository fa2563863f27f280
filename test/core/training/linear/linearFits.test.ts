import assert from 'node:assert/strict';
import { denseMatrix, denseMatrixFromRows } from '../../../../src/core/training/linear/denseMatrix';
import { predictLinear, sigmoid } from '../../../../src/core/training/linear/linearModel';
import { fitLogistic, logLoss } from '../../../../src/core/training/linear/logisticRegression';
import { fitRidge } from '../../../fixtures/linear/ridgeRegression';
import { seededRandom } from '../../../../src/core/seededRandom';
import { sparseMatrix } from '../../../../src/core/training/linear/sparseMatrix';
import { fitStandardisation, foldStandardisation, standardise } from '../../../fixtures/linear/standardisation';

function randomRows(rows: number, columns: number, seed: number): number[][] {
  const random = seededRandom(seed);
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => random() * 2 - 1));
}

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  for (let index = 0; index < actual.length; index++) {
    const difference = Math.abs(actual[index] - expected[index]);
    assert.ok(difference <= tolerance, `[${index}] ${actual[index]} is not ${expected[index]}`);
  }
}

describe('fitRidge', () => {
  for (const [rows, columns] of [
    [40, 6],
    [6, 40],
  ]) {
    it(`makes the gradient of its objective zero (${rows} rows, ${columns} columns)`, () => {
      const x = randomRows(rows, columns, 1);
      const random = seededRandom(2);
      const y = x.map((row) => 3 + row[0] - 2 * row[1] + 0.1 * random());
      const lambda = 0.7;
      const model = fitRidge({ matrix: denseMatrixFromRows(x), targets: y, lambda });
      const residual = x.map(
        (row, index) => row.reduce((sum, value, column) => sum + value * model.weight[column], model.bias) - y[index],
      );
      const gradient = Array.from(
        model.weight,
        (weight, column) => lambda * weight + residual.reduce((sum, value, row) => sum + value * x[row][column], 0),
      );
      close(gradient, new Array<number>(columns).fill(0), 1e-10);
      assert.ok(Math.abs(residual.reduce((sum, value) => sum + value, 0)) < 1e-10);
    });
  }

  it('recovers an exact line when the penalty vanishes', () => {
    const matrix = denseMatrixFromRows([[0], [1], [2], [5]]);
    const model = fitRidge({ matrix, targets: [1, 3, 5, 11], lambda: 1e-10 });
    close([model.weight[0], model.bias], [2, 1], 1e-8);
  });

  it('gives the mean for every row when the penalty is enormous', () => {
    const matrix = denseMatrixFromRows([[0], [1], [2]]);
    const model = fitRidge({ matrix, targets: [1, 3, 8], lambda: 1e12 });
    close(predictLinear(model, matrix), [4, 4, 4], 1e-9);
  });
});

describe('fitLogistic', () => {
  const x = randomRows(200, 5, 3);
  const random = seededRandom(4);
  const targets = x.map((row) => (random() < sigmoid(2 * row[0] - row[1] + 0.5) ? 1 : 0));

  it('makes the gradient of its objective zero, the intercept unpenalised', () => {
    const lambda = 1.5;
    const model = fitLogistic({ matrix: denseMatrixFromRows(x), targets, lambda });
    const residual = x.map((row, index) => {
      const logit = row.reduce((sum, value, column) => sum + value * model.weight[column], model.bias);
      return 1 / (1 + Math.exp(-logit)) - targets[index];
    });
    for (let column = 0; column < 5; column++) {
      const gradient = residual.reduce((sum, value, row) => sum + value * x[row][column], 0);
      assert.ok(Math.abs(gradient + lambda * model.weight[column]) < 1e-3);
    }
    assert.ok(Math.abs(residual.reduce((sum, value) => sum + value, 0)) < 1e-3);
  });

  it('finds the same model from sparse and from dense features', () => {
    const rows = x.map((row) => row.map((value) => (value < 0 ? 0 : value)));
    const sparse = sparseMatrix(
      rows.map((row) => {
        const columns = row.flatMap((value, column) => (value === 0 ? [] : [column]));
        return { columns, values: columns.map((column) => row[column]) };
      }),
      5,
    );
    const fromDense = fitLogistic({ matrix: denseMatrixFromRows(rows), targets, lambda: 1 });
    const fromSparse = fitLogistic({ matrix: sparse, targets, lambda: 1 });
    close(fromSparse.weight, fromDense.weight, 1e-9);
    close(sparse.toDense().values, rows.flat(), 0);
  });

  it('ends at the same model wherever it starts', () => {
    const matrix = denseMatrixFromRows(x);
    const cold = fitLogistic({ matrix, targets, lambda: 1 });
    const warm = fitLogistic({
      matrix,
      targets,
      lambda: 1,
      start: { weight: Float64Array.of(3, -4, 1, 2, 0), bias: -2 },
    });
    close(warm.weight, cold.weight, 1e-4);
  });

  it('stays finite on classes that a line separates', () => {
    const matrix = denseMatrixFromRows([[-2], [-1], [1], [2]]);
    const model = fitLogistic({ matrix, targets: [0, 0, 1, 1], lambda: 1e-3 });
    assert.ok(Number.isFinite(model.weight[0]) && 1 < model.weight[0]);
  });
});

describe('logLoss', () => {
  it('is log 2 for undecided predictions and finite for a certain mistake', () => {
    assert.ok(Math.abs(logLoss([0, 0], [0, 1]) - Math.LN2) < 1e-15);
    assert.equal(logLoss([-1000], [1]), 1000);
  });
});

describe('standardisation', () => {
  it('gives every feature mean 0 and deviation 1, and leaves a constant one finite', () => {
    const rows = randomRows(50, 3, 5).map(([a, b]) => [1000 * a, b + 7, 3]);
    const matrix = denseMatrixFromRows(rows);
    const scaled = standardise(matrix, fitStandardisation(matrix));
    for (const column of [0, 1]) {
      const values = rows.map((_, row) => scaled.values[row * 3 + column]);
      const mean = values.reduce((sum, value) => sum + value, 0) / 50;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 50;
      close([mean, variance], [0, 1], 1e-12);
    }
    assert.ok(rows.every((_, row) => Math.abs(scaled.values[row * 3 + 2]) < 1e-12));
  });

  it('folds into a model that scores raw features as the other scored standardised ones', () => {
    const matrix = denseMatrixFromRows(randomRows(30, 4, 6).map((row) => row.map((v, c) => v * 10 ** c + c)));
    const standardisation = fitStandardisation(matrix);
    const model = { weight: Float64Array.of(1, -2, 3, 0.5), bias: 0.25 };
    close(
      predictLinear(foldStandardisation(model, standardisation), matrix),
      predictLinear(model, standardise(matrix, standardisation)),
      1e-10,
    );
  });
});

describe('denseMatrix', () => {
  it('refuses values that do not fill its rows, and rows of different lengths', () => {
    assert.throws(() => denseMatrix(new Float64Array(5), 2), RangeError);
    assert.throws(() => denseMatrixFromRows([[1, 2], [3]]), RangeError);
  });
});
