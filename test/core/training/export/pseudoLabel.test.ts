import assert from 'node:assert/strict';
import { textReply, type ConversionRecord } from '../../../../src/core/convert/conversionRecord';
import { RowProblem } from '../../../../src/core/promptFile/rowProblem';
import { PseudoLabeller } from '../../../../src/core/training/export/pseudoLabel';

function recordOf(...replies: readonly (readonly [text: string, score: number | null, label?: boolean])[]) {
  const record: ConversionRecord = {
    body: {
      kind: 'exchange',
      prompt: { kind: 'text', text: 'Why?' },
      replies: replies.map(([text, score, label = null]) => textReply(text, { score, label })),
    },
    id: 'a',
    subset: null,
    margin: 9,
    reference: null,
    tools: null,
    fields: { source: 'x' },
  };
  return record;
}

const textsOf = ({ body }: ConversionRecord): readonly string[] =>
  body.kind === 'exchange' ? body.replies.map(({ turns }) => turns[0].content) : [];

describe('PseudoLabeller', () => {
  it('puts the better reply first, whatever the file says, and counts what was turned round', () => {
    const labeller = new PseudoLabeller({ threshold: null, hasMargins: true });
    const swapped = labeller.label(recordOf(['old chosen', -1, true], ['old rejected', 1, false]));
    assert.deepEqual(textsOf(swapped), ['old rejected', 'old chosen']);
    assert.equal(swapped.margin, 2);
    assert.deepEqual(swapped.fields, { source: 'x', confidence: 1 / (1 + Math.exp(-2)), swapped: true });
    const kept = labeller.label(recordOf(['chosen', 3, true], ['rejected', 1, false]));
    assert.deepEqual(textsOf(kept), ['chosen', 'rejected']);
    assert.equal(kept.fields['swapped'], false);
    assert.deepEqual(labeller.counts, { kept: 2, swapped: 1, uncertain: 0, ties: 0 });
  });

  it('takes the best and the worst of several', () => {
    const labeller = new PseudoLabeller({ threshold: null, hasMargins: false });
    const record = labeller.label(recordOf(['middle', 0], ['best', 2], ['worst', -1]));
    assert.deepEqual(textsOf(record), ['best', 'worst']);
    assert.equal(record.margin, null);
    assert.deepEqual(record.fields, { source: 'x' });
  });

  it('keeps only what is above the threshold, and no ties', () => {
    const labeller = new PseudoLabeller({ threshold: 0.8, hasMargins: true });
    const margin = Math.log(4); // σ(ln 4) = 0.8
    assert.throws(() => labeller.label(recordOf(['a', margin - 1e-9], ['b', 0])), RowProblem);
    assert.throws(() => labeller.label(recordOf(['a', 1], ['b', 1])), /same score/);
    assert.throws(() => labeller.label(recordOf(['a', 1], ['b', null])), /one reply/);
    assert.equal(labeller.label(recordOf(['a', margin + 1e-3], ['b', 0])).margin, margin + 1e-3);
    assert.deepEqual(labeller.counts, { kept: 1, swapped: 0, uncertain: 1, ties: 1 });
  });
});
