import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Tensor } from 'onnxruntime-node';
import { graphInput } from '../../../../src/core/onnx/value';
import type { Value } from '../../../../src/core/onnx/value';
import { gateLoss } from '../../../../src/core/training/gate/gateGraph';
import { bradleyTerryLoss } from '../../../../src/core/training/losses/bradleyTerry';
import { assertClose } from '../../../fixtures/assertClose';
import { gradientError, type GradientCase } from '../../../fixtures/gradientError';
import { runGraph } from '../../../fixtures/runGraph';

interface References {
  readonly losses: Readonly<Record<'margins' | 'targets' | 'weights', readonly number[]>> & {
    readonly bradleyTerry: number;
  };
}

const references = JSON.parse(readFileSync('test/references/gateTraining.json', 'utf8')) as References;

type Given = NonNullable<GradientCase['given']>;

/** A scalar of inputs that are given, in float64. */
async function valueOf(given: Given, build: (inputs: Readonly<Record<string, Value>>) => Value): Promise<number> {
  const entries = Object.entries(given);
  const inputs = entries.map(([name, { shape }]) => graphInput(name, 'float64', shape));
  const feeds = entries.map(
    ([name, { shape, values }]) => [name, new Tensor('float64', Float64Array.from(values), shape)] as const,
  );
  const scalar = build(Object.fromEntries(entries.map(([name], index) => [name, inputs[index]])));
  const { out } = await runGraph({ inputs, outputs: { out: scalar }, feeds: Object.fromEntries(feeds) });
  return out.values[0];
}

function given(shape: readonly number[], values: Iterable<number>): { shape: readonly number[]; values: number[] } {
  return { shape, values: [...values] };
}

const weights = given([4], [1, 0.5, 0, 2]);

describe('losses', () => {
  describe('are those of torch', () => {
    const { margins, targets, weights: ofRows, bradleyTerry } = references.losses;
    const rows = {
      margins: given([6], margins),
      targets: given([6], targets),
      weights: given([6], ofRows),
    };

    it('Bradley–Terry with targets and weights', async () => {
      const value = await valueOf(rows, (inputs) =>
        bradleyTerryLoss({ margins: inputs.margins, target: inputs.targets, weights: inputs.weights }),
      );
      assertClose([value], [bradleyTerry], { tolerance: 1e-12 });
    });
  });

  it('do not overflow where margins are large', async () => {
    const margins = given([3], [-1e4, 0, 1e4]);
    const value = await valueOf({ margins, weights: given([3], [1, 1, 1]) }, (inputs) =>
      bradleyTerryLoss({ margins: inputs.margins, weights: inputs.weights }),
    );
    assertClose([value], [(1e4 + Math.log(2)) / 3], { tolerance: 1e-9 });
  });

  describe('have the gradients of finite differences', () => {
    const cases: Readonly<Record<string, GradientCase>> = {
      'Bradley–Terry': {
        shapes: { margins: [4], target: [4] },
        given: { weights },
        between: [-5, 5],
        build: ({ margins, target, weights: own }) => bradleyTerryLoss({ margins, target, weights: own }),
      },
      'the loss of a gate with dropout': {
        shapes: { w0: [5, 3], b0: [5], w1: [4, 5], b1: [4], w2: [3, 4], b2: [3], marginScale: [1] },
        given: {
          weights,
          states: given(
            [4, 3],
            Array.from({ length: 12 }, (_, index) => Math.sin(index)),
          ),
          differences: given(
            [4, 3],
            Array.from({ length: 12 }, (_, index) => Math.cos(3 * index)),
          ),
          mask0: given(
            [4, 5],
            Array.from({ length: 20 }, (_, index) => (index % 3 === 0 ? 0 : 1.25)),
          ),
          mask1: given(
            [4, 4],
            Array.from({ length: 16 }, (_, index) => (index % 5 === 0 ? 0 : 1.25)),
          ),
        },
        build: ({ w0, b0, w1, b1, w2, b2, mask0, mask1, marginScale, states, differences, weights: own }) => {
          const layers = [
            { weight: w0, bias: b0 },
            { weight: w1, bias: b1 },
            { weight: w2, bias: b2 },
          ];
          return gateLoss({ states, layers, masks: [mask0, mask1], marginScale, differences, weights: own }, 2);
        },
      },
    };

    for (const [name, gradientCase] of Object.entries(cases)) {
      it(name, async () => {
        const error = await gradientError(gradientCase);
        assert.ok(error < 1e-6, `off by ${error}`);
      });
    }
  });
});
