import type { ErrorAction } from '../../src/protocol/breakdownView';

/** Every text of the breakdown page, in one place for translation. Numbers arrive formatted. */
export const strings = {
  title: 'Reward breakdown',
  empty: 'Put the cursor on a row of a preference or chat file to see why it has its score.',
  chosen: 'Chosen',
  rejected: 'Rejected',
  response: 'Response',
  responseNumber: (number: number) => `Response ${number}`,
  best: 'best',
  margin: 'Margin',
  score: 'Score',
  scores: 'Scores',
  row: (id: string) => `Row ${id}`,
  location: (file: string, line: number) => `${file}:${line}`,
  reveal: 'Show the row in its file',
  keepRow: 'Keep this row when the cursor moves',
  copyJson: 'Copy the whole breakdown as JSON',
  stale: 'The text has been edited since this was scored.',

  tokens: (count: number) => (count === 1 ? '1 token' : `${count} tokens`),
  tokenParts: (prompt: number, response: number) => `${prompt} prompt + ${response} response`,
  truncated: 'Truncated',
  truncatedHint: 'The text was longer than allowed: tokens were dropped from the left, after the first.',
  scoreHint: (score: string) => `${score}\nThe sum of all contributions`,
  marginHint: (margin: string, first: string, second: string) => `${margin}\nScore of ${first} − score of ${second}`,
  agrees: 'Agrees with the label',
  contradicts: 'Contradicts the label',
  tie: 'A tie',
  prefers: (name: string) => `${name} scores higher`,
  compare: 'Compare',
  compareWith: 'with',
  firstCompared: 'First response to compare',
  secondCompared: 'Second response to compare',

  contributions: 'Contributions',
  contributionsNote: 'What each objective adds to the score: coefficient × reward.',
  contributionWords: (coefficient: string, reward: string, contribution: number) =>
    `coefficient ${coefficient} × reward ${reward}: ${contribution < 0 ? 'lowers the score' : contribution === 0 ? 'leaves the score as it is' : 'raises the score'}`,
  difference: 'Difference',
  differenceNote: (first: string, second: string) =>
    `Contribution to ${first} minus contribution to ${second}; the sum is the margin.`,
  differenceWords: (a: string, b: string, favoured: string) =>
    `${a} − (${b}): ${favoured === '' ? 'no difference' : `in favour of ${favoured}`}`,
  gate: 'Gate',
  gateNote: 'How the gate shares out the weight. It reads the prompt alone.',
  gateWords: (gate: string, coefficient: string) => `gate ${gate}, which makes the coefficient ${coefficient}`,

  chart: {
    nameColumn: 'Objective',
    valueColumn: 'Value',
  },

  weights: 'Weights',
  weightsNote:
    'This model has no gate: its weights are yours to set. They are kept in your settings, by the name of the objective.',
  weightOf: (name: string) => `Weight of ${name}`,
  equalWeights: 'Equal weights',
  notANumber: (text: string) => `“${text}” is not a number.`,

  numbers: 'All numbers',
  objective: 'Objective',
  reward: 'Reward',
  rewardHint: 'The raw value, before any weight',
  rating: 'Rating',
  ratingHint: 'The reward on the objective’s own scale',
  scale: 'Scale',
  scaleText: (min: number, max: number, unit: string | undefined) =>
    `${min}–${max}${unit === undefined ? '' : ` ${unit}`}`,
  gateHint: 'What the gate gives the objective for this prompt',
  coefficient: 'Coefficient',
  coefficientHint: 'The weight in force',
  contribution: 'Contribution',
  contributionHint: 'coefficient × reward',
  total: 'Score',

  exactText: 'Exact text',
  exactTextNote: 'What the model was given, special tokens marked.',
  copyText: (name: string) => `Copy the text of ${name}`,
  exactTextOf: (name: string) => `Exact text of ${name}`,

  progress: (done: string, total: string) => `${done} of ${total}`,
  loading: 'Loading',
  errorActions: {
    restartSidecar: 'Restart',
    showLog: 'Show Log',
    fetchStarter: 'Fetch the Starter Model',
    revealRow: 'Show Row',
  } satisfies Record<ErrorAction, string>,
} as const;
