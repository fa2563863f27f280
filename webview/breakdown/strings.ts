import type { ErrorAction } from '../../src/protocol/breakdownView';
import { t } from '../shared/localise';

/** Every text of the breakdown page that is its own, in one place for translation. Numbers arrive formatted. */
export const strings = {
  title: t('Reward breakdown'),
  empty: t('Put the cursor on a row of a preference or chat file to see why it has its score.'),
  chosen: t('Chosen'),
  rejected: t('Rejected'),
  response: t('Response'),
  responseNumber: (number: number) => t('Response {0}', number),
  best: (name: string) => t('{0} (best)', name),
  margin: t('Margin'),
  score: t('Score'),
  row: (id: string) => t('Row {0}', id),
  location: (file: string, line: number) => `${file}:${line}`,
  reveal: t('Show the row in its file'),
  keepRow: t('Keep this row when the cursor moves'),
  copyJson: t('Copy the whole breakdown as JSON'),
  stale: t('The text has been edited since this was scored.'),
  gone: t('The file has been deleted. What is shown was scored before.'),

  tokens: (count: number) => (count === 1 ? t('1 token') : t('{0} tokens', count)),
  tokenParts: (prompt: number, response: number, rest: number) =>
    [t('{0} prompt', prompt), t('{0} response', response), ...(0 < rest ? [t('{0} end of turn', rest)] : [])].join(
      ' + ',
    ),
  truncated: t('Truncated'),
  truncatedHint: t('The text was longer than allowed: tokens were dropped from the left, after the first.'),
  scoreHint: (score: string) => t('{0}\nThe sum of all contributions', score),
  marginHint: (margin: string, first: string, second: string) =>
    t('{0}\nScore of {1} − score of {2}', margin, first, second),
  agrees: t('Agrees with the label'),
  contradicts: t('Contradicts the label'),
  tie: t('A tie'),
  prefers: (name: string) => t('{0} scores higher', name),

  responses: t('Responses'),
  responsesNote: t('Best first. Choose two to see what tells them apart, up to four to see them side by side.'),
  rank: t('Rank'),
  tokensColumn: t('Tokens'),
  compare: t('Compare'),
  compareThis: (name: string) => t('Compare {0}', name),
  profile: t('Objectives'),
  profileHint: t(
    'One bar an objective, in the order of the model: how high its reward is among these responses, from the lowest to the highest.',
  ),
  profileWords: (highest: string, lowest: string) =>
    [
      ...(highest === '' ? [] : [t('highest in {0}', highest)]),
      ...(lowest === '' ? [] : [t('lowest in {0}', lowest)]),
    ].join('; ') || t('neither highest nor lowest in any objective'),
  profileCell: (name: string, reward: string, rank: number, count: number) =>
    t('{0}: {1}, rank {2} of {3}', name, reward, rank, count),
  text: t('Text'),
  mostCompared: (count: number) => t('At most {0} can be compared.', count),

  contributions: t('Contributions'),
  contributionsNote: t('What each objective adds to the score: coefficient × reward.'),
  contributionWords: (coefficient: string, reward: string, contribution: number) =>
    contribution < 0
      ? t('coefficient {0} × reward {1}: lowers the score', coefficient, reward)
      : contribution === 0
        ? t('coefficient {0} × reward {1}: leaves the score as it is', coefficient, reward)
        : t('coefficient {0} × reward {1}: raises the score', coefficient, reward),
  difference: t('Difference'),
  differenceNote: (first: string, second: string) =>
    t('Contribution to {0} minus contribution to {1}; the sum is the margin.', first, second),
  differenceWords: (a: string, b: string, favoured: string) =>
    favoured === '' ? t('{0} − ({1}): no difference', a, b) : t('{0} − ({1}): in favour of {2}', a, b, favoured),
  chartKind: t('Kind of chart'),
  bars: t('Bars'),
  waterfall: t('Waterfall'),
  waterfallNote: t('From nothing to the score, the largest contributions first.'),
  waterfallPairNote: (from: string, to: string) =>
    t('From the score of {0} to that of {1}, objective by objective.', from, to),
  waterfallHint: t(
    'Steps are rounded so that those printed add up to the score as printed. The exact value is behind each bar.',
  ),
  runningTotal: (words: string, from: string, to: string) => t('{0}; from {1} to {2}', words, from, to),
  others: (count: number) => t('{0} others', count),
  othersWords: (count: number) => t('{0} objectives with small parts together; Enter shows them', count),
  othersShown: (count: number) => t('{0} objectives with small parts together; Enter hides them', count),
  scoreOf: (name: string) => t('Score of {0}', name),
  gate: t('Gate'),
  gateNote: t('How the gate shares out the weight. It reads the prompt alone.'),
  gateWords: (gate: string, coefficient: string) => t('gate {0}, which makes the coefficient {1}', gate, coefficient),
  objectiveColumn: t('Objective'),

  weights: t('Weights'),
  weightsNote: t(
    'This model has no gate: its weights are yours to set. They are kept in your settings, by the name of the objective.',
  ),
  weightOf: (name: string) => t('Weight of {0}', name),
  equalWeights: t('Equal weights'),
  notANumber: (text: string) => t('“{0}” is not a number.', text),
  notPositive: (text: string) => t('“{0}” is not above 0.', text),
  gateWeightsNote: t(
    'What the gate gives an objective is multiplied by its number here. Nothing but this page uses these weights, until you save them as a head.',
  ),
  factorOf: (name: string) => t('Factor of {0}', name),
  factorHint: (name: string, coefficient: string) =>
    t(
      '{0}\nThe coefficient now: {1}\nAt 1 it is what the gate gives, at 0 the objective does not count.',
      name,
      coefficient,
    ),
  temperature: t('Temperature of the gate'),
  temperatureNote: (own: string) =>
    t('The lower the temperature, the more the gate leaves to few objectives. The model’s own is {0}.', own),
  resetWeights: t('Reset'),
  saveHead: t('Save as Head…'),
  adjusted: t('Scored with your weights, not with those of the model.'),
  growthOfOwn: t('It is read with the model’s own weights: reset yours to see it.'),

  agreement: t('Agreement with labels'),
  agreementNote: t(
    'How often the chosen response of labelled pairs scores higher than the rejected one, with the weights as they were and as they are.',
  ),
  choosePairs: t('Choose Labelled Pairs…'),
  chooseOtherPairs: t('Choose Other Pairs…'),
  stop: t('Stop'),
  scoringPairs: t('Scoring labelled pairs'),
  noPairs: (source: string) => t('{0} has no pair that could be scored.', source),
  agreeing: t('Agree'),
  interval: t('95 %'),
  intervalHint: t('Interval of the share by Wilson’s method'),
  weightsBefore: t('As scored'),
  weightsAfter: t('Now'),
  changedPairs: (won: number, lost: number) => t('{0} now agree that did not before; {1} no longer agree.', won, lost),
  unchangedPairs: t('No pair has changed sides.'),
  pairsOf: (count: number, source: string) =>
    count === 1 ? t('1 pair of {0}', source) : t('{0} pairs of {1}', count, source),
  notAllPairs: t('not all of them'),
  unscoredPairs: (count: number) => t('{0} could not be scored', count),
  ties: (count: number) => (count === 1 ? t('1 tie, which does not agree') : t('{0} ties, which do not agree', count)),

  growth: t('Score as the text grows'),
  growthNote: t(
    'What the score would be if the response ended at each place, and what each sentence changed. Solid lines raise the score, dashed ones lower it.',
  ),
  growthFirst: t('The first sentence has nothing before it: its number is the score behind it.'),
  growthReading: t('Reading the score of each beginning'),
  growthNone: t('There is no response to read.'),
  growthAgain: t('Try Again'),
  growthOf: (name: string) => t('Score of {0} as its text grows', name),
  growthText: (name: string) => t('Sentences of {0}', name),
  growthChart: (from: string, to: string, low: string, high: string) =>
    t('From {0} to {1}, between {2} and {3}', from, to, low, high),
  sentence: (number: number, count: number) => t('Sentence {0} of {1}', number, count),
  sentenceColumn: t('Sentence'),
  changeColumn: t('Change'),
  afterColumn: t('Score behind it'),
  endOfTurn: t('End of turn'),
  fromTo: (before: string, after: string) => t('from {0} to {1}', before, after),
  startsAt: (after: string) => t('starts at {0}', after),
  mostChanged: (list: string) => t('Most: {0}', list),

  numbers: t('All numbers'),
  objective: t('Objective'),
  reward: t('Reward'),
  rewardHint: t('The raw value, before any weight'),
  rating: t('Rating'),
  ratingHint: t('The reward on the objective’s own scale'),
  scale: t('Scale'),
  scaleHint: (name: string, lowest: string, highest: string, unit: string) =>
    [t('{0}, from {1} to {2}', name, lowest, highest), ...(unit === '' ? [] : [unit])].join('\n'),
  ratedAs: (name: string, rating: string) => t('{0}: {1}', name, rating),
  gateHint: t('What the gate gives the objective for this prompt'),
  coefficient: t('Coefficient'),
  coefficientHint: t('The weight in force'),
  contribution: t('Contribution'),
  contributionHint: t('coefficient × reward'),
  total: t('Score'),

  exactText: t('Exact text'),
  exactTextNote: t('What the model was given, special tokens marked.'),
  promptPart: (tokens: string) => t('Prompt · {0}', tokens),
  responsePart: (tokens: string) => t('Response · {0}', tokens),
  endPart: (tokens: string) => t('End of turn · {0}', tokens),
  cutHere: t('Text was cut off here'),
  copyText: (name: string) => t('Copy the text of {0}', name),
  exactTextOf: (name: string) => t('Exact text of {0}', name),

  exportAs: t('Export'),
  exports: {
    svg: t('Picture (SVG)'),
    png: t('Picture (PNG)'),
    csv: t('Numbers (CSV)'),
    json: t('Everything (JSON)'),
  },

  progress: (done: string, total: string) => t('{0} of {1}', done, total),
  loading: t('Loading'),
  errorActions: {
    restartSidecar: t('Restart'),
    showLog: t('Show Log'),
    fetchStarter: t('Fetch the Starter Model'),
    revealRow: t('Show Row'),
  } satisfies Record<ErrorAction, string>,
} as const;
