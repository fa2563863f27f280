import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { sha256 } from '../../src/core/sha256';
import { seededRandom } from '../fixtures/seededRandom';

describe('SHA-256 without the platform', () => {
  it('is that of the platform, around the ends of blocks and for more than one', () => {
    const random = seededRandom(3);
    for (const length of [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 1000]) {
      const bytes = Uint8Array.from({ length }, () => Math.floor(256 * random.next()));
      assert.equal(sha256(bytes), createHash('sha256').update(bytes).digest('hex'), `${length} bytes`);
    }
  });

  it('takes a text in UTF-8', () => {
    const text = 'Grüße, 世界';
    assert.equal(sha256(text), createHash('sha256').update(text).digest('hex'));
  });
});
