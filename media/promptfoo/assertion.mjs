// An assertion for promptfoo: the answer's score by the reward model that `alidade serve` runs on this machine, with
// every objective as a named score.
//
//   assert:
//     - type: javascript
//       value: file://promptfoo/assertion.mjs
//       config: { minimum: { score: 0.1, helpsteer-correctness: 0.5 }, maximum: { helpsteer-verbosity: 0.7 } }
//
// config: minimum and maximum (raw scores: `score`, or the name of an objective), threshold (of the score from 0 to 1),
// range ([low, high]: which raw scores become 0 and 1; without it 1 / (1 + exp(-score))), system, and url, tokenEnv,
// timeoutMs (server.mjs).
import { messagesOf, post, serverOf } from './server.mjs';

/**
 * @param {unknown} output
 * @param {{prompt?: string, config?: Record<string, any>}} context
 * @returns {Promise<{pass: boolean, score: number, reason: string, namedScores: Record<string, number>, componentResults: object[]}>}
 */
export default async function rewardAssertion(output, context) {
  const config = context.config ?? {};
  const { minimum = {}, maximum = {}, threshold, range, system } = config;
  const messages = messagesOf(context.prompt ?? '');
  const response = typeof output === 'string' ? output : JSON.stringify(output);
  const prompt =
    system === undefined || messages[0].role === 'system'
      ? messages
      : [{ role: 'system', content: system }, ...messages];
  const { rows } = await post(serverOf(config), { path: '/v1/rewards', body: { rows: [{ prompt, response }] } });
  const [row] = rows;
  if (row.error) throw new Error(`alidade could not score the answer: ${row.error.message}`);

  const rewards = Object.fromEntries(row.objectives.map(({ name, reward }) => [name, reward]));
  const values = { score: row.score, ...rewards };
  const score = normalise(row.score, range);
  const results = [
    ...Object.entries(minimum).map(([name, least]) => compare(values, { name, bound: least, isMinimum: true })),
    ...Object.entries(maximum).map(([name, most]) => compare(values, { name, bound: most, isMinimum: false })),
    ...(threshold === undefined
      ? []
      : [compare({ 'score from 0 to 1': score }, { name: 'score from 0 to 1', bound: threshold, isMinimum: true })]),
  ];
  const failed = results.filter(({ pass }) => !pass);
  return {
    pass: failed.length === 0,
    score,
    reason: failed.length === 0 ? `score ${row.score}` : failed.map(({ reason }) => reason).join('; '),
    namedScores: rewards,
    componentResults: results,
  };
}

/** @throws Error for a name that the model does not have. */
function compare(values, { name, bound, isMinimum }) {
  if (!Object.hasOwn(values, name)) {
    throw new Error(`the reward model has no objective ${name}: it has ${Object.keys(values).join(', ')}`);
  }
  if (typeof bound !== 'number') throw new Error(`the bound of ${name} is ${JSON.stringify(bound)}, not a number`);
  const value = values[name];
  const pass = isMinimum ? value >= bound : value <= bound;
  const [passes, fails] = isMinimum ? ['at least', 'below'] : ['at most', 'above'];
  return { pass, score: pass ? 1 : 0, reason: `${name} ${value} is ${pass ? passes : fails} ${bound}` };
}

/** promptfoo averages scores, so that they have to lie between 0 and 1. */
function normalise(score, range) {
  if (range === undefined) return 1 / (1 + Math.exp(-score));
  const [low, high] = range;
  if (!(low < high)) throw new Error(`range is ${JSON.stringify(range)}, but has to be [low, high] with low < high`);
  return Math.min(1, Math.max(0, (score - low) / (high - low)));
}
