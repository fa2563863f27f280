import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readMaskAlphas } from '../../../../src/core/merging/hma/readMaskAlphas';
import { valuesOfLayers } from '../../../../src/core/merging/hma/layerBlocks';
import { FormatError } from '../../../../src/core/formatError';
import { seededRandom } from '../../../../src/core/seededRandom';

interface Case {
  readonly file: string;
  readonly layers: readonly number[];
  readonly ratios: readonly number[];
  readonly alpha: number;
  readonly epsilon: number;
}

const cases = JSON.parse(readFileSync('test/references/maskAlphas.json', 'utf8')) as Readonly<Record<string, Case>>;

function bytesOf(name: string): Uint8Array {
  return Uint8Array.from(Buffer.from(cases[name].file, 'base64'));
}

describe("mask_alphas.bin of HMA's reference code", () => {
  for (const name of ['float32', 'bfloat16', 'equal']) {
    it(`gives the ratios that its merge takes (${name})`, () => {
      const expected = cases[name];
      const { blocks, ratios, alpha, epsilon } = readMaskAlphas(bytesOf(name), 'mask_alphas.bin');
      assert.equal(blocks.length, expected.ratios.length, 'blocks with equal logits stay apart');
      const found = valuesOfLayers(blocks, ratios);
      assert.equal(found.length, expected.layers.length);
      expected.layers.forEach((block, layer) => {
        assert.ok(Math.abs(found[layer] - expected.ratios[block]) < 1e-12, `layer ${layer}`);
      });
      assert.deepEqual([alpha, epsilon], [expected.alpha, expected.epsilon]);
    });
  }

  it('is refused where each module has a ratio of its own, and in the old format', () => {
    assert.throws(() => readMaskAlphas(bytesOf('linearwise'), 'mask_alphas.bin'), /no logits of blocks/);
    assert.throws(() => readMaskAlphas(bytesOf('old'), 'mask_alphas.bin'), /it is no ZIP archive/);
    assert.throws(() => readMaskAlphas(new Uint8Array(0), 'mask_alphas.bin'), FormatError);
  });

  it('never does anything but give ratios or a format error, whatever its bytes are', () => {
    const random = seededRandom(3);
    const original = bytesOf('float32');
    let refused = 0;
    for (let trial = 0; trial < 1000; trial += 1) {
      const bytes = original.slice(0, random() < 0.2 ? Math.floor(random() * original.length) : original.length);
      for (let change = Math.floor(random() * 4); 0 <= change; change -= 1) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      try {
        const { ratios } = readMaskAlphas(bytes, 'mask_alphas.bin');
        assert.ok(ratios.every((ratio) => 0 <= ratio));
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
        refused += 1;
      }
    }
    assert.ok(200 < refused);
  });

  it('is not asked to run what a pickle names', () => {
    const bytes = bytesOf('float32');
    const text = Buffer.from(bytes)
      .toString('latin1')
      .replace('torch._utils\n_rebuild_parameter', 'os\nsystem'.padEnd(31, 'x'));
    assert.throws(() => readMaskAlphas(Buffer.from(text, 'latin1'), 'mask_alphas.bin'), /a logit is no single number/);
  });
});
