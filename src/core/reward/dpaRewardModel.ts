import { AlidadeError } from '../alidadeError';
import type { ModelConfig } from '../checkpoint/modelConfig';
import type { Message } from '../promptFile/message';
import { ARMORM_OBJECTIVES } from './armormObjectives';
import type { HeadObjectiveInfo } from './rewardHead';
import type { RatedText } from './ratingPrompt';

/** DPA's reward model rates the first ten of ArmoRM's objectives (RLHFlow/Directional-Preference-Alignment, README.md). */
const OBJECTIVE_COUNT = 10;

/**
 * Its objectives, on a scale from 0 to 100. The README converts HelpSteer's back, (s − 10) / 20, so that 0…100 spans half a
 * step beyond each end of 0…4; for UltraFeedback's it says nothing.
 */
export const DPA_OBJECTIVES: readonly HeadObjectiveInfo[] = ARMORM_OBJECTIVES.slice(0, OBJECTIVE_COUNT).map(
  ({ name, scale }) =>
    name.startsWith('helpsteer-') && scale !== undefined ? { name, scale: { ...scale, full: 100 } } : { name },
);

const transformersClasses: ReadonlySet<string> = new Set([
  'MistralForSequenceClassification',
  'MistralForCausalLM',
  'MistralModel',
]);

/** The published name, under RLHFlow and under Haoxiang-Wang. */
const publishedName = /RewardModel-Mistral-7B-for-DPA/i;

/**
 * Whether a checkpoint is DPA's reward model, which has to be given its own prompt: a Mistral body, ten outputs, no
 * other labels than its ten objectives or generic ones, and a sign of the published model, which cannot be loaded
 * without its own code: a class in `auto_map`, a class that is none of transformers', or its name. A classifier of
 * transformers' own class with ten labels, whatever they are called, is none.
 */
export function isDpaRewardModel(config: ModelConfig, outputs: number, name: string): boolean {
  if (config.modelType !== 'mistral' || outputs !== OBJECTIVE_COUNT) return false;
  const hasOtherLabels = config.labels?.some(
    (label, id) => label !== `LABEL_${id}` && label !== DPA_OBJECTIVES[id]?.name,
  );
  if (hasOtherLabels === true) return false;
  return (
    config.remoteClass !== undefined ||
    !transformersClasses.has(config.architecture) ||
    publishedName.test(name) ||
    publishedName.test(config.savedName ?? '')
  );
}

const REQUEST =
  "[INST] You must read the following conversation carefully and rate the assistant's response from score 0-100 in these aspects: helpfulness, correctness, coherence, honesty, complexity, verbosity";

/**
 * The text that the model was trained on. The README has one user's and one assistant's turn; further turns follow in the
 * same form.
 * @throws AlidadeError `template` for conversations that the form has no place for.
 */
export function writeDpaPrompt(messages: readonly Message[]): RatedText {
  const parts = messages.map(({ role, content }, index) => {
    const expected = index % 2 === 0 ? 'user' : 'assistant';
    if (role === expected) return `\n\n${role === 'user' ? 'User' : 'Assistant'}: ${content}`;
    throw new AlidadeError({
      code: 'template',
      message:
        role === 'system'
          ? "the prompt of DPA's reward model has no place for a system turn"
          : "the prompt of DPA's reward model needs turns of user and assistant in alternation",
      hint: "use the checkpoint's own chat template with --no-template",
    });
  });
  const last = messages.at(-1);
  const response = last?.role === 'assistant' ? last.content : '';
  const whole = `${REQUEST}${parts.join('')}`;
  return { before: whole.slice(0, whole.length - response.length), response, after: ' [/INST]' };
}
