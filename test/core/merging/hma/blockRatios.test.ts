import assert from 'node:assert/strict';
import { withRatios, type BlockRatios } from '../../../../src/core/merging/hma/blockRatios';
import { hmaRecipe } from '../../../../src/core/merging/hma/hmaRecipe';
import { defaultBlocks, layerwiseBlocks } from '../../../../src/core/merging/hma/layerBlocks';
import { readBlockRatios } from '../../../../src/core/merging/hma/readBlockRatios';
import { writeBlockRatios } from '../../../../src/core/merging/hma/writeBlockRatios';
import { parseMergeRecipe } from '../../../../src/core/merging/recipe/parseMergeRecipe';
import { seededRandom } from '../../../../src/core/seededRandom';

const layerCount = 32;
const sliced = hmaRecipe({
  before: 'models/sft',
  after: 'models/rlhf',
  blocks: defaultBlocks(layerCount),
  ratios: [0.4, 0.3, 0.2],
  alpha: 0.2,
});
const uniform = `# kept
models:
  - model: models/sft # before
    parameters:
      weight: 0.2 # its share
  - model: models/rlhf
    parameters:
      weight: 0.8
merge_method: linear
dtype: bfloat16 # kept too
`;

function read(text: string, blocks?: BlockRatios['blocks']): BlockRatios | null {
  const { recipes, problems } = parseMergeRecipe(text);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  return readBlockRatios(recipes[0], layerCount, { blocks });
}

function write(text: string, ratios: BlockRatios): { readonly text: string; readonly edits: number } {
  const edits = writeBlockRatios(text, parseMergeRecipe(text).recipes[0], ratios);
  let result = text;
  for (const { span, text: inserted } of [...edits].reverse()) {
    result = result.slice(0, span.start) + inserted + result.slice(span.end);
  }
  return { text: result, edits: edits.length };
}

function requireRatios(text: string, blocks?: BlockRatios['blocks']): BlockRatios {
  const ratios = read(text, blocks);
  assert.ok(ratios !== null);
  return ratios;
}

describe('a recipe as ratios of blocks', () => {
  it('has the blocks of its slices, and shares of the model that stands first', () => {
    assert.deepEqual(read(sliced), {
      before: 'models/sft',
      after: 'models/rlhf',
      layerCount,
      blocks: defaultBlocks(layerCount),
      ratios: [0.4, 0.3, 0.2],
      embedding: 0.4,
      finalNorm: 0.2,
      head: 0.2,
      isLinearOnly: false,
    });
  });

  it('is one block where nothing differs, and any blocks that are asked for', () => {
    assert.deepEqual(read(uniform)?.ratios, [0.2]);
    assert.deepEqual(read(uniform, defaultBlocks(layerCount))?.ratios, [0.2, 0.2, 0.2]);
    assert.deepEqual(read(sliced, defaultBlocks(layerCount, 2))?.blocks.length, 3, 'these do not fit');
  });

  it('knows the learnt variant', () => {
    for (const blocks of [defaultBlocks(layerCount), layerwiseBlocks(layerCount)]) {
      const ratios = blocks.map((_, index) => 0.1 + index / 100);
      const text = hmaRecipe({ before: 'a', after: 'b', blocks, ratios, alpha: 0.25, linearOnly: true });
      const found = requireRatios(text);
      assert.deepEqual(found.ratios, ratios);
      assert.deepEqual([found.embedding, found.finalNorm, found.head, found.isLinearOnly], [1, 1, 0.25, true]);
    }
  });

  it('divides weights by their sum where mergekit does', () => {
    const heavy = uniform.replace('weight: 0.2', 'weight: 1').replace('weight: 0.8', 'weight: 3');
    assert.deepEqual(read(heavy)?.ratios, [0.25]);
    assert.equal(read(`${heavy}parameters: {normalize: false}\n`), null);
  });

  it('is nothing else', () => {
    assert.equal(read(uniform.replace('merge_method: linear', 'merge_method: nuslerp')), null);
    assert.equal(read(uniform.replace('weight: 0.2', 'weight: [{filter: mlp, value: 0.5}, {value: 0.2}]')), null);
    assert.equal(read(uniform.replace('weight: 0.2', 'weight: -0.5').replace('0.8', '1.5')), null);
    assert.equal(read(sliced.replaceAll('layer_range: [0, 11]', 'layer_range: [0, 10]')), null);
  });

  it('is written by its numbers alone', () => {
    const before = requireRatios(sliced);
    const { text, edits } = write(sliced, withRatios(before, [0.7, 0.3, 0.2]));
    assert.equal(edits, 2);
    assert.equal(text, sliced.replace('weight: 0.4', 'weight: 0.7').replace('weight: 0.6', 'weight: 0.3'));
    assert.equal(write(sliced, before).edits, 0);
    assert.equal(requireRatios(text).embedding, 0.7);
  });

  it('becomes lists of one entry a layer where a slice has several blocks', () => {
    const wanted = withRatios(requireRatios(uniform, defaultBlocks(layerCount)), [0.2, 0.5, 0.1]);
    const { text } = write(uniform, { ...wanted, finalNorm: 0.2, head: 0.2 });
    assert.match(text, /weight: \[0\.2, 0\.2, [^\]]*\] # its share/);
    assert.match(text, /^# kept\n[^]*dtype: bfloat16 # kept too\n$/);
    const found = requireRatios(text);
    assert.deepEqual([found.ratios, found.finalNorm, found.head], [[0.2, 0.5, 0.1], 0.2, 0.2]);
  });

  it('gets filters where numbers cannot say it, and keeps what stands around them', () => {
    const wanted = { ...requireRatios(uniform), finalNorm: 0.5, head: 0.25 };
    const { text } = write(uniform, wanted);
    assert.match(text, /^# kept\n/);
    assert.match(text, /\nmerge_method: linear\ndtype: bfloat16 # kept too\n$/);
    const found = requireRatios(text);
    assert.deepEqual([found.ratios, found.finalNorm, found.head], [[0.2], 0.5, 0.25]);
  });

  it('gets other slices for other blocks', () => {
    const blocks = defaultBlocks(layerCount, 4);
    const wanted: BlockRatios = { ...requireRatios(sliced), blocks, ratios: [0.1, 0.2, 0.3, 0.4], embedding: 0.1 };
    const { text } = write(`${sliced}# end\n`, wanted);
    assert.ok(text.startsWith(sliced.slice(0, sliced.indexOf('slices:'))));
    assert.ok(text.endsWith('dtype: float32\n# end\n'));
    assert.deepEqual(requireRatios(text), wanted);
    const layerwise = layerwiseBlocks(layerCount);
    const ratios = layerwise.map((_, layer) => layer / 40);
    const perLayer = { ...wanted, blocks: layerwise, ratios, embedding: 0.9 };
    assert.deepEqual(requireRatios(write(text, perLayer).text), perLayer);
    assert.deepEqual(requireRatios(write(write(text, perLayer).text, wanted).text), {
      ...wanted,
      blocks,
      embedding: 0.1,
    });
  });

  it('is written in any style', () => {
    const flow =
      '{merge_method: linear, models: [{model: a, parameters: {weight: 0.2}}, {model: b, parameters: {weight: 0.8}}]}';
    const one = requireRatios(flow);
    assert.equal(
      write(flow, { ...withRatios(one, [0.7]), finalNorm: 0.7, head: 0.7 }).text,
      flow.replace('0.2', '0.7').replace('0.8', '0.3'),
    );
    const wanted = { ...one, head: 0.5 };
    assert.deepEqual(requireRatios(write(flow, wanted).text), wanted);
  });

  it('reads back what was written, whatever it was before', () => {
    const random = seededRandom(7);
    let text = sliced;
    for (let trial = 0; trial < 200; trial += 1) {
      const before = requireRatios(text);
      const count = 1 + Math.floor(random() * 6);
      const blocks = random() < 0.5 ? before.blocks : random() < 0.3 ? layerwiseBlocks(32) : defaultBlocks(32, count);
      const share = (): number =>
        random() < 0.1 ? Math.round(random()) : Number(random().toFixed(Math.floor(random() * 16)));
      const isLinearOnly = random() < 0.2;
      const wanted: BlockRatios = {
        ...before,
        blocks,
        ratios: blocks.map(share),
        embedding: isLinearOnly ? 1 : share(),
        finalNorm: isLinearOnly ? 1 : share(),
        head: share(),
        isLinearOnly,
      };
      text = write(text, wanted).text;
      assert.deepEqual(parseMergeRecipe(text).problems, []);
      const found = readBlockRatios(parseMergeRecipe(text).recipes[0], layerCount, { blocks });
      assert.ok(found !== null, text);
      const numbers = ({ ratios, embedding, finalNorm, head }: BlockRatios): readonly number[] => [
        ...ratios,
        embedding,
        finalNorm,
        head,
      ];
      numbers(found).forEach((value, index) => assert.ok(Math.abs(value - numbers(wanted)[index]) < 1e-12, text));
    }
  });
});
