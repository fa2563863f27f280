import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AlidadeError } from '../../src/core/alidadeError';
import type { Message } from '../../src/core/promptFile/message';
import type { ScorableInput } from '../../src/core/promptFile/scorableRow';
import type { RewardBreakdown } from '../../src/core/reward/rewardBreakdown';
import { generate, readLastPosition } from '../../src/engine/generation/generate';
import { openLanguageModel } from '../../src/engine/generation/languageModel';
import { measureIds, perplexityOf } from '../../src/engine/generation/perplexity';
import { openRewardModel } from '../../src/engine/reward/openRewardModel';
import type { RewardModel } from '../../src/engine/reward/rewardModel';
import { quietContext } from '../fixtures/quietContext';
import { sharedFolder } from '../fixtures/sharedFolder';
import { useTemporaryCache } from '../fixtures/temporaryCache';

// Tiny checkpoints with outputs computed by transformers 5.23.0 (float32, eager attention, one thread).

interface Expected {
  readonly kind: 'causal_lm' | 'sequence_classification' | 'gated_reward' | 'pairwise_judge' | 'grouped_layers';
  readonly causal_lm?: Expected;
  readonly tolerance: Readonly<Record<string, number>>;
  readonly forward?: readonly { id: string; input_ids: number[]; last_hidden: number[]; last_logits: number[] }[];
  readonly greedy?: readonly { input_ids: number[]; tokens: number[]; text: string }[];
  readonly perplexity?: { input_ids: number[]; mean_nll: number; perplexity: number };
  readonly labels?: readonly string[];
  readonly scored?: readonly ScoredCase[];
  readonly refused?: readonly { id: string; input_ids: number[] }[];
}

interface ScoredCase {
  readonly id: string;
  readonly messages?: readonly Message[];
  readonly text: string;
  readonly input_ids: number[];
  readonly pooled_hidden?: number[];
  readonly last_hidden?: number[];
  readonly gate_hidden?: number[];
  readonly scores?: number[];
  readonly rewards?: number[];
  readonly gating_output?: number[];
  readonly coefficients?: number[];
  readonly score?: number;
}

const folder = sharedFolder('oracles', 'models');

describe('reference models of transformers', function () {
  this.timeout(60_000);
  useTemporaryCache();
  if (folder === null) {
    it('are compared with', function () {
      this.skip();
    });
    return;
  }
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const file = JSON.parse(readFileSync(join(path, 'expected.json'), 'utf8')) as Expected;
    const expected = file.causal_lm ?? file;
    const tolerance = { ...file.tolerance, ...expected.tolerance };
    if (expected.forward !== undefined) testLanguageModel(name, path, { ...expected, tolerance });
    if (expected.scored !== undefined) testRewardModel(name, path, { ...expected, tolerance });
  }
});

function testLanguageModel(name: string, path: string, expected: Expected): void {
  it(`${name}: hidden states, logits, greedy tokens and perplexity agree`, async () => {
    const context = quietContext();
    const model = await openLanguageModel({ reference: path, device: 'cpu', dtype: 'auto' }, context);
    try {
      for (const { id, input_ids: ids, last_hidden: hidden, last_logits: logits } of expected.forward ?? []) {
        const actual = await readLastPosition(model, ids, context);
        assertClose(actual.hidden, hidden, expected.tolerance['hidden'], `${id}: hidden state`);
        assertClose(actual.logits, logits, expected.tolerance['logits'], `${id}: logits`);
      }
      for (const { input_ids: promptIds, tokens, text } of expected.greedy ?? []) {
        const sampling = { temperature: 0, topP: 1, topK: 0, seed: 0 };
        const options = { promptIds, maxNewTokens: tokens.length, count: 1, ignoreEndOfSequence: true, ...sampling };
        const { choices } = await generate(model, options, context);
        assert.deepEqual(choices[0]?.tokenIds, tokens);
        assert.equal(model.tokenizer.decode(tokens, { skipSpecialTokens: false }), text);
      }
      if (expected.perplexity !== undefined) {
        const actual = perplexityOf(await measureIds(model, expected.perplexity.input_ids, context));
        const wanted = expected.perplexity.perplexity;
        assert.ok(Math.abs(actual.perplexity / wanted - 1) < 1e-4, `perplexity ${actual.perplexity}, not ${wanted}`);
      }
    } finally {
      await model.release();
    }
  });
}

function testRewardModel(name: string, path: string, expected: Expected): void {
  it(`${name}: rewards, gates, coefficients and scores agree`, async () => {
    const model = await openRewardModel({ reference: path, device: 'cpu', dtype: 'auto' }, quietContext());
    try {
      for (const scored of expected.scored ?? []) {
        await assertScored(model, scored, expected.tolerance, { kind: 'ids', ids: scored.input_ids });
        if (scored.messages !== undefined) {
          // The other texts leave BOS to the tokenizer, while `text` rows are taken as they stand.
          await assertScored(model, scored, expected.tolerance, { kind: 'text', text: scored.text });
          await assertScored(model, scored, expected.tolerance, { kind: 'messages', messages: scored.messages });
        }
      }
      for (const { id, input_ids: ids } of expected.refused ?? []) {
        const row = { kind: 'single', id, input: { kind: 'ids', ids } } as const;
        await assert.rejects(
          model.scoreRow(row, {}, quietContext()),
          (error) => error instanceof AlidadeError && error.code === 'gate_not_found',
        );
      }
    } finally {
      await model.release();
    }
  });
}

async function assertScored(
  model: RewardModel,
  scored: ScoredCase,
  tolerance: Expected['tolerance'],
  input: ScorableInput,
): Promise<void> {
  const row = { kind: 'single', id: scored.id, input } as const;
  const result = (await model.scoreRow(row, { states: true }, quietContext())) as RewardBreakdown & { id: string };
  const of = (key: 'reward' | 'gate' | 'coefficient'): number[] =>
    result.objectives.map((objective) => objective[key] ?? NaN);
  const what = `${scored.id} as ${input.kind}`;
  assert.equal(result.tokens, scored.input_ids.length, `${what}: tokens`);
  assertClose(
    result.lastHidden,
    scored.pooled_hidden ?? scored.last_hidden,
    tolerance['hidden'] ?? 2e-4,
    `${what}: hidden`,
  );
  assertClose(
    of('reward'),
    scored.scores ?? scored.rewards,
    tolerance['scores'] ?? tolerance['rewards'],
    `${what}: rewards`,
  );
  if (scored.gating_output === undefined) return;
  assertClose(result.gateHidden, scored.gate_hidden, 2e-4, `${what}: hidden state at the gate`);
  assertClose(of('gate'), scored.gating_output, tolerance['gating_output'], `${what}: gates`);
  assertClose(of('coefficient'), scored.coefficients, tolerance['coefficients'], `${what}: coefficients`);
  assertClose([result.score], [scored.score ?? NaN], tolerance['score'], `${what}: score`);
}

function assertClose(
  actual: readonly number[] | undefined,
  expected: readonly number[] | undefined,
  tolerance: number | undefined,
  what: string,
): void {
  assert.ok(actual !== undefined && expected !== undefined && tolerance !== undefined, `${what}: nothing to compare`);
  assert.equal(actual.length, expected.length, `${what}: length`);
  const worst = Math.max(...actual.map((value, index) => Math.abs(value - (expected[index] ?? NaN))));
  assert.ok(worst <= tolerance, `${what}: off by ${worst}, allowed ${tolerance}`);
}
