import assert from 'node:assert/strict';
import type { Message } from '../../../src/core/promptFile/message';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import type { RewardModel } from '../../../src/engine/reward/rewardModel';
import { assertClose } from '../../fixtures/assertClose';
import { writeGatedModel } from '../../fixtures/gatedModel';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyChatTemplate, tinyTemplate, writeTinyModel, writeTinyTokenizer } from '../../fixtures/tinyModel';

const prompt: readonly Message[] = [
  { role: 'system', content: 'You are kind.' },
  { role: 'user', content: 'Name a colour.' },
];
/** As Llama 3's template: it opens the assistant's turn when asked to. */
const openingTemplate =
  "{{ '<|begin|>' }}{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] + '<|eot_id|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}";

describe('the profile of a prompt', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const opened: RewardModel[] = [];
  const open = async (): Promise<RewardModel> => {
    const model = await openRewardModel(
      { reference: folder(), device: 'cpu', dtype: 'auto', threads: 1 },
      quietContext(),
    );
    opened.push(model);
    return model;
  };
  afterEach(async () => {
    for (const model of opened.splice(0)) await model.release();
  });

  async function scoreReply(model: RewardModel, reply: string): Promise<RewardBreakdown> {
    const messages = [...prompt, { role: 'assistant', content: reply }];
    const row = { kind: 'single', id: '1', input: { kind: 'messages', messages } } as const;
    const scored = await model.scoreRow(row, {}, quietContext());
    assert.ok('score' in scored);
    return scored;
  }

  for (const [name, template] of [
    ['opens no turn', null],
    ['opens the turn', openingTemplate],
  ] as const) {
    it(`has the gate and the coefficients that every response gets, where the template ${name} when asked to`, async () => {
      writeGatedModel(folder());
      if (template !== null) writeTinyTokenizer(folder(), template);
      const model = await open();
      const { objectives, text } = await model.profilePrompt(prompt, {}, quietContext());
      assert.ok(objectives);
      assert.ok(text.endsWith('assistant<|end_header_id|>\n\n'), text);
      for (const reply of ['Blue.', 'A long reply\n\nin two paragraphs.', '\nNone']) {
        const scored = await scoreReply(model, reply);
        assert.deepEqual(
          objectives.map((objective) => objective.name),
          scored.objectives.map((objective) => objective.name),
        );
        assertClose(
          objectives.map(({ gate }) => gate),
          scored.objectives.map(({ gate }) => gate ?? NaN),
          { tolerance: 1e-6 },
        );
        assertClose(
          objectives.map(({ coefficient }) => coefficient),
          scored.objectives.map(({ coefficient }) => coefficient),
          { tolerance: 1e-6 },
        );
      }
    });
  }

  it('differs from that of another prompt', async () => {
    writeGatedModel(folder());
    const model = await open();
    const gatesOf = async (content: string): Promise<readonly number[]> => {
      const { objectives } = await model.profilePrompt([{ role: 'user', content }], {}, quietContext());
      return (objectives ?? []).map(({ gate }) => gate);
    };
    const [one, other] = [await gatesOf('Name a colour.'), await gatesOf('Write a sorting function in C.')];
    assert.notDeepEqual(one, other);
    assertClose([one.reduce((sum, gate) => sum + gate, 0)], [other.reduce((sum, gate) => sum + gate, 0)], {
      tolerance: 1e-6,
    });
  });

  it('says of a model without a gate how it templates the prompt, and weighs nothing', async () => {
    writeTinyModel({ folder: folder(), chatTemplate: tinyChatTemplate });
    const { objectives, text, tokens, model } = await (await open()).profilePrompt(prompt, {}, quietContext());
    assert.equal(objectives, null);
    assert.equal(text, '<|begin|><|system|>You are kind.<|end|><|user|>Name a colour.<|end|><|assistant|>');
    assert.equal(model.headKind, 'classification');
    assert.ok(0 < tokens);
  });

  it('refuses what cannot be answered, and what is longer than the context', async () => {
    writeGatedModel(folder(), { max_position_embeddings: 64 });
    const model = await open();
    const profile = (messages: readonly Message[]) => () => model.profilePrompt(messages, {}, quietContext());
    await rejects(profile([...prompt, { role: 'assistant', content: 'Blue.' }]), 'row', /ends with an assistant turn/);
    await rejects(profile([]), 'row', /no messages/);
    await rejects(profile([{ role: 'user', content: 'x'.repeat(100) }]), 'too_long', /the limit is 64/);
  });

  it('says that the gate has no place in a template without its header', async () => {
    writeGatedModel(folder());
    writeTinyTokenizer(folder(), tinyTemplate);
    const model = await open();
    await rejects(() => model.profilePrompt(prompt, {}, quietContext()), 'gate_not_found');
  });
});
