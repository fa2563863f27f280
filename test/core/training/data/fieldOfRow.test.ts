import assert from 'node:assert/strict';
import { fieldOfRow } from '../../../../src/core/training/data/fieldOfRow';

describe('fieldOfRow', () => {
  it('reaches inside, prefers a name that has dots itself, and goes through lists', () => {
    assert.equal(fieldOfRow({ a: { b: { c: 1 } } }, 'a.b.c'), 1);
    assert.equal(fieldOfRow({ 'a.b': 2, a: { b: 3 } }, 'a.b'), 2);
    assert.equal(fieldOfRow({ 'a.b': { c: 4 } }, 'a.b.c'), 4);
    assert.deepEqual(fieldOfRow({ output: [{ score: 1 }, { score: 2 }, {}] }, 'output.score'), [1, 2, undefined]);
  });

  it('finds nothing where nothing is, not even what every object has', () => {
    for (const path of ['b', 'a.b', 'a.', '.a', '', 'constructor', 'a.constructor', '__proto__', 'toString.name']) {
      assert.equal(fieldOfRow({ a: 'text' }, path), undefined, path);
    }
    for (const value of [null, undefined, 3, 'text']) assert.equal(fieldOfRow(value, 'a'), undefined);
  });
});
