import { AlidadeError } from '../alidadeError';
import type { ChatTemplate } from '../tokenizer/chatTemplate';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { findLastRun } from './findLastRun';

/**
 * The start of a reply as the gates of published models look for it, by model type: end of the user's turn and the
 * assistant's header (armo-rm/stage-2_prepare.py). Encoded with the model's own tokenizer, so that the ids fit any
 * vocabulary.
 */
export const KNOWN_GATE_TEXTS: Readonly<Record<string, string>> = {
  gemma2: '<end_of_turn>\n<start_of_turn>model\n',
  llama: '<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
};

/** Questions and replies that have nothing in common, so that what lies between them is the template's. */
const probes = [
  { question: 'Where is the nearest pharmacy?', reply: 'On the corner, next to the bakery.' },
  { question: '2 + 2', reply: '4' },
  { question: 'Say "yes".\n\nOr say no!', reply: 'Yes,\n\ngladly: why not\nUser' },
] as const;

/**
 * What a chat template writes between a user's turn and the reply: what closes the one and opens the other. A gate reads
 * the first of its tokens, which has seen the whole prompt and nothing of the reply.
 * @returns null where no text between them always has the same tokens.
 */
export function findGateText(template: ChatTemplate, tokenizer: Tokenizer): string | null {
  try {
    const rendered = probes.map(({ question, reply }) => {
      const messages = [
        { role: 'user', content: question },
        { role: 'assistant', content: reply },
      ];
      const text = template.render(messages, { addGenerationPrompt: false });
      const start = text.indexOf(question) + question.length;
      const between = text.slice(start, text.indexOf(reply, start));
      return { question, reply, between, ids: tokenizer.encodeRendered(text) };
    });
    const [{ between }] = rendered;
    if (rendered.some((probe) => probe.between !== between)) return null;
    const isFound = (candidate: string): boolean => {
      const run = tokenizer.encodeRendered(candidate);
      return rendered.every(({ question, reply, ids }) => {
        const start = findLastRun(ids, run);
        const textOf = (part: readonly number[]): string => tokenizer.decode(part, { skipSpecialTokens: false }).trim();
        const isBehind = textOf(ids.slice(0, Math.max(0, start))).endsWith(question);
        return isBehind && textOf(ids.slice(start + run.length)).startsWith(reply);
      });
    };
    // White space at the ends may belong to the tokens of what is beside it; a last space does in most vocabularies.
    const written = between.replace(/ +$/, '');
    const candidates = [written, between.trimEnd(), written.trimStart(), between.trim()];
    return candidates.find((candidate) => candidate !== '' && isFound(candidate)) ?? null;
  } catch (error) {
    // A template may refuse a conversation, such as one without a system turn.
    if (error instanceof AlidadeError) return null;
    throw error;
  }
}
