import { RowProblem } from '../promptFile/rowProblem';
import type { Capacity } from './conversionFormat';
import type { Exchange, Reply } from './conversionRecord';
import { fitContent } from './fitContent';
import type { Lose } from './fitRecord';

/** As many replies as a format has, with what it can say of them. @throws RowProblem */
export function fitReplies(body: Exchange, capacity: Capacity, lose: Lose): readonly Exchange[] {
  const groups = chooseReplies(body.replies, capacity, lose);
  return groups.map((replies) => {
    const judged = fitScores(replies, capacity, lose);
    return fitContent({ ...body, replies: fitLabels(judged, capacity, lose) }, capacity, lose);
  });
}

function chooseReplies(replies: readonly Reply[], capacity: Capacity, lose: Lose): readonly (readonly Reply[])[] {
  switch (capacity.replies) {
    case 'none':
      if (0 < replies.length) lose('replies');
      return [[]];
    case 'optional':
    case 'one':
      return [chooseOne(replies, capacity, lose)];
    case 'labelled':
      return separate(replies, lose);
    case 'pair':
      return [choosePair(replies, lose)];
    case 'graded':
      return [grade(replies, lose)];
    case 'many':
      if (replies.length === 0) throw new RowProblem('it has no reply');
      return [replies];
  }
}

function chooseOne(replies: readonly Reply[], capacity: Capacity, lose: Lose): readonly Reply[] {
  if (replies.length === 0 && capacity.replies === 'one') throw new RowProblem('it has no reply');
  if (replies.length <= 1) return replies;
  lose('further replies');
  const best = replies.find(({ label }) => label === true) ?? highest(replies);
  return best === undefined ? [] : [best];
}

function separate(replies: readonly Reply[], lose: Lose): readonly (readonly Reply[])[] {
  if (replies.length === 0) throw new RowProblem('it has no reply');
  if (replies.some(({ label }) => label === null)) throw new RowProblem('nothing says whether its reply is desirable');
  if (1 < replies.length) lose('which replies belong together');
  return replies.map((reply) => [reply]);
}

function choosePair(replies: readonly Reply[], lose: Lose): readonly Reply[] {
  const [chosen, rejected] = [true, false].map((label) => replies.filter((reply) => reply.label === label));
  if (chosen?.[0] !== undefined && rejected?.[0] !== undefined) {
    if (2 < replies.length) lose('further replies');
    return [chosen[0], rejected[0]];
  }
  if (replies.length === 1) throw new RowProblem('it has one reply, and a pair needs two');
  const scored = byScore(replies);
  const [best, worst] = [scored[0], scored.at(-1)];
  if (best === undefined || worst === undefined) throw new RowProblem('it has no reply');
  if (2 < replies.length) lose('further replies');
  else if (best !== replies[0]) lose(order, false);
  return [
    { ...best, label: true },
    { ...worst, label: false },
  ];
}

const order = 'the order of the replies';

/** The best replies are right, the others wrong, unless they have labels. */
function grade(replies: readonly Reply[], lose: Lose): readonly Reply[] {
  const labelled = replies.every(({ label }) => label !== null) ? replies : gradeByScore(replies);
  const sorted = [...labelled].sort((a, b) => Number(b.label) - Number(a.label));
  if (sorted.some((reply, index) => reply !== labelled[index])) lose(order, false);
  if (sorted[0]?.label === true && sorted.at(-1)?.label === false) return sorted;
  throw new RowProblem('it needs a reply that is better and one that is worse');
}

function gradeByScore(replies: readonly Reply[]): readonly Reply[] {
  const [best] = byScore(replies);
  return replies.map((reply) => ({ ...reply, label: reply.score === best?.score }));
}

/** From the highest score down. @throws RowProblem when scores do not say which reply is best. */
function byScore(replies: readonly Reply[]): readonly Reply[] {
  if (replies.some(({ score }) => score === null)) {
    throw new RowProblem(
      'neither labels nor scores say which reply is better (--scores FILE adds those of alidade score)',
    );
  }
  const sorted = [...replies].sort((a, b) => (b.score ?? 0) - (a.score ?? 0));
  if (1 < sorted.length && sorted[0]?.score === sorted.at(-1)?.score) {
    throw new RowProblem('its replies have the same score: neither is better');
  }
  return sorted;
}

function highest(replies: readonly Reply[]): Reply | undefined {
  return replies.reduce<Reply | undefined>(
    (best, reply) => (best === undefined || (best.score ?? -Infinity) < (reply.score ?? -Infinity) ? reply : best),
    undefined,
  );
}

function fitScores(replies: readonly Reply[], { scores }: Capacity, lose: Lose): readonly Reply[] {
  const missing = replies.findIndex(({ score }) => score === null);
  if (scores === 'required' && 0 <= missing) {
    throw new RowProblem(`reply ${missing + 1} has no score (--scores FILE adds those of alidade score)`);
  }
  if (scores !== 'none' || replies.every(({ score }) => score === null)) return replies;
  lose('scores');
  return replies.map((reply) => ({ ...reply, score: null }));
}

function fitLabels(replies: readonly Reply[], capacity: Capacity, lose: Lose): readonly Reply[] {
  const { replies: count, columns } = capacity;
  if (count === 'pair' || count === 'graded' || count === 'labelled') return replies;
  if (replies.every(({ label }) => label === null)) return replies;
  if (count !== 'many' && columns.has('label')) return replies;
  const areScored = count === 'many' && replies.every(({ score }) => score !== null);
  if (!areScored) lose('labels');
  else if (!saySame(replies)) lose('labels that their scores contradict', false);
  return replies.map((reply) => ({ ...reply, label: null }));
}

/** Whether the scores of two replies say what their labels do. */
function saySame(replies: readonly Reply[]): boolean {
  const [first, second] = replies;
  if (replies.length !== 2 || first === undefined || second === undefined) return false;
  return first.label === true && second.label === false && (second.score ?? 0) < (first.score ?? 0);
}
