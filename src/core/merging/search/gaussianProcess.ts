/** What is believed of a function at a point. */
export interface Belief {
  readonly mean: number;
  /** At least 0. */
  readonly deviation: number;
}

/**
 * Gaussian process regression (Rasmussen and Williams, 2006, algorithm 2.1) with a Matérn 5/2 kernel of one length scale;
 * length scale and noise are those of a small grid that make the observations most likely. For some hundred points.
 */
export class GaussianProcess {
  readonly #points: readonly (readonly number[])[];
  readonly #mean: number;
  readonly #scale: number;
  readonly #length: number;
  readonly #factor: readonly (readonly number[])[];
  readonly #weights: readonly number[];

  /** @param points at least one, all of the same number of coordinates, from 0 to 1 */
  constructor(points: readonly (readonly number[])[], values: readonly number[]) {
    this.#points = points;
    this.#mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - this.#mean) ** 2, 0) / values.length);
    this.#scale = 0 < spread ? spread : 1;
    const targets = values.map((value) => (value - this.#mean) / this.#scale);
    const root = Math.sqrt(points[0]?.length ?? 1);
    let best: ReturnType<typeof fit> | null = null;
    for (const length of [0.1, 0.2, 0.4, 0.8, 1.6]) {
      for (const noise of [1e-6, 1e-4, 1e-2, 1e-1]) {
        const fitted = fit(points, targets, length * root, noise);
        if (best === null || best.likelihood < fitted.likelihood) best = fitted;
      }
    }
    const { length, factor, weights } = best as ReturnType<typeof fit>;
    [this.#length, this.#factor, this.#weights] = [length, factor, weights];
  }

  at(point: readonly number[]): Belief {
    const covariances = this.#points.map((other) => kernel(point, other, this.#length));
    const mean = covariances.reduce((sum, value, index) => sum + value * this.#weights[index], 0);
    const solved = solveLower(this.#factor, covariances);
    const variance = 1 - solved.reduce((sum, value) => sum + value * value, 0);
    return { mean: this.#mean + this.#scale * mean, deviation: this.#scale * Math.sqrt(Math.max(0, variance)) };
  }
}

function fit(
  points: readonly (readonly number[])[],
  targets: readonly number[],
  length: number,
  noise: number,
): {
  readonly length: number;
  readonly factor: readonly (readonly number[])[];
  readonly weights: readonly number[];
  readonly likelihood: number;
} {
  const factor = choleskyFactor(
    points.map((one, row) => points.map((other, column) => kernel(one, other, length) + (row === column ? noise : 0))),
  );
  const half = solveLower(factor, targets);
  const weights = solveUpper(factor, half);
  let likelihood = 0;
  half.forEach((value, index) => (likelihood -= 0.5 * value * value + Math.log(factor[index][index])));
  return { length, factor, weights, likelihood };
}

function kernel(one: readonly number[], other: readonly number[], length: number): number {
  let square = 0;
  for (let index = 0; index < one.length; index += 1) square += (one[index] - other[index]) ** 2;
  const distance = (Math.sqrt(5) * Math.sqrt(square)) / length;
  return (1 + distance + (distance * distance) / 3) * Math.exp(-distance);
}

/** Lower triangle; what rounding makes negative on the diagonal counts as tiny. */
function choleskyFactor(matrix: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const factor = matrix.map((row) => row.map(() => 0));
  for (let row = 0; row < matrix.length; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = matrix[row][column];
      for (let index = 0; index < column; index += 1) sum -= factor[row][index] * factor[column][index];
      factor[row][column] = row === column ? Math.sqrt(Math.max(sum, 1e-12)) : sum / factor[column][column];
    }
  }
  return factor;
}

function solveLower(factor: readonly (readonly number[])[], right: readonly number[]): readonly number[] {
  const result: number[] = [];
  for (let row = 0; row < right.length; row += 1) {
    let sum = right[row];
    for (let index = 0; index < row; index += 1) sum -= factor[row][index] * result[index];
    result.push(sum / factor[row][row]);
  }
  return result;
}

function solveUpper(factor: readonly (readonly number[])[], right: readonly number[]): readonly number[] {
  const result = [...right];
  for (let row = right.length - 1; 0 <= row; row -= 1) {
    for (let index = row + 1; index < right.length; index += 1) result[row] -= factor[index][row] * result[index];
    result[row] /= factor[row][row];
  }
  return result;
}
