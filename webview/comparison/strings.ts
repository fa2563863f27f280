import type { Verdict } from '../../src/core/comparison/versionComparison';
import type { ComparisonAction } from '../../src/protocol/comparisonView';
import { t } from '../shared/localise';

/** Every text of the page that compares versions, in one place for translation. Numbers arrive formatted. */
export const strings = {
  title: (what: string) => t('Versions of {0}', what),
  actions: {
    stop: t('Stop'),
    resume: t('Resume'),
    runAgain: t('Run Again'),
    save: t('Save As…'),
    copyJson: t('Copy as JSON'),
    copyCsv: t('Copy as CSV'),
    fetchStarter: t('Fetch the Starter Model'),
    chooseModel: t('Choose Model'),
    openGeneratorSettings: t('Generator Settings'),
    showLog: t('Show Log'),
  } satisfies Record<ComparisonAction, string>,
  actionHints: {
    stop: t('Stop. What is answered and scored stays, and the comparison can be resumed.'),
    resume: t('Answer and score what is missing, with the prompts as they were at the beginning'),
    runAgain: t('Read both versions again, and compare them from the beginning'),
    save: t('Save all answers and scores as JSON or CSV'),
    copyJson: t('Copy everything as JSON: prompts, answers, breakdowns, statistics'),
    copyCsv: t('Copy as CSV: one row an answer'),
    fetchStarter: t('Small meters that run on any machine; not a judge of quality'),
    chooseModel: t('Choose another reward model'),
    openGeneratorSettings: t('Who answers, how many answers, and how'),
    showLog: t('Open the log'),
  } satisfies Record<ComparisonAction, string>,

  versions: t('Versions'),
  openVersion: (name: string) => t('Open {0}', name),
  answersBy: (generator: string) => t('Answers by {0}', generator),
  answersEach: (count: number) => (count === 1 ? t('1 answer each') : t('{0} answers each', count)),
  answersEachHint: t('Answers that each version gets for each input, with the same seeds'),
  temperature: (value: string) => t('temperature {0}', value),
  maxNewTokens: (count: number) => t('at most {0} tokens', count),
  seed: (seed: number) => t('seed {0}', seed),
  seedHint: t('Of the first answer; each further one has the next number'),

  idle: t('These versions have not been compared yet, or the window was closed since.'),
  stopped: t('Stopped. What was answered and scored by then is shown.'),
  noneYet: t('The first numbers appear when one input has answers to both versions.'),
  nothing: t('No input has answers to both versions.'),
  progressLabel: t('Progress of the comparison'),
  percent: (share: string) => t('{0} %', share),
  notes: t('Notes'),

  verdicts: {
    same: t('No difference'),
    unclear: t('No clear difference'),
    higher: t('Higher score'),
    lower: t('Lower score'),
    unknown: t('Not enough to tell'),
  } satisfies Record<Verdict, string>,
  verdict: {
    higher: (second: string) => t('{0} scores higher', second),
    lower: (second: string) => t('{0} scores lower', second),
  },
  verdictOnOneInput: {
    higher: (second: string) => t('{0} scores higher on this input', second),
    lower: (second: string) => t('{0} scores lower on this input', second),
  },
  basis: {
    inputs: (count: number) => t('Over {0} inputs. The interval says what to expect of other inputs like them.', count),
    answers: t(
      'Over the answers to one input. The interval says what to expect of other answers to it, and nothing about other inputs.',
    ),
    oneEach: t('One input, and too few different answers to tell a difference from chance. Add inputs or answers.'),
    sameEverywhere: t('The difference is the same on every input: there is no telling it from chance. Add inputs.'),
  },
  partial: (done: number, total: number) => t('{0} of {1} inputs so far', done, total),
  samePrompt: t('Both versions render the same prompt: what differs is chance.'),

  meanScore: (name: string) => t('Mean score of {0}', name),
  meanHint: (exact: string) => t('{0}\nMean over inputs of the mean over the answers of an input', exact),
  difference: t('Difference'),
  differenceHint: (exact: string, second: string, first: string) => t('{0}\n{1} minus {2}', exact, second, first),
  interval: (low: string, high: string) => t('95 %: {0} to {1}', low, high),
  intervalHint: {
    inputs: t(
      'Student’s t interval of the mean paired difference, with the inputs as the sample: if inputs like these were drawn again and again, 95 of 100 such intervals would hold the true difference.',
    ),
    answers: t(
      'Welch’s t interval of the difference of two means, with the answers to the one input as the sample: it says nothing about other inputs.',
    ),
  },
  noInterval: t('no interval'),
  byInput: t('By input'),
  wins: (wins: number, ties: number, losses: number) => t('{0} higher, {1} the same, {2} lower', wins, ties, losses),
  winsHint: (second: string) => t('Inputs on which the mean score of {0} is higher, the same, or lower', second),
  length: t('Length of answers'),
  lengthOf: (first: string, second: string) => t('{0} → {1} tokens', first, second),
  lengthHint: t('Mean tokens of an answer, first version and second. Many reward models prefer longer answers.'),
  cause: (rewards: string, weights: string) =>
    t('Of the difference, {0} comes from the answers and {1} from the weights of the gate.', rewards, weights),
  causeHint: t(
    'The gate reads the prompt, and so it weighs the answers of the versions differently. The two parts add up to the difference.',
  ),

  differences: t('Difference by objective'),
  differencesNote: {
    contribution: (second: string, first: string) =>
      t(
        '{0} minus {1}: what each objective adds to the difference of the score. Lines show 95 % intervals.',
        second,
        first,
      ),
    reward: (second: string, first: string) =>
      t('{0} minus {1}: rewards as they are before weighting. Lines show 95 % intervals.', second, first),
  },
  manyIntervals: t(
    'Each interval stands for itself: of twenty objectives that do not differ, one is expected to look clear.',
  ),
  measure: t('What the chart shows'),
  measures: { contribution: t('Contributions'), reward: t('Rewards') },
  objectiveWords: (first: string, second: string, verdict: string, interval: string) =>
    t('{0} → {1}: {2} ({3})', first, second, verdict, interval),
  gate: t('Difference of the gate'),
  gateNote: (second: string, first: string) =>
    t(
      '{0} minus {1}: what the gate weighs for the prompts. It reads the prompt alone, so chance has no part in it.',
      second,
      first,
    ),
  gateWords: (first: string, second: string) => t('gate {0} → {1}', first, second),
  objective: t('Objective'),

  inputs: t('Inputs'),
  input: t('Input'),
  inputNumber: (number: number) => t('Input {0}', number),
  noVariables: t('The prompt'),
  mean: (name: string) => t('{0}, mean', name),
  best: (name: string) => t('{0}, best', name),
  scoreHint: (exact: string, count: number) =>
    count === 1 ? t('{0}\nof 1 answer', exact) : t('{0}\nover {1} answers', exact, count),
  bestHint: (exact: string) => t('{0}\nof the best answer', exact),
  states: { waiting: t('waiting'), working: t('working'), done: t('no score'), failed: t('failed') },
  textDifference: t('Show Text Difference'),
  textDifferenceOf: (input: string) => t('Show the difference of the rendered prompts: {0}', input),
  answersOf: (name: string) => t('Answers to {0}', name),
  answer: (number: number) => t('Answer {0}', number),
  showBreakdown: t('Breakdown'),
  showBreakdownOf: (name: string, number: number) => t('Show the breakdown of answer {0} to {1}', number, name),
  tokens: (count: number) => (count === 1 ? t('1 token') : t('{0} tokens', count)),
  cutOff: t('cut off'),
  cutOffHint: t('The answer reached the limit of tokens: its end is missing.'),
  truncated: t('truncated'),
  truncatedHint: t('The text was longer than the model takes: tokens were dropped from its beginning.'),
  notScored: t('not scored yet'),
  emptyAnswer: t('(empty)'),
  wholeTexts: t('Show whole texts'),
} as const;
