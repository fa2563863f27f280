import assert from 'node:assert/strict';
import { relativeError } from '../../fixtures/assertClose';
import { openTinySession, tinyIds } from '../../fixtures/openTinySession';
import { quietContext } from '../../fixtures/quietContext';
import { referenceDecoder } from '../../fixtures/referenceDecoder';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal } from '../../fixtures/tinyModel';

const variants: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'llama, heads of 4': {},
  'llama, heads of 8': { hidden_size: 32 },
  'llama, heads of 16, base 500,000': { hidden_size: 64, rope_theta: 500_000 },
  'llama, heads wider than hidden / heads': { head_dim: 16 },
  'llama, one head for keys, biases everywhere': {
    head_dim: 16,
    num_key_value_heads: 1,
    attention_bias: true,
    mlp_bias: true,
  },
  'llama, as many keys as heads': { hidden_size: 64, num_key_value_heads: 4 },
  'mistral, window 5': { ...tinyCausal('mistral'), hidden_size: 64, sliding_window: 5 },
  'mistral, window 5, heads of 4': { ...tinyCausal('mistral'), sliding_window: 5 },
  'mistral, no window': { ...tinyCausal('mistral'), head_dim: 16, sliding_window: null },
  'mistral, window 1, which sees only itself': { ...tinyCausal('mistral'), head_dim: 16, sliding_window: 1 },
  'qwen2, biases on query, key and value': { ...tinyCausal('qwen2'), hidden_size: 64 },
  'qwen3, head norms': { ...tinyCausal('qwen3'), head_dim: 16 },
  'qwen3, head norms, heads of 12': { ...tinyCausal('qwen3'), head_dim: 12 },
};

describe('a decoder in plain loops and double precision', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const ids = tinyIds(40);
  const every = ids.map((_, position) => position);

  for (const [name, changes] of Object.entries(variants)) {
    for (const attention of [undefined, 'plain'] as const) {
      it(`gives the hidden states and logits of ${name}${attention === undefined ? '' : ' with plain attention'}`, async () => {
        const options = attention === undefined ? {} : { attention };
        const { session, config, tensors } = await openTinySession({ folder: folder(), config: changes, options });
        const result = await session.evaluate(
          { ids, hiddenPositions: every, scored: { kind: 'logits', positions: every } },
          quietContext(),
        );
        await session.release();
        const expected = referenceDecoder(config, tensors, ids);
        for (const position of every) {
          const hidden = relativeError(result.hidden[position], expected.hidden[position]);
          const logits = relativeError(result.logits[position], expected.logits[position]);
          assert.ok(hidden < 1e-4 && logits < 1e-4, `at ${position}: hidden off by ${hidden}, logits by ${logits}`);
        }
      });
    }
  }

  it('gives the residual stream after a middle layer, without the final norm', async () => {
    for (const layerCount of [0, 1, 2]) {
      const options = { layerCount, finalNorm: false, languageModelHead: false };
      const { session, config, tensors } = await openTinySession({ folder: folder(), options });
      const { hidden } = await session.evaluate({ ids, hiddenPositions: every }, quietContext());
      await session.release();
      const stream = referenceDecoder(config, tensors, ids).streams[layerCount];
      for (const position of every) {
        const off = relativeError(hidden[position], stream[position]);
        assert.ok(off < 1e-4, `after ${layerCount} layers at ${position}: off by ${off}`);
      }
    }
  });
});
