import type { ComparedAnswer } from '../../src/core/comparison/versionComparison';
import { compareVersions } from '../../src/core/comparison/versionComparison';
import { compareProfiles } from '../../src/core/comparison/profileDifference';
import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import { seededRandom } from '../../src/core/seededRandom';
import type { AnswerView, CellView, ComparisonView, InputView } from '../../src/protocol/comparisonView';

export interface FixtureComparisonParams {
  readonly model: RewardModelDescription;
  readonly inputs: number;
  readonly answers: number;
  /** Of the inputs, how many the numbers are over; all when left out. */
  readonly compared?: number;
  /** Added to the rewards of the second version. */
  readonly shift: number;
}

const topics = [
  'the harbour of Aarhus',
  'how to descale a kettle without vinegar when nothing else is in the house and guests come in ten minutes',
  'the second law of thermodynamics',
  'قصة قصيرة عن البحر',
  'tides',
];

const texts = [
  'Fill the kettle half with water, add two tablespoons of citric acid and bring it to the boil. Leave it to stand for twenty minutes, then pour the water away and rinse twice.\n\nIf a crust is left at the bottom, do it once more. Never scrape: scratches hold the next layer of scale.\n\n1. Fill\n2. Boil\n3. Wait\n4. Rinse\n\nThat is all there is to it.',
  'Use citric acid.',
  '<script>alert("an answer is text")</script> & nothing else',
  'Of course! Here is a longer answer that goes on in one paragraph for a good while, so that it has to be wrapped at every width at which somebody may look at it, and averylongwordwithoutanyplacetobreakitbecausemodelssometimeswritethem_like_this_one_here_for_no_reason_at_all.',
];

/** A comparison whose numbers come from the very functions that the extension uses. */
export function fixtureComparison({
  model,
  inputs,
  answers,
  shift,
  compared: known = inputs,
}: FixtureComparisonParams): ComparisonView {
  const random = seededRandom(7);
  const gated = model.headKind === 'gated';
  const count = model.objectives.length;
  const weigh = (): number[] => model.objectives.map(() => (gated ? random() / count : 1 / count));
  const answer = (weights: readonly number[], raise: number): ComparedAnswer => {
    const objectives = model.objectives.map(({ name }, index) => {
      const reward = random() + raise * (index % 3 === 0 ? 1 : index % 3 === 1 ? -0.4 : 0.1);
      return { name, reward, coefficient: weights[index], contribution: weights[index] * reward };
    });
    const score = objectives.reduce((sum, { contribution }) => sum + contribution, 0);
    return { score, objectives, responseTokens: 20 + Math.floor(200 * random()) };
  };
  const compared = Array.from({ length: inputs }, () => {
    const [first, second] = [weigh(), weigh()];
    return {
      profiles: { first, second },
      first: Array.from({ length: answers }, () => answer(first, 0)),
      second: Array.from({ length: answers }, () => answer(second, shift)),
    };
  });
  const gates = (weights: readonly number[]) =>
    weights.map((gate, index) => ({ name: model.objectives[index].name, gate, coefficient: gate }));
  return {
    title: 'support.prompt.md',
    first: { name: 'HEAD', detail: 'prompts/support.prompt.md as committed, 1a2b3c4' },
    second: { name: 'working file', detail: 'prompts/support.prompt.md, with changes that are not saved' },
    state: { kind: 'done' },
    generation: { label: 'starter, on this machine', answers, temperature: 0.7, maxNewTokens: 256, seed: 1 },
    model,
    notes: [],
    inputs: compared.map(({ first, second }, index) => ({
      name: index === 1 ? '' : `example ${index + 1}`,
      values: [
        { name: 'topic', value: topics[index % topics.length] },
        { name: 'tone', value: 'calm' },
      ],
      samePrompt: false,
      first: cellOf(first, index),
      second: cellOf(second, index + 1),
    })),
    comparison: compareVersions(compared.slice(0, known)),
    profiles: gated
      ? compareProfiles(
          compared.map(({ profiles }) => ({ first: gates(profiles.first), second: gates(profiles.second) })),
        )
      : [],
    stale: null,
    actions: ['runAgain', 'save', 'copyJson', 'copyCsv'],
  };
}

function cellOf(answers: readonly ComparedAnswer[], offset: number): CellView {
  return {
    state: 'done',
    problem: null,
    rendered: true,
    answers: answers.map(({ score, responseTokens }, index) => ({
      text: texts[(offset + index) % texts.length],
      finishReason: (offset + index) % texts.length === 3 ? 'length' : 'stop',
      score,
      responseTokens,
      truncated: false,
      problem: null,
    })),
  };
}

const waiting: CellView = { state: 'waiting', problem: null, rendered: true, answers: [] };

/** The same half-way: one input done, one with an answer that failed and one cell at work, the rest waiting. */
export function halfWay(view: ComparisonView): ComparisonView {
  const [one, two] = view.inputs;
  const unscored: AnswerView = { ...two.first.answers[0], score: null, responseTokens: null };
  const broken: AnswerView = { ...unscored, text: '', problem: 'the answer is empty' };
  const working: InputView = {
    ...two,
    first: { ...two.first, answers: [...two.first.answers.slice(0, 2), broken] },
    second: { state: 'working', problem: null, rendered: true, answers: [unscored] },
  };
  const failed: InputView = {
    ...one,
    name: 'without a tone',
    first: { state: 'failed', problem: 'the variable `tone` has no value', rendered: false, answers: [] },
    second: waiting,
  };
  return {
    ...view,
    inputs: [
      one,
      working,
      failed,
      ...view.inputs.slice(3).map((input) => ({ ...input, first: waiting, second: waiting })),
    ],
  };
}
