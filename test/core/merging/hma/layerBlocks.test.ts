import assert from 'node:assert/strict';
import {
  blocksOfCuts,
  defaultBlocks,
  describeBlock,
  evenBlocks,
  layerwiseBlocks,
  parseBlocks,
  valuesOfLayers,
  type LayerBlock,
  type Read,
} from '../../../../src/core/merging/hma/layerBlocks';

const text = (blocks: readonly LayerBlock[]): string => blocks.map(describeBlock).join(',');
const textOf = (read: Read<readonly LayerBlock[]>): string => ('problem' in read ? read.problem : text(read.value));

describe('blocks of layers', () => {
  it('are those of the reference code where they are near thirds', () => {
    assert.equal(text(defaultBlocks(26)), '0-7,8-15,16-25');
    assert.equal(text(defaultBlocks(30)), '0-7,8-15,16-29');
    assert.equal(text(defaultBlocks(32)), '0-10,11-20,21-31');
  });

  it('are thirds as in the paper where the cuts of the code would leave none, or nearly all, to the last', () => {
    assert.equal(text(defaultBlocks(4)), '0,1,2-3');
    assert.equal(text(defaultBlocks(16)), '0-4,5-9,10-15');
    assert.equal(text(defaultBlocks(80)), '0-25,26-52,53-79');
    assert.equal(text(evenBlocks(26, 3)), '0-7,8-16,17-25');
  });

  it('are floor(layers / N) each of other counts, and the rest goes to the last', () => {
    assert.equal(text(defaultBlocks(32, 6)), '0-4,5-9,10-14,15-19,20-24,25-31');
    assert.equal(text(defaultBlocks(3, 1)), '0-2');
    assert.equal(text(layerwiseBlocks(3)), '0,1,2');
  });

  it('are cut after layers', () => {
    assert.equal(textOf(blocksOfCuts([10, 20], 32)), '0-10,11-20,21-31');
    assert.equal(textOf(blocksOfCuts([], 4)), '0-3');
    assert.equal(textOf(blocksOfCuts([20, 10], 32)), 'the cut 10 does not come after the cut 20');
    assert.equal(textOf(blocksOfCuts([10, 10], 32)), 'the cut 10 does not come after the cut 10');
    assert.match(textOf(blocksOfCuts([10, 31], 32)), /the cut 31 leaves no layer after it: the models have 32 layers/);
  });

  it('are read as ranges that cover all layers once', () => {
    assert.equal(textOf(parseBlocks('0-10, 11-20,21-31', 32)), '0-10,11-20,21-31');
    assert.equal(textOf(parseBlocks('0,1-3', 4)), '0,1-3');
    assert.match(textOf(parseBlocks('0-1,3', 4)), /begins at layer 3, but layer 2 is the next/);
    assert.match(textOf(parseBlocks('0-2,2-3', 4)), /begins at layer 2, but layer 3 is the next/);
    assert.match(textOf(parseBlocks('0-2', 4)), /ends at layer 2, but the models have 4 layers, the last 3/);
    assert.match(textOf(parseBlocks('0-9', 4)), /ends at layer 9, but the models have 4 layers/);
    assert.match(textOf(parseBlocks('0-1,3-2', 4)), /ends before it begins/);
    assert.match(textOf(parseBlocks('a-b', 4)), /no range of layers/);
    assert.match(textOf(parseBlocks('', 4)), /no range of layers/);
  });

  it('give each layer the value of its block', () => {
    assert.deepEqual(
      valuesOfLayers(
        [
          { first: 0, last: 1 },
          { first: 2, last: 2 },
        ],
        [0.4, 0.2],
      ),
      [0.4, 0.4, 0.2],
    );
  });
});
