import assert from 'node:assert/strict';
import { HttpError } from '../../../src/server/http/httpError';
import { Admission } from '../../../src/server/queue/admission';

describe('the admission of requests', () => {
  const refusal = (act: () => unknown): HttpError => {
    let caught: unknown;
    assert.throws(act, (error) => (caught = error) instanceof HttpError);
    return caught as HttpError;
  };

  it('lets so many in, and another when one leaves', () => {
    const admission = new Admission({ maxRequests: 2, maxHeldBytes: 100 }, () => 0);
    const first = admission.enter();
    admission.enter();
    assert.equal(refusal(() => admission.enter()).status, 429);
    first.leave();
    first.leave(); // counts once
    admission.enter();
    assert.equal(refusal(() => admission.enter()).status, 429);
  });

  it('counts the bytes that all of them hold', () => {
    const admission = new Admission({ maxRequests: 9, maxHeldBytes: 100 }, () => 0);
    const [first, second] = [admission.enter(), admission.enter()];
    first.hold(60);
    second.hold(40);
    assert.equal(refusal(() => second.hold(1)).status, 429);
    first.leave();
    second.hold(60);
    assert.equal(admission.bytes, 100);
    second.leave();
    assert.deepEqual([admission.requests, admission.bytes], [0, 0]);
  });

  it('names a time to wait that follows how fast answers leave', () => {
    let now = 0;
    const admission = new Admission({ maxRequests: 10, maxHeldBytes: 100 }, () => now);
    const waitAfter = (interval: number): number => {
      for (let round = 0; round < 200; round += 1) {
        now += interval;
        admission.enter().leave();
      }
      const places = Array.from({ length: 10 }, () => admission.enter());
      const { headers } = refusal(() => admission.enter());
      for (const place of places) place.leave();
      return Number(headers['Retry-After']);
    };
    assert.equal(waitAfter(10), 1);
    assert.equal(waitAfter(2000), 10);
    assert.equal(waitAfter(3_600_000), 60);
  });
});
