import assert from 'node:assert/strict';
import { tensorPlace } from '../../../src/core/merging/plan/tensorPlace';
import { addSums, addValues, describeDifference, noDifference } from '../../../src/core/merging/weightDifference';
import { seededRandom } from '../../fixtures/seededRandom';

describe('weightDifference', () => {
  function differenceOf(first: readonly number[], second: readonly number[]): ReturnType<typeof describeDifference> {
    const sums = noDifference();
    addValues(sums, Float64Array.from(first), Float64Array.from(second));
    return describeDifference(sums);
  }

  it('gives what the definitions give', () => {
    // a = (3, 4), b = (4, 3): a·b = 24, |a| = |b| = 5, |a − b| = √2.
    const difference = differenceOf([3, 4, 0], [4, 3, 0]);
    assert.equal(difference.cosine, 24 / 25);
    assert.equal(difference.relativeL2, Math.sqrt(2) / 5);
    assert.equal(difference.changed, 2);
    assert.equal(difference.changedShare, 2 / 3);
  });

  it('says that equal weights are equal, exactly', () => {
    const random = seededRandom(3);
    const values = Array.from({ length: 1001 }, () => random.next() - 0.5);
    const difference = differenceOf(values, values);
    assert.deepEqual([difference.cosine, difference.relativeL2, difference.changed], [1, 0, 0]);
    const opposite = differenceOf(
      values,
      values.map((value) => -value),
    );
    assert.equal(opposite.cosine, -1);
    assert.equal(opposite.relativeL2, 2);
  });

  it('has no cosine for zeros, and no relative difference from zeros', () => {
    assert.deepEqual(
      [differenceOf([0, 0], [0, 0]), differenceOf([0, 0], [1, 0]), differenceOf([1, 0], [0, 0])].map(
        ({ cosine, relativeL2 }) => [cosine, relativeL2],
      ),
      [
        [null, 0],
        [null, null],
        [null, 1],
      ],
    );
    assert.deepEqual(describeDifference(noDifference()).changedShare, 0);
  });

  it('counts what is not finite and leaves it out of the sums', () => {
    const difference = differenceOf([NaN, NaN, Infinity, Infinity, 1, 2], [NaN, 0, Infinity, -Infinity, 1, 2]);
    assert.equal(difference.nonFinite, 4);
    assert.equal(difference.changed, 2);
    assert.equal(difference.cosine, 1);
    assert.equal(difference.relativeL2, 0);
  });

  it('adds up: parts of a tensor give what the whole gives', () => {
    const random = seededRandom(4);
    const first = Float32Array.from({ length: 999 }, () => random.next() - 0.5);
    const second = first.map((value, index) => (index % 3 === 0 ? value + 0.01 : value));
    const whole = noDifference();
    addValues(whole, first, second);
    const parts = noDifference();
    for (let start = 0; start < first.length; start += 100) {
      const part = noDifference();
      addValues(part, first.subarray(start, start + 100), second.subarray(start, start + 100));
      addSums(parts, part);
    }
    assert.equal(parts.changed, 333);
    assert.equal(whole.changed, 333);
    const [a, b] = [describeDifference(whole), describeDifference(parts)];
    assert.ok(Math.abs((a.relativeL2 ?? 0) - (b.relativeL2 ?? 1)) < 1e-12);
    assert.ok(Math.abs((a.cosine ?? 0) - (b.cosine ?? 1)) < 1e-12);
  });
});

describe('tensorPlace', () => {
  const places: readonly (readonly [string, number | null, string])[] = [
    ['model.embed_tokens.weight', null, 'embedding'],
    ['model.layers.0.self_attn.q_proj.weight', 0, 'attention'],
    ['model.layers.11.self_attn.q_norm.weight', 11, 'norm'],
    ['model.layers.3.post_attention_layernorm.weight', 3, 'norm'],
    ['model.layers.3.mlp.gate_proj.weight', 3, 'mlp'],
    ['model.layers.3.block_sparse_moe.experts.7.w1.weight', 3, 'mlp'],
    ['model.norm.weight', null, 'finalNorm'],
    ['lm_head.weight', null, 'head'],
    ['score.weight', null, 'head'],
    ['regression_layer.weight', null, 'head'],
    ['gating.layers.0.weight', null, 'head'],
    ['reward_transform_matrix', null, 'head'],
    ['transformer.wte.weight', null, 'embedding'],
    ['transformer.wpe.weight', null, 'embedding'],
    ['transformer.h.5.attn.c_attn.weight', 5, 'attention'],
    ['transformer.h.5.ln_1.weight', 5, 'norm'],
    ['transformer.ln_f.weight', null, 'finalNorm'],
    ['gpt_neox.layers.2.attention.query_key_value.weight', 2, 'attention'],
    ['gpt_neox.embed_in.weight', null, 'embedding'],
    ['embed_out.weight', null, 'head'],
    ['blk.4.attn_norm.weight', 4, 'norm'],
    ['blk.4.attn_q.weight', 4, 'attention'],
    ['blk.4.ffn_down.weight', 4, 'mlp'],
    ['token_embd.weight', null, 'embedding'],
    ['output_norm.weight', null, 'finalNorm'],
    ['output.weight', null, 'head'],
    ['something.else', null, 'other'],
  ];
  for (const [name, layer, group] of places) {
    it(`finds the place of ${name}`, () => assert.deepEqual(tensorPlace(name), { layer, group }));
  }
});
