import assert from 'node:assert/strict';
import { placeLabels } from '../../../src/engine/training/placeLabels';

describe('placeLabels', () => {
  const description = { objectives: [{ name: 'courtesy' }, { name: 'length' }] };
  const metadata = {
    objectives: [
      { name: 'courtesy', kind: 'logistic', label: { field: 'curt', values: { no: 1, yes: 0 } } },
      { name: 'length', kind: 'computed', compute: 'log_tokens' },
    ],
  } as const;

  it('looks in the field of an objective’s name, then in the one that it was trained on', () => {
    const [courtesy, length] = placeLabels({ description, metadata });
    assert.deepEqual(courtesy?.places, [
      { field: 'courtesy', yes: null },
      { field: 'curt', values: { no: 1, yes: 0 }, yes: null },
    ]);
    assert.deepEqual(length?.places, [{ field: 'length', yes: null }]);
    assert.deepEqual([courtesy?.threshold, length?.threshold], [0.5, null]);
  });

  it('looks only where it is told to', () => {
    const [courtesy] = placeLabels({ description, metadata, labels: { courtesy: 'tone=warm' } });
    assert.deepEqual(courtesy?.places, [{ field: 'tone', yes: 'warm' }]);
  });
});
