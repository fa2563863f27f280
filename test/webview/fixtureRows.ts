import type { ExplainedRow, ExplainedText } from '../../src/core/reward/explainedRow';
import type { GateDescription } from '../../src/core/reward/gateAdjustment';
import type { ObjectiveContribution } from '../../src/core/reward/rewardBreakdown';
import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';

const objectiveNames = [
  ...['helpfulness', 'correctness', 'coherence', 'complexity', 'verbosity'].map((name) => `helpsteer-${name}`),
  ...['overall_score', 'instruction_following', 'truthfulness', 'honesty', 'helpfulness'].map(
    (name) => `ultrafeedback-${name}`,
  ),
  'beavertails-is_safe',
  'prometheus-score',
  'argilla-overall_quality',
  'argilla-judge_lm',
  ...['complexity', 'style', 'explanation', 'instruction-following', 'readability'].map((name) => `code-${name}`),
];

export const gatedModel: RewardModelDescription = {
  name: 'RLHFlow/ArmoRM-Llama3-8B-v0.1',
  path: '/models/ArmoRM-Llama3-8B-v0.1',
  architecture: 'LlamaForRewardModelWithGating',
  head: 'gate over 19 objectives',
  headKind: 'gated',
  objectives: objectiveNames.map((name) => ({
    name,
    ...(name.startsWith('helpsteer')
      ? { scale: { min: -0.5, max: 4.5, ends: [0, 4] as const, unit: 'HelpSteer rating, 0 to 4' } }
      : {}),
  })),
  device: 'cpu',
  deviceReason: 'webgpu refused: no adapter; cpu works',
  dtype: 'f32',
  contextLength: 8192,
  hash: '9f31c2ab04d7e6518c0b7f2a6d1e93c4',
  mode: 'mapped',
};

const meters = [
  ['verbosity', 'Length of the response: log2(1 + tokens) / 13. Computed, not predicted.'],
  ['compliance', 'Answers instead of refusing. Held-out AUC .98.'],
  ['non-toxicity', 'Free of insults and threats. Held-out AUC .95; biased on identity terms.'],
  ['on-topic', 'Speaks of what was asked. Held-out AUC .94; blind to subtle errors.'],
  ['fluency', 'Words in a natural order. Held-out AUC .99.'],
  ['engagingness', 'Lively chit-chat. Held-out Spearman .66.'],
] as const;

export const metersModel: RewardModelDescription = {
  ...gatedModel,
  name: 'SmolLM2-135M-Instruct',
  path: '/cache/alidade/SmolLM2-135M-Instruct.Q4_1.gguf',
  architecture: 'LlamaForCausalLM',
  head: 'starter meters',
  headKind: 'meters',
  objectives: meters.map(([name, description]) => ({ name, description, scale: { min: 0, max: 1 } })),
  hash: '41d0be77aa52',
};

/** Those of Llama 3 and of ChatML, as the texts below use them. */
export const specialTokens = [
  '<|begin_of_text|>',
  '<|start_header_id|>',
  '<|end_header_id|>',
  '<|eot_id|>',
  '<|im_start|>',
  '<|im_end|>',
];

/** A templated conversation in Llama 3's format. */
export function templated(prompt: string, response: string): string {
  const turn = (role: string, content: string): string =>
    `<|start_header_id|>${role}<|end_header_id|>\n\n${content}<|eot_id|>`;
  return `<|begin_of_text|>${turn('user', prompt)}${turn('assistant', response)}`;
}

interface TextParams {
  readonly role?: ExplainedText['role'];
  readonly objectives: readonly ObjectiveContribution[];
  readonly text: string;
  readonly promptTokens?: number;
  readonly responseTokens?: number;
  readonly truncated?: boolean;
}

function explained({
  role = 'response',
  objectives,
  text,
  promptTokens = 28,
  responseTokens = 64,
  truncated = false,
}: TextParams): ExplainedText {
  return {
    role,
    text,
    promptTokens,
    responseTokens,
    ...spanOf(text),
    tokens: promptTokens + responseTokens + 1,
    truncated,
    objectives,
    score: objectives.reduce((sum, { contribution }) => sum + contribution, 0),
  };
}

/** Where the reply lies in a text of Llama 3's format or of ChatML. */
function spanOf(text: string): Pick<ExplainedText, 'responseSpan'> {
  const found =
    /(?:<\|start_header_id\|>assistant<\|end_header_id\|>\n\n|<\|im_start\|>assistant\n)([^]*?)(?:<\|eot_id\|>|<\|im_end\|>)\s*$/.exec(
      text,
    );
  if (found === null) return {};
  const start = found.index + found[0].indexOf(found[1]);
  return { responseSpan: { start, end: start + found[1].length } };
}

/** Deterministic values in [0, 1). */
function wave(index: number, phase: number): number {
  const value = Math.sin(index * 12.9898 + phase * 78.233) * 43758.5453;
  return value - Math.floor(value);
}

/** M of which the coefficients below are: the penalty for verbosity is taken from all gates. */
const penalty = 0.31;
export const gate: GateDescription = {
  temperature: 10,
  transform: objectiveNames.flatMap((row, i) =>
    objectiveNames.map((_, k) => (i === k ? 1 : 0) - (row === 'helpsteer-verbosity' ? penalty : 0)),
  ),
};

function gatedObjectives(phase: number): ObjectiveContribution[] {
  const raw = objectiveNames.map((_, index) => wave(index, 1) ** 3);
  const sum = raw.reduce((total, value) => total + value, 0);
  return objectiveNames.map((name, index) => {
    const gate = raw[index] / sum;
    const coefficient = name === 'helpsteer-verbosity' ? gate - penalty : gate;
    const reward = 0.35 + 0.55 * wave(index, phase);
    const rating = name.startsWith('helpsteer') ? { rating: reward * 5 - 0.5 } : {};
    return { name, reward, ...rating, gate, coefficient, contribution: coefficient * reward };
  });
}

function meterObjectives(rewards: readonly number[]): ObjectiveContribution[] {
  return meters.map(([name], index) => {
    const reward = rewards[index];
    return { name, reward, rating: reward, coefficient: 1 / 6, contribution: reward / 6 };
  });
}

const question = 'What are some synonyms for the word “beautiful”?';
const good = 'Nicely, beautifully, handsomely, stunningly, wonderfully, gorgeously, pretty, stunning, elegant.';
const bad = 'I bought a new car last week. It is red, and it goes very fast.';

/** 19 gated objectives, chosen and rejected. */
export const gatedPair: ExplainedRow = {
  id: 'synonyms-01',
  kind: 'pair',
  specialTokens,
  model: gatedModel,
  gate,
  responses: [
    explained({ role: 'chosen', objectives: gatedObjectives(2), text: templated(question, good) }),
    explained({
      role: 'rejected',
      objectives: gatedObjectives(3),
      text: templated(question, bad),
      responseTokens: 19,
      truncated: true,
    }),
  ],
};

/** Six meters without a gate, one response. */
export const metersSingle: ExplainedRow = {
  id: '7',
  kind: 'single',
  specialTokens,
  model: metersModel,
  responses: [
    explained({
      objectives: meterObjectives([0.4633, 0.981, 0.9967, 0.912, 0.997, 0.331]),
      text: `<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n${good}<|im_end|>\n`,
    }),
  ],
};

/** Meters on a pair whose label they contradict. */
export const metersPair: ExplainedRow = {
  id: 'off-topic-3',
  kind: 'pair',
  specialTokens,
  model: metersModel,
  responses: [
    explained({
      role: 'chosen',
      objectives: meterObjectives([0.21, 0.03, 0.998, 0.41, 0.98, 0.12]),
      text: templated(question, 'I cannot help with that.'),
    }),
    explained({
      role: 'rejected',
      objectives: meterObjectives([0.4633, 0.981, 0.9967, 0.912, 0.997, 0.331]),
      text: templated(question, good),
    }),
  ],
};

/** Four responses of a classification model with one label. */
export const listOfFour: ExplainedRow = {
  id: 'best-of-4',
  kind: 'list',
  specialTokens,
  model: {
    ...gatedModel,
    name: 'tiny-reward-qwen2',
    architecture: 'Qwen2ForSequenceClassification',
    head: 'one label',
    headKind: 'classification',
    objectives: [{ name: 'LABEL_0' }],
  },
  responses: [-0.8123, 1.4567, 1.2011, -2.0442].map((reward, index) =>
    explained({
      objectives: [{ name: 'LABEL_0', reward, coefficient: 1, contribution: reward }],
      text: templated(question, `${good} (${index})`),
      responseTokens: 20 + index,
    }),
  ),
};

const advice = [
  'Bright light helps most: a south window, or a lamp for twelve hours. Water it once the soil is dry to the touch. Never let it stand in water, e.g. in a full saucer!',
  'I do not know. Ask somebody else. Why would you ask me?',
  'Water it.\n\n1. Check the soil.\n2. Wait a week.\n\n```sh\nwater --slowly\n```\nDone.',
  'Houseplants are plants. They live in houses. Some are green. Others are not green. It all depends.',
  'Put it near a window, and turn it now and then so that it grows straight.',
];

/** Five answers of ArmoRM's kind, as "Generate and Score" has them; the last one was cut. */
export const gatedList: ExplainedRow = {
  id: 'houseplant',
  kind: 'list',
  specialTokens,
  model: gatedModel,
  gate,
  responses: advice.map((text, index) =>
    explained({
      objectives: gatedObjectives(4 + index),
      text: templated('How do I keep a houseplant alive?', text),
      responseTokens: text.split(' ').length,
      truncated: index === 4,
    }),
  ),
};

export const gatedListNames = ['in the file', 'answer 1', 'answer 2', 'answer 3', 'answer 4'];

const hostile =
  '</script><script>window.pwned = 1</script><img src=x onerror="window.pwned = 1">${7*7} \u202Eright to left\u202C שלום עולם مرحبا \u0007 {{constructor}}';

/** Names and texts that try to be more than text; `filler` characters of plain text follow in each. */
export function hostileRow(filler: number): ExplainedRow {
  return {
    id: hostile,
    kind: 'pair',
    specialTokens,
    model: {
      ...metersModel,
      name: `${hostile} ${'very-long-model-name-'.repeat(12)}`,
      head: hostile,
      objectives: [{ name: hostile, description: hostile }, { name: 'x'.repeat(300) }],
    },
    responses: (['chosen', 'rejected'] as const).map((role, index) =>
      explained({
        role,
        objectives: [
          { name: hostile, reward: 1e-9 * (index + 1), coefficient: 0.5, contribution: 5e-10 * (index + 1) },
          { name: 'x'.repeat(300), reward: -123456.789, coefficient: 0.5, contribution: -61728.3945 },
        ],
        text: templated(hostile, `${hostile} ${'a'.repeat(filler / 2)} ${'word '.repeat(filler / 10)}`),
      }),
    ),
  };
}
