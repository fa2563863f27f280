import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { loadHeadFile } from '../../../src/engine/checkpoint/loadHeadFile';
import { starterFile, starterHeadPath } from '../../../src/engine/checkpoint/starterFile';

const figure = z.object({ value: z.number() });
const figuresSchema = z.object({
  objectives: z.array(
    z.object({
      name: z.string(),
      rows: z.number(),
      heldOut: figure.nullable(),
      lengthAlone: figure.nullable(),
      wordsAlone: figure.nullable(),
    }),
  ),
  checks: z.array(
    z.object({
      name: z.string(),
      evaluation: z.object({ objectives: z.array(z.object({ objective: z.string(), value: z.number() })) }),
    }),
  ),
});

/** Of the run that made the file; learnt objectives only. */
async function readFigures() {
  const { metadata } = await loadHeadFile(starterHeadPath());
  const { objectives, checks } = figuresSchema.parse(metadata.figures);
  return {
    meters: objectives.flatMap(({ name, rows, heldOut, lengthAlone, wordsAlone }) =>
      heldOut === null || lengthAlone === null || wordsAlone === null
        ? []
        : [{ name, rows, heldOut: heldOut.value, lengthAlone: lengthAlone.value, wordsAlone: wordsAlone.value }],
    ),
    checks: new Map(checks.map(({ name, evaluation }) => [name, evaluation.objectives[0]?.value ?? NaN])),
  };
}

describe('the head file of the starter', () => {
  const card = readFileSync(join(dirname(starterHeadPath()), 'MODEL_CARD.md'), 'utf8');

  it('sits on the starter model and pools the mean after layer 20', async () => {
    const { metadata, weight, bias } = await loadHeadFile(starterHeadPath());
    assert.equal(metadata.body.hash, starterFile.sha256);
    assert.equal(metadata.body.hiddenSize, 576);
    assert.deepEqual(metadata.pooling, { kind: 'mean', layer: 20 });
    assert.equal(weight.length, 5 * 576);
    assert.equal(bias.length, 5);
    assert.ok([...weight, ...bias].every(Number.isFinite));
  });

  it('measures what the card says and nothing called quality or helpfulness', async () => {
    const { metadata } = await loadHeadFile(starterHeadPath());
    assert.deepEqual(
      metadata.objectives.map(({ name, kind }) => `${name} ${kind}`),
      [
        'verbosity computed',
        'compliance logistic',
        'non-toxicity logistic',
        'on-topic logistic',
        'fluency logistic',
        'engagingness linear',
      ],
    );
    assert.ok(metadata.objectives.every(({ description }) => description !== undefined));
  });

  it('carries the same figures as the card', async () => {
    const { meters, checks } = await readFigures();
    assert.equal(meters.length, 5);
    for (const { name, heldOut, lengthAlone, wordsAlone, rows } of meters) {
      const row = card.split('\n').find((line) => line.startsWith(`| ${name} `) && line.includes('±')) ?? '';
      for (const said of [heldOut, lengthAlone, wordsAlone].map((value) => value.toFixed(3))) {
        assert.ok(row.includes(said), `${said} is not in the row of ${name}: ${row}`);
      }
      assert.ok(row.includes(rows.toLocaleString('en-GB')), `${rows} is not in the row of ${name}: ${row}`);
      assert.ok(lengthAlone < heldOut, `${name} is no better than length`);
    }
    for (const value of checks.values()) assert.ok(card.includes(value.toFixed(3)), `${value} is not in the card`);
  });

  it('reaches what this body was measured to reach', async () => {
    const { meters, checks } = await readFigures();
    const least: Readonly<Record<string, number>> = {
      compliance: 0.98,
      'non-toxicity': 0.93,
      'on-topic': 0.88,
      fluency: 0.98,
      engagingness: 0.6,
    };
    for (const { name, heldOut } of meters) assert.ok(least[name] <= heldOut, `${name}: ${heldOut}`);
    const xstest = checks.get('XSTest') ?? NaN;
    assert.ok(0.9 <= xstest, `compliance on XSTest: ${xstest}`);
  });

  it('names in its descriptions the figures that it carries', async () => {
    const { metadata } = await loadHeadFile(starterHeadPath());
    const { meters, checks } = await readFigures();
    for (const { name, description } of metadata.objectives.slice(1)) {
      const heldOut = meters.find((meter) => meter.name === name)?.heldOut;
      assert.ok(description?.includes(heldOut?.toFixed(2) ?? 'missing'), `${name}: ${description ?? ''}`);
    }
    const { description } = metadata.objectives[1];
    assert.ok(description?.includes(`${(checks.get('XSTest') ?? NaN).toFixed(2)} on XSTest`), description);
  });
});
