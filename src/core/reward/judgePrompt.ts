import type { Message } from '../promptFile/message';

/**
 * The user's turn in which a pairwise judge is shown a conversation and two replies, of which it names the better with one
 * token, A or B (RLHFlow/RLHF-Reward-Modeling, pair-pm/SSRM/pseudo_label.py).
 *
 * The context is what that code's Jinja template gives with trim_blocks and lstrip_blocks and without its last newline:
 * an empty line before the first turn, a space before each text. Texts stand as they are.
 */
export function writeJudgePrompt({ context, replyA, replyB }: JudgedTexts): string {
  const turns = context.map(({ role, content }) => `\n<turn> ${role}\n ${content}`);
  return `[CONTEXT] \n${turns.join('')}\n [RESPONSE A] ${replyA} [RESPONSE B] ${replyB} \n`;
}

export interface JudgedTexts {
  /** Turns of user and assistant in alternation, the user's first. */
  readonly context: readonly Message[];
  readonly replyA: string;
  readonly replyB: string;
}
