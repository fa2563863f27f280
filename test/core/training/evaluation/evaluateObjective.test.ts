import assert from 'node:assert/strict';
import { countGroupErrors } from '../../../../src/core/training/evaluation/countGroupErrors';
import { evaluateObjective } from '../../../../src/core/training/evaluation/evaluateObjective';
import { evaluateScored } from '../../../../src/core/training/evaluation/evaluateScored';
import { membershipsOf } from '../../../../src/core/training/evaluation/membershipsOf';
import { rankFigure } from '../../../../src/core/training/evaluation/rankFigure';
import type { ScoredText } from '../../../../src/core/training/evaluation/scoredText';
import { seededRandom } from '../../../../src/core/seededRandom';

const options = { objective: 'clarity', threshold: null, wordBaseline: 'response', seed: 20 } as const;

function text(changes: Partial<ScoredText> & { readonly group: string }): ScoredText {
  return { score: 0, target: 0, length: 10, words: null, memberships: [], ...changes };
}

function texts(rows: readonly (readonly [score: number, target: number])[]): ScoredText[] {
  return rows.map(([score, target], index) => text({ score, target, group: `${index}` }));
}

describe('evaluateObjective', () => {
  it('gives nothing where nothing can be told: no texts, one class, constant ratings or values', () => {
    assert.equal(evaluateObjective({ ...options, metric: 'AUC', texts: [] }), null);
    assert.equal(
      evaluateObjective({
        ...options,
        metric: 'AUC',
        texts: texts([
          [0.1, 1],
          [0.9, 1],
        ]),
      }),
      null,
    );
    assert.equal(
      evaluateObjective({
        ...options,
        metric: 'Spearman',
        texts: texts([
          [0.1, 3],
          [0.9, 3],
        ]),
      }),
      null,
    );
    assert.equal(
      evaluateObjective({
        ...options,
        metric: 'Spearman',
        texts: texts([
          [0.5, 1],
          [0.5, 3],
        ]),
      }),
      null,
    );
  });

  it('does not hold the direction of length against its baseline', () => {
    const rows = texts([
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
    ]).map((row) => ({ ...row, length: 100 - row.target }));
    const evaluation = evaluateObjective({ ...options, metric: 'Spearman', texts: rows });
    assert.equal(evaluation?.value, 1);
    assert.equal(evaluation.lengthAlone, 1);
  });

  it('compares with the likeness of prompt and response where that is what the objective is about', () => {
    const rows = Array.from({ length: 30 }, (_, index) => {
      const topic = `topic${index} subject${index}`;
      const target = index % 2;
      const words = { prompt: topic, response: target === 1 ? `about ${topic}` : 'about something else' };
      return text({ group: `${index}`, target, score: target, words });
    });
    const evaluation = evaluateObjective({ ...options, metric: 'AUC', texts: rows, wordBaseline: 'cosine' });
    assert.equal(evaluation?.wordsAlone, 1);
  });

  it('counts errors at the threshold by group, a text in each of its groups once', () => {
    const rows = [
      text({ group: '1', score: 0.9, target: 0, memberships: ['old', 'old', 'tall'] }),
      text({ group: '2', score: 0.2, target: 0, memberships: ['old'] }),
      text({ group: '3', score: 0.5, target: 1, memberships: ['tall'] }),
      text({ group: '4', score: 0.4, target: 1, memberships: ['tall'] }),
      text({ group: '5', score: 0.9, target: 0 }),
    ];
    assert.deepEqual(countGroupErrors(rows, 0.5), [
      { group: 'old', negatives: 2, positives: 0, falsePositiveRate: 0.5, falseNegativeRate: null },
      { group: 'tall', negatives: 1, positives: 2, falsePositiveRate: 1, falseNegativeRate: 0.5 },
    ]);
  });
});

describe('membershipsOf', () => {
  it('finds whole words and phrases, whatever their case, and takes no term for a pattern', () => {
    const terms = ['gay', 'old people', 'C++', 'a.b'];
    assert.deepEqual(membershipsOf('Gay and OLD\npeople write C++.', terms), ['gay', 'old people', 'C++']);
    assert.deepEqual(membershipsOf('gayer, bold people, axb', terms), []);
  });
});

describe('rankFigure', () => {
  it('has an interval that is not a point where all is in order', () => {
    const scores = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const groups = Array.from(scores, String);
    const area = rankFigure({ metric: 'AUC', scores, targets: scores.map((score) => (4 < score ? 1 : 0)), groups });
    assert.ok(area !== null && area.value === 1 && area.interval.high === 1 && area.interval.low < 0.9);
    const ranks = rankFigure({ metric: 'Spearman', scores, targets: scores, groups });
    assert.ok(ranks !== null && ranks.value === 1 && ranks.interval.low < 0.95 && 0.5 < ranks.interval.low);
  });

  it('holds the true value about 95 times of 100', () => {
    const random = seededRandom(9);
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const held = { AUC: 0, Spearman: 0 };
    for (let round = 0; round < 300; round += 1) {
      const rows = Array.from({ length: 80 }, () => normal());
      const scores = Float64Array.from(rows, (value) => value + normal());
      const groups = rows.map((_, index) => `${index}`);
      // Of two normal variables with correlation r = √½, Spearman's is 6/π·asin(r/2), and the area of their signs ¾ + ….
      const spearman = rankFigure({ metric: 'Spearman', scores, targets: Float64Array.from(rows), groups });
      const truth = (6 / Math.PI) * Math.asin(Math.SQRT1_2 / 2);
      if (spearman !== null && spearman.interval.low <= truth && truth <= spearman.interval.high) held.Spearman += 1;
      const shifted = rows.map((_, index) => ({ target: index % 2, score: normal() + (index % 2) }));
      const area = rankFigure({
        metric: 'AUC',
        scores: Float64Array.from(shifted, ({ score }) => score),
        targets: Float64Array.from(shifted, ({ target }) => target),
        groups,
      });
      // Φ(1/√2): two normal distributions one standard deviation apart.
      if (area !== null && area.interval.low <= 0.7602499389 && 0.7602499389 <= area.interval.high) held.AUC += 1;
    }
    for (const [metric, count] of Object.entries(held)) {
      assert.ok(0.92 * 300 <= count && count <= 0.985 * 300, `${metric}: ${count} of 300`);
    }
  });
});

describe('evaluateScored', () => {
  const pairs = (count: number, right: number, longer: number): Parameters<typeof evaluateScored>[0]['pairs'] =>
    Array.from({ length: count }, (_, index) => ({
      margin: index < right ? 1 : -1,
      lengths: (index * 7919) % count < longer ? { chosen: 9, rejected: 5 } : { chosen: 5, rejected: 9 },
      words: null,
      group: `${index}`,
      subset: null,
    }));
  const warningsOf = (params: Partial<Parameters<typeof evaluateScored>[0]>): string =>
    evaluateScored({ rows: 1, errors: 0, pairs: [], objectives: [], seed: 20, ...params }).warnings.join('; ');

  it('warns of a head that does not beat length, and of one that is not shown to', () => {
    assert.match(warningsOf({ pairs: pairs(400, 240, 280) }), /does not beat length: it is right in 60\.0 %/);
    assert.match(warningsOf({ pairs: pairs(400, 290, 280) }), /is not shown to beat length/);
    assert.doesNotMatch(warningsOf({ pairs: pairs(400, 340, 220) }), /length/);
  });

  it('warns of too few pairs and of ties', () => {
    assert.match(warningsOf({ pairs: pairs(12, 10, 6) }), /12 pairs are too few to tell/);
    const tied = pairs(100, 90, 50).map((each, index) => (index < 5 ? { ...each, margin: 0 } : each));
    assert.match(warningsOf({ pairs: tied }), /5 pairs are tied/);
  });

  it('says why an objective has no figure', () => {
    const objective = { ...options, metric: 'AUC' as const };
    assert.match(warningsOf({ objectives: [{ ...objective, texts: [] }] }), /clarity: no row has a label/);
    const same = texts([
      [0.1, 1],
      [0.9, 1],
    ]);
    assert.match(warningsOf({ objectives: [{ ...objective, texts: same }] }), /all 2 rows have the same label, 1/);
    const constant = texts([
      [0.5, 1],
      [0.5, 3],
    ]);
    const rating = { ...options, metric: 'Spearman' as const, texts: constant };
    assert.match(warningsOf({ objectives: [rating] }), /all rows get the same value, 0\.5/);
  });

  it('warns of an objective no better than chance, length or words', () => {
    const random = seededRandom(4);
    const rows = Array.from({ length: 400 }, (_, index) => {
      const target = index % 2;
      return text({ group: `${index}`, target, score: random(), length: 10 + 5 * target });
    });
    const warnings = warningsOf({ objectives: [{ ...options, metric: 'AUC', texts: rows }] });
    assert.match(warnings, /clarity: it is not shown to be better than chance/);
    assert.match(warnings, /clarity: it does not beat length, whose AUC is 1\.000/);
  });

  it('names the groups between which more than chance is', () => {
    const rows = Array.from({ length: 200 }, (_, index) => {
      const group = index < 100 ? 'young' : 'old';
      const target = index % 2;
      const isCalled = target === 1 || (group === 'old' && index % 4 === 0);
      return text({ group: `${index}`, target, score: isCalled ? 0.8 + index / 1e4 : 0.1, memberships: [group] });
    });
    const objective = { ...options, metric: 'AUC' as const, threshold: 0.5, texts: rows };
    assert.match(
      warningsOf({ objectives: [objective] }),
      /clarity: false positives differ between groups: 0\.0 % of 50 for young, 50\.0 % of 50 for old/,
    );
  });
});
