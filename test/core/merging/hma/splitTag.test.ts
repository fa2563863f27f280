import assert from 'node:assert/strict';
import { parseRatios, parseSplitTag } from '../../../../src/core/merging/hma/splitTag';

const problemOf = (text: string): string => {
  const read = parseSplitTag(text);
  return 'problem' in read ? read.problem : '';
};

describe("the reference code's tag of a split", () => {
  it('names the last layers of blocks and the shares of the model before RLHF', () => {
    const value = { cuts: [10, 20], ratios: [0.4, 0.3, 0.2], isHeadAfter: false };
    assert.deepEqual(parseSplitTag('split|10#20|0.4|0.3|0.2'), { value });
    assert.deepEqual(parseSplitTag(' split0|10#20|0.4|0.3|0.2 '), { value: { ...value, isHeadAfter: true } });
    assert.deepEqual(parseSplitTag('split|7|1|0'), { value: { cuts: [7], ratios: [1, 0], isHeadAfter: false } });
  });

  it('is found where the reference code reads it: between the last two underscores of a folder', () => {
    const value = { cuts: [10, 20], ratios: [0.4, 0.3, 0.2], isHeadAfter: false };
    assert.deepEqual(parseSplitTag('output/llama_rsf_split|10#20|0.4|0.3|0.2_0.2'), { value });
    assert.deepEqual(parseSplitTag('output_models/split|10#20|0.4|0.3|0.2'), { value });
  });

  it('is refused with the reason', () => {
    assert.match(problemOf('10#20'), /is no tag such as split\|10#20/);
    assert.match(problemOf('split|10#|0.4|0.3|0.2'), /"" is no layer to cut after/);
    assert.match(problemOf('split|-1#20|0.4|0.3|0.2'), /"-1" is no layer/);
    assert.match(problemOf('split|10#20|0.4|0.3'), /2 ratios were given for 3 blocks/);
    assert.match(problemOf('split|10|0.4|0.3|0.2'), /3 ratios were given for 2 blocks/);
    assert.match(problemOf('split|10#20|0.4|1.3|0.2'), /the ratio 1.3 is not between 0 and 1/);
    assert.match(problemOf('split|10#20|0.4||0.2'), /"" is no ratio/);
    assert.deepEqual(parseRatios('0.4,-0.1'), { problem: 'the ratio -0.1 is not between 0 and 1' });
  });
});
