import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Tensor } from 'onnxruntime-node';
import { graphInput } from '../../../../src/core/onnx/value';
import type { Value } from '../../../../src/core/onnx/value';
import { gateLoss } from '../../../../src/core/training/gate/gateGraph';
import { bradleyTerryLoss } from '../../../../src/core/training/losses/bradleyTerry';
import { binaryCrossEntropy, classCrossEntropy } from '../../../../src/core/training/losses/crossEntropy';
import { squaredErrorLoss } from '../../../../src/core/training/losses/squaredError';
import {
  conditionalMasks,
  contrastiveLoss,
  labelMasks,
  type View,
} from '../../../../src/core/training/losses/supervisedContrastive';
import { assertClose } from '../../../fixtures/assertClose';
import { gradientError, type GradientCase } from '../../../fixtures/gradientError';
import { runGraph } from '../../../fixtures/runGraph';

interface References {
  readonly losses: Readonly<Record<'margins' | 'targets' | 'weights' | 'classes' | 'classWeights', readonly number[]>> &
    Readonly<Record<'bradleyTerry' | 'binary' | 'classCrossEntropy' | 'squaredError', number>> & {
      readonly logits: readonly (readonly number[])[];
    };
  readonly contrastive: {
    readonly features: readonly (readonly number[])[];
    readonly views: readonly View[];
    readonly temperature: number;
    readonly byLabel: number;
    readonly conditional: number;
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
const { views, features, temperature } = references.contrastive;
const size = views.length;
const masks = { byLabel: labelMasks(views), conditional: conditionalMasks(views) };

describe('losses', () => {
  describe('are those of torch', () => {
    const { margins, targets, weights: ofRows, logits, classes, classWeights, ...expected } = references.losses;
    const rows = {
      margins: given([6], margins),
      targets: given([6], targets),
      weights: given([6], ofRows),
    };

    it('Bradley–Terry with targets and weights', async () => {
      const value = await valueOf(rows, (inputs) =>
        bradleyTerryLoss({ margins: inputs.margins, target: inputs.targets, weights: inputs.weights }),
      );
      assertClose([value], [expected.bradleyTerry], { tolerance: 1e-12 });
    });

    it('binary cross-entropy', async () => {
      const value = await valueOf(rows, (inputs) =>
        binaryCrossEntropy({ logits: inputs.margins, targets: inputs.targets, weights: inputs.weights }),
      );
      assertClose([value], [expected.binary], { tolerance: 1e-12 });
    });

    it('cross-entropy of classes with weights', async () => {
      const oneHot = classes.flatMap((label) => [0, 1, 2, 3].map((other) => (other === label ? 1 : 0)));
      const inputs = {
        logits: given([6, 4], logits.flat()),
        targets: given([6, 4], oneHot),
        weights: given(
          [6],
          classes.map((label) => classWeights[label]),
        ),
      };
      const value = await valueOf(inputs, (values) =>
        classCrossEntropy({ logits: values.logits, targets: values.targets, weights: values.weights }),
      );
      assertClose([value], [expected.classCrossEntropy], { tolerance: 1e-12 });
    });

    it('squared error', async () => {
      const value = await valueOf(rows, (inputs) =>
        squaredErrorLoss({ predictions: inputs.margins, targets: inputs.targets, weights: inputs.weights }),
      );
      assertClose([value], [expected.squaredError], { tolerance: 1e-12 });
    });
  });

  for (const kind of ['byLabel', 'conditional'] as const) {
    it(`are the contrastive loss of its paper, term by term: ${kind}`, async () => {
      const inputs = {
        features: given([size, 5], features.flat()),
        positives: given([size, size], masks[kind].positives),
        compared: given([size, size], masks[kind].compared),
      };
      const value = await valueOf(inputs, (values) =>
        contrastiveLoss({
          features: values.features,
          positives: values.positives,
          compared: values.compared,
          temperature,
        }),
      );
      assertClose([value], [references.contrastive[kind]], { tolerance: 1e-9 });
    });
  }

  it('do not overflow where margins are large', async () => {
    const margins = given([3], [-1e4, 0, 1e4]);
    const value = await valueOf({ margins, weights: given([3], [1, 1, 1]) }, (inputs) =>
      bradleyTerryLoss({ margins: inputs.margins, weights: inputs.weights }),
    );
    assertClose([value], [(1e4 + Math.log(2)) / 3], { tolerance: 1e-9 });
  });

  it('are 0 without any positive to contrast', async () => {
    const lonely = labelMasks([0, 1, 2].map((label) => ({ example: label, label, group: 0 })));
    const inputs = {
      features: given([3, 2], [1, 2, -1, 0.5, 3, 1]),
      positives: given([3, 3], lonely.positives),
      compared: given([3, 3], lonely.compared),
    };
    const value = await valueOf(inputs, (values) =>
      contrastiveLoss({
        features: values.features,
        positives: values.positives,
        compared: values.compared,
        temperature,
      }),
    );
    assert.equal(Math.abs(value), 0);
  });

  describe('have the gradients of finite differences', () => {
    const cases: Readonly<Record<string, GradientCase>> = {
      'Bradley–Terry': {
        shapes: { margins: [4], target: [4] },
        given: { weights },
        between: [-5, 5],
        build: ({ margins, target, weights: own }) => bradleyTerryLoss({ margins, target, weights: own }),
      },
      'binary cross-entropy': {
        shapes: { logits: [4] },
        given: { weights, targets: given([4], [0, 1, 0.3, 1]) },
        between: [-5, 5],
        build: ({ logits, targets, weights: own }) => binaryCrossEntropy({ logits, targets, weights: own }),
      },
      'cross-entropy of classes': {
        shapes: { logits: [4, 3] },
        given: { weights, targets: given([4, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1, 0.2, 0.3, 0.5]) },
        build: ({ logits, targets, weights: own }) => classCrossEntropy({ logits, targets, weights: own }),
      },
      'squared error': {
        shapes: { predictions: [4], targets: [4] },
        given: { weights },
        build: ({ predictions, targets, weights: own }) => squaredErrorLoss({ predictions, targets, weights: own }),
      },
      'contrastive, by label': contrastiveCase('byLabel'),
      'contrastive, conditional': contrastiveCase('conditional'),
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

function contrastiveCase(kind: 'byLabel' | 'conditional'): GradientCase {
  return {
    shapes: { z: [size, 5] },
    given: {
      positives: given([size, size], masks[kind].positives),
      compared: given([size, size], masks[kind].compared),
    },
    build: ({ z, positives, compared }) => contrastiveLoss({ features: z, positives, compared, temperature: 0.3 }),
  };
}

describe('masks of contrastive losses', () => {
  const four: readonly View[] = [
    { example: 0, label: 'a', group: 'x' },
    { example: 0, label: 'a', group: 'x' },
    { example: 1, label: 'a', group: 'x' },
    { example: 2, label: 'a', group: 'y' },
  ];

  it('by label: everything of the label is a positive, everything else is compared', () => {
    const { positives, compared } = labelMasks([...four, { example: 3, label: 'b', group: 'x' }]);
    assert.deepEqual([...positives.subarray(0, 5)], [0, 1, 1, 1, 0]);
    assert.deepEqual([...positives.subarray(20)], [0, 0, 0, 0, 0]);
    assert.deepEqual([...compared.subarray(0, 5)], [0, 1, 1, 1, 1]);
  });

  it('conditional: the positive is the other view, negatives share label and group', () => {
    const { positives, compared } = conditionalMasks(four);
    assert.deepEqual([...positives.subarray(0, 4)], [0, 1, 0, 0]);
    assert.deepEqual([...compared.subarray(0, 4)], [0, 1, 1, 0]);
    assert.deepEqual([...positives.subarray(12)], [0, 0, 0, 0]);
  });
});
