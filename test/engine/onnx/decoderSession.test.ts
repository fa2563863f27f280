import assert from 'node:assert/strict';
import type { DecoderSession, EvaluationResult } from '../../../src/engine/onnx/decoderSession';
import { assertClose } from '../../fixtures/assertClose';
import { openTinySession, tinyIds } from '../../fixtures/openTinySession';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal } from '../../fixtures/tinyModel';

const fusable = { hidden_size: 64 }; // heads of 16
const windowed = { ...tinyCausal('mistral'), ...fusable, sliding_window: 5 };
const tolerance = 1e-5;

function logitsAt(
  session: DecoderSession,
  ids: readonly number[],
  positions: readonly number[] = [ids.length - 1],
): Promise<EvaluationResult> {
  return session.evaluate({ ids, hiddenPositions: positions, scored: { kind: 'logits', positions } }, quietContext());
}

function assertSame(actual: EvaluationResult, expected: EvaluationResult, what: string): void {
  assert.equal(actual.logits.length, expected.logits.length);
  actual.hidden.forEach((row, index) => assertClose(row, expected.hidden[index], { tolerance, what }));
  actual.logits.forEach((row, index) => assertClose(row, expected.logits[index], { tolerance, what }));
}

describe('DecoderSession', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const opened: DecoderSession[] = [];
  const open = async (...parts: [config?: object, options?: object]): Promise<DecoderSession> => {
    const { session } = await openTinySession({
      folder: folder(),
      config: { ...fusable, ...parts[0] },
      options: parts[1] ?? {},
    });
    opened.push(session);
    return session;
  };
  afterEach(async () => {
    for (const session of opened.splice(0)) await session.release();
  });

  for (const [name, config] of Object.entries({ 'no window': {}, 'a window of 5': windowed })) {
    it(`gives the same with fused and plain attention, with ${name}, over a cache and in chunks`, async () => {
      const [fused, plain] = [await open(config, { attention: 'fused' }), await open(config, { attention: 'plain' })];
      // Prefill; a continuation of several tokens; another ending after a shared prefix; more than a chunk; one token.
      const first = tinyIds(40);
      const texts = [first, [...first, ...tinyIds(9, 2)], [...first.slice(0, 21), ...tinyIds(8, 3)]];
      const long = [...first.slice(0, 11), ...tinyIds(1100, 4)];
      for (const ids of [...texts, long, [...long, 3]]) {
        const positions = [Math.floor(ids.length / 2), ids.length - 2, ids.length - 1];
        const [left, right] = [await logitsAt(fused, ids, positions), await logitsAt(plain, ids, positions)];
        assertSame(left, right, `${ids.length} tokens`);
      }
    });
  }

  for (const attention of ['fused', 'plain'] as const) {
    describe(`with ${attention} attention`, () => {
      it('gives the same token by token as at once, beyond the first growth of its buffers', async () => {
        const session = await open(windowed, { attention });
        const ids = tinyIds(300);
        const every = ids.map((_, position) => position);
        const whole = await logitsAt(await open(windowed, { attention }), ids, every);
        for (let length = 1; length <= ids.length; length += 1) {
          const step = await logitsAt(session, ids.slice(0, length));
          assert.equal(step.computedTokens, 1);
          assertClose(step.logits[0], whole.logits[length - 1], { tolerance, what: `logits of ${length} tokens` });
        }
      });

      it('keeps a prefix right while its buffers grow past 256 and 512', async () => {
        const session = await open({}, { attention });
        const ids = tinyIds(700);
        for (const length of [200, 256, 257, 500, 513, 700]) {
          const grown = await logitsAt(session, ids.slice(0, length), [length - 1]);
          const fresh = await logitsAt(await open({}, { attention }), ids.slice(0, length), [length - 1]);
          assertSame(grown, fresh, `${length} tokens`);
        }
      });

      it('gives identical numbers for a text before and after another with the same beginning', async () => {
        const session = await open({}, { attention });
        const prefix = tinyIds(30);
        const [a, b] = [
          [...prefix, ...tinyIds(12, 5)],
          [...prefix, ...tinyIds(25, 6)],
        ];
        await logitsAt(session, prefix);
        const before = await logitsAt(session, a);
        const other = await logitsAt(session, b);
        const again = await logitsAt(session, a);
        assert.deepEqual([before.computedTokens, other.computedTokens, again.computedTokens], [12, 25, 12]);
        assert.deepEqual(again.logits, before.logits);
        assert.notDeepEqual(other.logits, before.logits);
        assertSame(other, await logitsAt(await open({}, { attention }), b), 'the other text');
      });

      it('computes no token twice, but computes again where a state is asked for', async () => {
        const session = await open({}, { attention });
        const ids = tinyIds(50);
        const computed = async (length: number, position: number): Promise<number> =>
          (await logitsAt(session, ids.slice(0, length), [position])).computedTokens;
        assert.equal(await computed(50, 49), 50);
        assert.equal(await computed(50, 49), 1);
        assert.equal(await computed(50, 20), 30);
        assert.equal(await computed(10, 9), 1);
        assert.equal(await computed(50, 49), 40);
      });
    });
  }

  it('gives the same across chunks as without a cache of chunks', async () => {
    // 1,500 tokens are three chunks of 512 at once, or 15 runs of 100 that continue each other.
    const ids = tinyIds(1500);
    const positions = [0, 511, 512, 513, 1023, 1024, 1499];
    const whole = await logitsAt(await open(), ids, positions);
    assert.equal(whole.computedTokens, 1500);
    const session = await open();
    for (let length = 100; length <= 1500; length += 100) await logitsAt(session, ids.slice(0, length));
    for (const [index, position] of positions.entries()) {
      const { logits } = await logitsAt(await open(), ids.slice(0, position + 1));
      assertClose(whole.logits[index], logits[0], { tolerance, what: `logits at ${position}` });
    }
    assertClose((await logitsAt(session, ids)).logits[0], whole.logits[6], { tolerance });
  });

  it('stops between chunks when cancelled, and the next evaluation is right', async () => {
    const session = await open();
    const ids = tinyIds(1500);
    const job = new AbortController();
    const done: (number | undefined)[] = [];
    const context = {
      ...quietContext(job.signal),
      progress: (step: { done?: number }) => {
        done.push(step.done);
        job.abort();
      },
    };
    await rejects(() => session.evaluate({ ids, hiddenPositions: [1499] }, context), 'cancelled');
    assert.equal(done.length, 1);
    const computed = done[0] as number;
    assert.ok(computed <= 1.5 * session.chunkLength);
    const after = await logitsAt(session, ids);
    assert.equal(after.computedTokens, 1500 - computed);
    assertSame(after, await logitsAt(await open(), ids), 'after cancelling');
  });

  it('runs nothing for a job that is cancelled before it starts', async () => {
    const session = await open();
    const cancelled = quietContext(AbortSignal.abort());
    await rejects(() => session.evaluate({ ids: tinyIds(5), hiddenPositions: [4] }, cancelled), 'cancelled');
    assert.equal((await logitsAt(session, tinyIds(5))).computedTokens, 5);
  });

  it('gives each of many concurrent evaluations its own numbers', async () => {
    const session = await open();
    await logitsAt(session, tinyIds(1500)); // buffers that all of them fit in, so that they would share them
    // More than a chunk each: one could begin between two chunks of another.
    const texts = [1400, 40, 1100, 700].map((count) => [...tinyIds(10), ...tinyIds(count, count)]);
    const together = await Promise.all(texts.map((ids) => logitsAt(session, ids)));
    const alone = await open();
    for (const [index, ids] of texts.entries()) {
      assertSame(together[index], await logitsAt(alone, ids), `text ${index}`);
    }
  });

  it('goes on with the next evaluation after one has failed', async () => {
    const session = await open();
    const bad = session.evaluate({ ids: [5, 1_000_000], hiddenPositions: [1] }, quietContext());
    const good = logitsAt(session, tinyIds(8));
    await rejects(() => bad, 'device');
    assertSame(await good, await logitsAt(await open(), tinyIds(8)), 'after a failure');
  });

  it('gives logits and hidden states only at the positions asked for', async () => {
    const session = await open();
    const ids = tinyIds(600);
    const result = await session.evaluate(
      { ids, hiddenPositions: [3, 599], scored: { kind: 'logits', positions: [510, 511, 512] } },
      quietContext(),
    );
    assert.deepEqual([result.hidden.length, result.logits.length, result.logProbabilities.length], [2, 3, 0]);
    assert.equal(result.logits[0].length, 30);
    const nothing = await session.evaluate({ ids, hiddenPositions: [] }, quietContext());
    assert.deepEqual([nothing.hidden, nothing.logits, nothing.logProbabilities], [[], [], []]);
  });

  it('predicts the log-softmax of the logits at the tokens that follow', async () => {
    const ids = tinyIds(600);
    const positions = [0, 1, 100, 510, 511, 512, 598];
    const session = await open();
    const { logits } = await logitsAt(session, ids, positions);
    const { logProbabilities, logits: none } = await session.evaluate(
      { ids, hiddenPositions: [], scored: { kind: 'predictions', positions } },
      quietContext(),
    );
    const expected = positions.map((position, index) => {
      const row = Array.from(logits[index]);
      return row[ids[position + 1]] - Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
    });
    assert.deepEqual(none, []);
    assertClose(logProbabilities, expected, { tolerance });
  });

  it('gives the same numbers with mapped and with prepacked weights', async () => {
    const ids = tinyIds(40);
    const [mapped, prepacked] = [await open({}, { weightMode: 'mapped' }), await open({}, { weightMode: 'prepacked' })];
    assert.deepEqual([mapped.weightMode, prepacked.weightMode], ['mapped', 'prepacked']);
    const [left, right] = [await logitsAt(mapped, ids), await logitsAt(prepacked, ids)];
    assertClose(left.hidden[0], right.hidden[0], { tolerance: 1e-6 });
    assertClose(left.logits[0], right.logits[0], { tolerance: 1e-6 });
  });

  it('uses the embedding table where there is no language-model head', async () => {
    const session = await open({ tie_word_embeddings: true });
    const { hidden, logits } = await logitsAt(session, [1, 2, 3]);
    const { session: other, tensors } = await openTinySession({
      folder: folder(),
      config: { ...fusable, tie_word_embeddings: true },
    });
    opened.push(other);
    assert.equal(
      tensors.some(({ name }) => name === 'lm_head.weight'),
      true,
    );
    assert.equal(logits[0].length, 30);
    assert.equal(hidden[0].length, 64);
  });
});
