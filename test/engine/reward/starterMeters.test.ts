import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { loadHeadFile } from '../../../src/engine/checkpoint/loadHeadFile';
import { starterFile, starterHeadPath } from '../../../src/engine/checkpoint/starterFile';

const meterFigure = z.object({ heldOut: z.number(), lengthAlone: z.number(), tfidf: z.number(), n: z.number() });
const figuresSchema = z
  .object({ xstest: z.object({ auc: z.number(), aucWithoutPartial: z.number(), words: z.number() }) })
  .catchall(meterFigure);

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
    const { metadata } = await loadHeadFile(starterHeadPath());
    const { xstest, ...meters } = figuresSchema.parse(metadata.figures);
    assert.equal(Object.keys(meters).length, 5);
    for (const [name, { heldOut, lengthAlone, tfidf, n }] of Object.entries(meters)) {
      const row = card.split('\n').find((line) => line.startsWith(`| ${name} `) && line.includes('±')) ?? '';
      for (const figure of [heldOut.toFixed(3), lengthAlone.toFixed(3), tfidf.toFixed(3), `${n}`]) {
        assert.ok(row.includes(figure), `${figure} is not in the row of ${name}: ${row}`);
      }
      assert.ok(lengthAlone < heldOut, `${name} is no better than length`);
    }
    for (const figure of [xstest.auc, xstest.aucWithoutPartial, xstest.words]) {
      assert.ok(card.includes(figure.toFixed(3)));
    }
  });

  it('names in its descriptions the figures that it carries', async () => {
    const { metadata } = await loadHeadFile(starterHeadPath());
    const { xstest, ...meters } = figuresSchema.parse(metadata.figures);
    for (const { name, description } of metadata.objectives.slice(1)) {
      const figure = name === 'compliance' ? xstest.auc : meters[name]?.heldOut;
      assert.ok(description?.includes(figure?.toFixed(2) ?? 'missing'), `${name}: ${description ?? ''}`);
    }
  });
});
