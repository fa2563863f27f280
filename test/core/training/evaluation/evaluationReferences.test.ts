import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { accuracyDifference } from '../../../../src/core/training/evaluation/accuracyDifference';
import { evaluateObjective } from '../../../../src/core/training/evaluation/evaluateObjective';
import { evaluatePairs, lengthBaseline } from '../../../../src/core/training/evaluation/evaluatePairs';
import type { Interval } from '../../../../src/core/training/evaluation/headEvaluation';
import { outcomesOf, pairAccuracy } from '../../../../src/core/training/evaluation/pairAccuracy';
import type { ScoredPair } from '../../../../src/core/training/evaluation/scoredPair';
import { wordScores } from '../../../../src/core/training/evaluation/textWords';

interface TextsCase {
  readonly groups: readonly string[];
  readonly texts: readonly string[];
  readonly targets: readonly number[];
  readonly scores: readonly number[];
  readonly value: number;
  readonly interval: readonly [number, number];
  readonly lengthAlone: number;
  readonly wordsAlone: number;
  readonly words: readonly number[];
}

interface References {
  readonly pairs: {
    readonly groups: readonly string[];
    readonly chosen: readonly string[];
    readonly rejected: readonly string[];
    readonly margins: readonly number[];
    readonly accuracy: number;
    readonly interval: readonly [number, number];
    readonly independent: readonly [number, number];
    readonly length: readonly [number, number, number];
    readonly words: readonly [number, number, number];
    readonly whereLonger: number;
    readonly whereShorter: number;
    readonly untied: readonly number[];
    readonly overLength: readonly [number, number];
    readonly calibration: { readonly error: number; readonly brier: number; readonly counts: readonly number[] };
  };
  readonly AUC: TextsCase;
  readonly Spearman: TextsCase;
}

const references = JSON.parse(readFileSync('test/references/headEvaluation.json', 'utf8')) as References;
/** Of the folds in the reference. */
const seed = 20;

function close(actual: number | null | undefined, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs((actual ?? NaN) - expected) <= tolerance, `${actual} is not ${expected}`);
}

function closeInterval({ low, high }: Interval, [from, to]: readonly [number, number]): void {
  close(low, from);
  close(high, to);
}

describe('evaluatePairs', () => {
  const { pairs } = references;
  const scored = pairs.margins.map((margin, index): ScoredPair => ({
    margin,
    lengths: { chosen: pairs.chosen[index].length, rejected: pairs.rejected[index].length },
    words: { prompt: '', chosen: pairs.chosen[index], rejected: pairs.rejected[index] },
    group: pairs.groups[index],
    subset: null,
  }));
  const evaluation = evaluatePairs({ pairs: scored, seed });
  assert.ok(evaluation !== null);

  it('gives accuracy and length as numpy does, with intervals that are wider where prompts repeat', () => {
    close(evaluation.accuracy, pairs.accuracy);
    closeInterval(evaluation.interval, pairs.interval);
    close(evaluation.baselines.length.accuracy, pairs.length[0]);
    closeInterval(evaluation.baselines.length.interval, [pairs.length[1], pairs.length[2]]);
    const [low, high] = pairs.independent;
    assert.ok(high - low < evaluation.interval.high - evaluation.interval.low);
  });

  it("gives SciPy's interval of Wilson where every pair has a prompt of its own", () => {
    const alone = scored.map((_, index) => String(index));
    closeInterval(pairAccuracy(outcomesOf(pairs.margins), alone).interval, pairs.independent);
  });

  it('learns from the words what scikit-learn learns from them, fold by fold', () => {
    close(evaluation.baselines.words?.accuracy, pairs.words[0]);
    assert.ok(evaluation.baselines.words !== null);
    closeInterval(evaluation.baselines.words.interval, [pairs.words[1], pairs.words[2]]);
    assert.ok(0.6 < pairs.words[0], 'the words of these pairs say something');
  });

  it('tells the accuracies where the chosen response is longer and where it is shorter', () => {
    const { accuracy, whereLonger, whereShorter } = evaluation.lengthControlled;
    close(whereLonger, pairs.whereLonger);
    close(whereShorter, pairs.whereShorter);
    close(accuracy, (pairs.whereLonger + pairs.whereShorter) / 2);
  });

  it('gives the interval of a difference that the four counts of the paired table give', () => {
    const untied = pairs.untied.map((index) => scored[index]);
    const head = outcomesOf(untied.map(({ margin }) => margin));
    const groups = untied.map((_, index) => String(index));
    closeInterval(accuracyDifference(head, lengthBaseline(untied).outcomes, groups).interval, pairs.overLength);
  });

  it('is calibrated as numpy says', () => {
    close(evaluation.calibration.error, pairs.calibration.error);
    close(evaluation.calibration.brier, pairs.calibration.brier);
    assert.deepEqual(
      evaluation.calibration.bins.map(({ n }) => n),
      pairs.calibration.counts,
    );
  });
});

for (const metric of ['AUC', 'Spearman'] as const) {
  describe(`evaluateObjective (${metric})`, () => {
    const given = references[metric];
    const texts = given.texts.map((response, index) => ({
      score: given.scores[index],
      target: given.targets[index],
      length: response.length,
      words: { prompt: '', response },
      group: given.groups[index],
      memberships: [],
    }));

    it('gives the value, its interval and both baselines of the reference', () => {
      const evaluation = evaluateObjective({
        objective: 'clarity',
        metric,
        texts,
        threshold: null,
        wordBaseline: 'response',
        seed,
      });
      assert.ok(evaluation !== null);
      close(evaluation.value, given.value);
      closeInterval(evaluation.interval, given.interval);
      close(evaluation.lengthAlone, given.lengthAlone);
      close(evaluation.wordsAlone, given.wordsAlone, 1e-3);
    });

    it('predicts from the words of other groups what scikit-learn predicts', () => {
      const found = wordScores({ metric, texts, wordBaseline: 'response', seed });
      given.words.forEach((expected, index) => close(found?.scores[index], expected, 1e-3));
    });
  });
}
