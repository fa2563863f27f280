import { stringify } from 'yaml';
import type { Message } from '../promptFile/message';
import type { ScorableInput, ScorableRow } from '../promptFile/scorableRow';
import type { RewardBreakdown, ScoredRow } from '../reward/rewardBreakdown';

export interface NewRewardTest {
  readonly name: string;
  /** As `alidade.rewardModel` and `--model` take it. */
  readonly model: string;
  readonly row: ScorableRow;
  readonly scored: ScoredRow;
}

/**
 * A test file that holds a row to the scores that it has now, rounded down; null for a row without a conversation that
 * its responses share.
 */
export function writeRewardTest({ name, model, row, scored }: NewRewardTest): string | null {
  const inputs = inputsOf(row);
  const dialogues = inputs.flatMap((input) => (input.kind === 'messages' ? [input.messages] : []));
  const [first] = dialogues as readonly (readonly Message[] | undefined)[];
  if (first === undefined || dialogues.length !== inputs.length || 'error' in scored) return null;
  const prompt = first.slice(0, -1);
  const replies = dialogues.map((messages) => messages.at(-1));
  const isShared = dialogues.every((messages) => isSame(messages.slice(0, -1), prompt));
  if (!isShared || prompt.length === 0 || replies.some((reply) => reply?.role !== 'assistant')) return null;
  const texts = replies.map((reply) => reply?.content ?? '');
  const test: Record<string, unknown> = { name, ...conversationOf(prompt), ...expectationsOf(scored, texts) };
  return stringify({ model, tests: [test] }, { lineWidth: 0, blockQuote: 'literal', aliasDuplicateObjects: false });
}

function inputsOf(row: ScorableRow): readonly ScorableInput[] {
  if (row.kind === 'single') return [row.input];
  return row.kind === 'pair' ? [row.chosen, row.rejected] : row.responses;
}

function conversationOf(prompt: readonly Message[]): Record<string, unknown> {
  const [only] = prompt;
  if (prompt.length === 1 && only.role === 'user') return { prompt: only.content };
  return { messages: prompt.map(({ role, content }) => ({ role, content })) };
}

function expectationsOf(
  scored: Exclude<ScoredRow, { readonly error: unknown }>,
  texts: readonly string[],
): Record<string, unknown> {
  if ('margin' in scored) {
    const [chosen, rejected] = texts;
    const isConfirmed = 0 < scored.margin;
    const ranks = isConfirmed ? ['chosen', 'rejected'] : ['rejected', 'chosen'];
    const best = isConfirmed ? scored.chosen : scored.rejected;
    return { responses: { chosen, rejected }, expect: { ranks, best: { score: { min: roundedDown(best.score) } } } };
  }
  if ('responses' in scored) {
    const names = texts.map((_, index) => `response ${index + 1}`);
    const order = scored.responses.map(({ score }, index) => ({ score, name: names[index] }));
    order.sort((a, b) => b.score - a.score);
    const isRanking = order.every(({ score }, index) => index === 0 || score < order[index - 1].score);
    const best = { score: { min: roundedDown(order[0].score) } };
    return {
      responses: Object.fromEntries(texts.map((text, index) => [names[index], text])),
      expect: { ...(isRanking && 1 < order.length ? { ranks: order.map(({ name }) => name) } : {}), best },
    };
  }
  const { score, objectives }: RewardBreakdown = scored;
  const bounds = objectives.map(({ name, reward }) => [name, { min: roundedDown(reward) }] as const);
  return { response: texts[0], expect: { score: { min: roundedDown(score) }, objectives: Object.fromEntries(bounds) } };
}

/** To two digits after the point, or two that count where it is smaller than that. */
function roundedDown(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0;
  const digits = Math.max(2, 1 - Math.floor(Math.log10(Math.abs(value))));
  const unit = 10 ** Math.min(digits, 15);
  const rounded = Math.floor(value * unit) / unit;
  return rounded <= value ? rounded : rounded - 1 / unit;
}

function isSame(a: readonly Message[], b: readonly Message[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ role, content }, index) => role === b[index].role && content === b[index].content)
  );
}
