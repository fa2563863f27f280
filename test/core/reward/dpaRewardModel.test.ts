import assert from 'node:assert/strict';
import { parseModelConfig } from '../../../src/core/checkpoint/parseModelConfig';
import { buildBreakdown } from '../../../src/core/reward/buildBreakdown';
import { createClassificationHead } from '../../../src/core/reward/classificationHead';
import { DPA_OBJECTIVES, isDpaRewardModel, writeDpaPrompt } from '../../../src/core/reward/dpaRewardModel';
import { rejects } from '../../fixtures/rejects';

const mistral = {
  architectures: ['MistralForSequenceClassification'],
  model_type: 'mistral',
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 2,
  vocab_size: 30,
};
const remote = { AutoModelForSequenceClassification: 'modeling_custom.MistralForSequenceClassification' };
const names = (list: readonly string[]): Record<string, string> => Object.fromEntries(list.entries());
const ownNames = DPA_OBJECTIVES.map(({ name }) => name);

function isRecognised(changes: Readonly<Record<string, unknown>>, outputs = 10, name = 'folder'): boolean {
  return isDpaRewardModel(parseModelConfig({ ...mistral, ...changes }, 'config.json'), outputs, name);
}

describe("DPA's reward model", () => {
  it('is known by its own code, its class or its name, with ten outputs on Mistral', () => {
    assert.ok(isRecognised({ auto_map: remote }));
    assert.ok(isRecognised({ auto_map: remote, id2label: names(ownNames) }));
    assert.ok(isRecognised({ auto_map: remote, id2label: names(ownNames.map((_, id) => `LABEL_${id}`)) }));
    assert.ok(isRecognised({ architectures: ['MistralForAttributeRegression'] }));
    assert.ok(isRecognised({}, 10, 'RLHFlow/RewardModel-Mistral-7B-for-DPA-v1'));
    assert.ok(isRecognised({ _name_or_path: 'Haoxiang-Wang/RewardModel-Mistral-7B-for-DPA-v1' }));
  });

  it('is not mistaken for a classifier of another kind', () => {
    assert.ok(!isRecognised({ id2label: names(ownNames) }), "transformers' own class, whatever its labels");
    assert.ok(!isRecognised({}), 'ten outputs alone');
    assert.ok(!isRecognised({ auto_map: remote }, 9));
    assert.ok(!isRecognised({ auto_map: remote, id2label: names(ownNames.map((name) => name.toUpperCase())) }));
    assert.ok(
      !isRecognised({ auto_map: remote, architectures: ['LlamaForSequenceClassification'], model_type: 'llama' }),
    );
    assert.ok(!isRecognised({ auto_map: { AutoModel: 'modeling.Own' } }), 'code for another task');
  });

  it('is given the prompt of its README', () => {
    const messages = [
      { role: 'user', content: 'What are some synonyms for the word "beautiful"?' },
      { role: 'assistant', content: 'Nicely, Beautifully' },
    ];
    const { before, response, after } = writeDpaPrompt(messages);
    // RLHFlow/Directional-Preference-Alignment, README.md: input_template.format(prompt=…, response=…)
    assert.equal(
      `${before}${response}${after}`,
      '[INST] You must read the following conversation carefully and rate the assistant\'s response from score 0-100 in these aspects: helpfulness, correctness, coherence, honesty, complexity, verbosity\n\nUser: What are some synonyms for the word "beautiful"?\n\nAssistant: Nicely, Beautifully [/INST]',
    );
    assert.equal(response, 'Nicely, Beautifully');
  });

  it('is given further turns in the same form, and refuses what the form has no place for', async () => {
    const turn = (role: string, content: string): { role: string; content: string } => ({ role, content });
    const { before } = writeDpaPrompt([
      turn('user', 'a'),
      turn('assistant', 'b'),
      turn('user', 'c'),
      turn('assistant', 'd'),
    ]);
    assert.ok(before.endsWith('verbosity\n\nUser: a\n\nAssistant: b\n\nUser: c\n\nAssistant: '));
    const write =
      (...roles: readonly string[]) =>
      () =>
        Promise.resolve().then(() => writeDpaPrompt(roles.map((role) => turn(role, 'x'))));
    await rejects(write('system', 'user', 'assistant'), 'template', /no place for a system turn/);
    await rejects(write('user', 'user'), 'template', /alternation/);
  });

  it('rates HelpSteer objectives on their own scale, as its README converts them, and weighs all alike', () => {
    // The printed output for the example of the README, and what it makes of it.
    const scores = [
      68.99269, 69.62718, 76.23071, 33.48785, 35.853596, 63.833366, 55.58917, 68.7175, 59.552124, 46.465595,
    ];
    const ratings = [2.9496346, 2.981359, 3.3115356, 1.1743925, 1.2926798];
    const head = createClassificationHead({ layers: [], objectives: DPA_OBJECTIVES, position: 'last' });
    const output = {
      rewards: scores,
      coefficients: head.apply({ pooled: [], gate: null, responseTokens: 0 }).coefficients,
      gates: null,
    };
    const { objectives, score } = buildBreakdown({ head, output, tokens: 1, truncated: false, weights: {} });
    ratings.forEach((rating, index) => {
      assert.ok(Math.abs((objectives[index].rating ?? NaN) - rating) < 1e-6);
    });
    assert.deepEqual(
      objectives.slice(5).map(({ rating }) => rating),
      [undefined, undefined, undefined, undefined, undefined],
    );
    assert.ok(Math.abs(score - scores.reduce((sum, value) => sum + value) / 10) < 1e-9);
  });
});
