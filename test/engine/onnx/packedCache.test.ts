import assert from 'node:assert/strict';
import type { DecoderSession } from '../../../src/engine/onnx/decoderSession';
import { assertClose } from '../../fixtures/assertClose';
import { openTinySession, tinyIds } from '../../fixtures/openTinySession';
import { quietContext } from '../../fixtures/quietContext';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal } from '../../fixtures/tinyModel';

const fusable = { hidden_size: 64 }; // heads of 16
const configs = { 'no window': fusable, 'a window of 5': { ...tinyCausal('mistral'), ...fusable, sliding_window: 5 } };
const tolerance = 1e-5;

interface States {
  readonly hidden: readonly Float32Array[];
  readonly computedTokens: number;
}

/** The states of the last and a middle token of each text. */
function evaluate(session: DecoderSession, texts: readonly (readonly number[])[]): Promise<States[]> {
  const evaluations = texts.map((ids) => ({
    ids,
    hiddenPositions: [...new Set([Math.floor(ids.length / 2), ids.length - 1])],
  }));
  return session.evaluateAll(evaluations, quietContext());
}

describe('a cache that sequences share', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const opened: DecoderSession[] = [];
  const open = async (config: object, options: object): Promise<DecoderSession> => {
    const { session } = await openTinySession({ folder: folder(), config: { ...config }, options: { ...options } });
    opened.push(session);
    return session;
  };
  afterEach(async () => {
    for (const session of opened.splice(0)) await session.release();
  });

  const prompt = tinyIds(150, 1);
  const texts = [
    [...prompt, ...tinyIds(30, 2)],
    [...prompt, ...tinyIds(200, 3)],
    [...prompt.slice(0, 70), ...tinyIds(9, 4)],
    tinyIds(3, 5),
    tinyIds(1, 6),
  ];

  for (const [name, config] of Object.entries(configs)) {
    for (const attention of ['fused', 'plain'] as const) {
      it(`gives each what it has alone, with ${name} and ${attention} attention`, async () => {
        const packed = await open(config, { attention, cache: 'packed' });
        const alone = await open(config, { attention });
        const together = await evaluate(packed, texts);
        for (const [index, ids] of texts.entries()) {
          const [expected] = await evaluate(alone, [ids]);
          together[index].hidden.forEach((state, at) =>
            assertClose(state, expected.hidden[at], { tolerance, what: `text ${index}` }),
          );
        }
        // 150 + 30 + 200, then only what is new: 9, 3 and 1.
        assert.deepEqual(
          together.map(({ computedTokens }) => computedTokens),
          [180, 200, 9, 3, 1],
        );
      });
    }
  }

  for (const attention of ['fused', 'plain'] as const) {
    it(`gives short texts that part in the first run what each has alone, with ${attention} attention`, async () => {
      const short = [tinyIds(20, 1), [...tinyIds(20, 1).slice(0, 12), ...tinyIds(9, 2)], tinyIds(7, 3)];
      const packed = await open(fusable, { attention, cache: 'packed' });
      const together = await evaluate(packed, short);
      for (const [index, ids] of short.entries()) {
        await packed.forget();
        const [expected] = await evaluate(packed, [ids]);
        together[index].hidden.forEach((state, at) =>
          assertClose(state, expected.hidden[at], { tolerance, what: `text ${index}` }),
        );
      }
    });
  }

  for (const dtype of ['f32', 'int8', 'int4'] as const) {
    it(`gives each what it has alone in ${dtype}: no token is rounded by its neighbours`, async () => {
      const wide = { hidden_size: 64, intermediate_size: 96 };
      const packed = await open(wide, { dtype, cache: 'packed', languageModelHead: false });
      const together = await evaluate(packed, texts);
      for (const [index, ids] of texts.entries()) {
        await packed.forget();
        const [expected] = await evaluate(packed, [ids]);
        together[index].hidden.forEach((state, at) =>
          assertClose(state, expected.hidden[at], { tolerance: 2e-5, what: `text ${index}` }),
        );
      }
    });
  }

  it('computes the new tokens only when a text is changed near its end, whatever else is kept', async () => {
    const last = (session: DecoderSession, texts: readonly (readonly number[])[]): Promise<States[]> =>
      session.evaluateAll(
        texts.map((ids) => ({ ids, hiddenPositions: [149, ids.length - 1] })),
        quietContext(),
      );
    const session = await open(fusable, { cache: 'packed' });
    const [end, other] = [7, [...prompt, ...tinyIds(40, 8)]];
    const before = [...prompt, ...tinyIds(60, 2), end];
    await last(session, [before, other]);
    const after = [...before.slice(0, -1), ...tinyIds(5, 9), end];
    const states = await last(session, [after, other]);
    assert.deepEqual(
      states.map(({ computedTokens }) => computedTokens),
      [6, 0],
    );
    const expected = await last(await open(fusable, { cache: 'packed' }), [after, other]);
    states.forEach(({ hidden }, index) =>
      hidden.forEach((state, at) =>
        assertClose(state, expected[index].hidden[at], { tolerance, what: `text ${index}` }),
      ),
    );
  });

  it('computes all again once it is told to forget', async () => {
    const session = await open(fusable, { cache: 'packed' });
    await evaluate(session, texts);
    await session.forget();
    const [{ computedTokens }] = await evaluate(session, [texts[0]]);
    assert.equal(computedTokens, texts[0].length);
  });
});
