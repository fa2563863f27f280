import assert from 'node:assert/strict';
import { Tensor } from 'onnxruntime-node';
import { ZeroPoints, multiplyChannels, quantiseTokens } from '../../../src/core/onnx/linearFormats';
import { graphInput } from '../../../src/core/onnx/value';
import type { Shape } from '../../../src/core/onnx/value';
import { floatTensor, runGraph } from '../../fixtures/runGraph';
import { seededRandom } from '../../fixtures/seededRandom';

const [inputs, outputs] = [24, 5];
const random = seededRandom(3);
const numbers = (count: number, size = 1): number[] =>
  Array.from({ length: count }, () => size * (2 * random.next() - 1));
const codes = Int8Array.from({ length: inputs * outputs }, () => random.below(255) - 127);
const scales = numbers(outputs).map((value) => 0.01 + Math.abs(value));

/** Rows × weights in channels, on the graph. */
async function multiply(rows: readonly number[], shape: readonly number[], names: Shape): Promise<readonly number[]> {
  const value = graphInput('rows', 'float32', names);
  const weight = {
    values: graphInput('codes', 'int8', [inputs, outputs]),
    scales: graphInput('scales', 'float32', [outputs]),
  };
  const product = multiplyChannels(quantiseTokens(value, new ZeroPoints()), weight);
  assert.deepEqual(product.shape, [...names.slice(0, -1), outputs]);
  const { product: result } = await runGraph({
    inputs: [value, weight.values, weight.scales],
    outputs: { product },
    feeds: {
      rows: floatTensor(rows, shape),
      codes: new Tensor('int8', codes, [inputs, outputs]),
      scales: floatTensor(scales, [outputs]),
    },
  });
  return result.values;
}

/** The same in plain loops: each row rounded to 127 steps of its own largest element. */
function expected(rows: readonly number[]): number[] {
  const count = rows.length / inputs;
  return Array.from({ length: count * outputs }, (_, index) => {
    const [row, output] = [Math.floor(index / outputs), index % outputs];
    const values = rows.slice(row * inputs, (row + 1) * inputs);
    const step = Math.max(...values.map(Math.abs)) / 127;
    const sum = values.reduce(
      (total, value, k) => total + (step === 0 ? 0 : Math.round(value / step)) * codes[k * outputs + output],
      0,
    );
    return sum * step * scales[output];
  });
}

function assertNear(actual: readonly number[], wanted: readonly number[], rows: readonly number[]): void {
  const size = Math.max(...rows.map(Math.abs), 1e-20) * Math.max(...scales) * 127 * inputs;
  actual.forEach((value, index) => assert.ok(Math.abs(value - wanted[index]) <= 1e-4 * size, `element ${index}`));
}

describe('products in 8 bits', () => {
  it('round every token by its own largest element', async () => {
    const rows = [...numbers(inputs, 1), ...numbers(inputs, 100), ...numbers(inputs, 1e-3)];
    assertNear(await multiply(rows, [3, inputs], ['tokens', inputs]), expected(rows), rows);
    assertNear(await multiply(rows, [1, 3, inputs], [1, 'tokens', inputs]), expected(rows), rows);
  });

  it('give a token the same numbers, whoever stands beside it', async () => {
    const [token, neighbour] = [numbers(inputs), numbers(inputs, 1000)];
    const alone = await multiply(token, [1, inputs], ['tokens', inputs]);
    const beside = await multiply([...neighbour, ...token], [2, inputs], ['tokens', inputs]);
    assert.deepEqual(beside.slice(outputs), alone);
  });

  it('give zeros for a token of zeros', async () => {
    const zeros = new Array<number>(inputs).fill(0);
    const rows = [...zeros, ...numbers(inputs)];
    const result = await multiply(rows, [2, inputs], ['tokens', inputs]);
    assert.ok(result.slice(0, outputs).every((value) => Math.abs(value) === 0));
  });
});
