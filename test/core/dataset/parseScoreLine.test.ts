import assert from 'node:assert/strict';
import { parseScoreLine } from '../../../src/core/dataset/parseScoreLine';
import { buildJudgedPair } from '../../../src/core/reward/judgedPair';
import { outputRowOf } from '../../../src/core/reward/outputRow';

describe('a line of scores', () => {
  it('is read as it was written', () => {
    const text = { score: 1, tokens: 2, truncated: false, objectives: [] };
    const lines = [
      { id: '1', ...text },
      { id: '2', chosen: text, rejected: text, margin: 0 },
      { id: '3', responses: [text], best: 0 },
      { id: '4', error: { code: 'row', message: 'no' } },
    ];
    for (const line of lines) assert.deepEqual(parseScoreLine(JSON.stringify(line)), line);
  });

  it('makes a pair of a verdict again, but for its tokens', () => {
    const order = { tokens: 0, truncated: false };
    const judged = buildJudgedPair({ ...order, pA: 0.75 }, { ...order, pA: 0.5 });
    const margin = judged.chosen.score - judged.rejected.score;
    const scored = { id: '1', ...judged, margin };
    assert.deepEqual(parseScoreLine(JSON.stringify(outputRowOf(scored))), scored);
  });

  it('is nothing else', () => {
    const wrong = ['', '{', 'null', '[]', '{"id":1,"score":1}', '{"id":"1"}', '{"id":"1","score":"1"}'];
    const more = ['{"id":"1","margin":1}', '{"id":"1","error":"x"}', '{"id":"1","responses":[1],"best":0}'];
    for (const line of [...wrong, ...more, '{"id":"1","pChosen":0.5}']) assert.equal(parseScoreLine(line), null, line);
  });
});
