import type { ChatTemplate } from '../../core/tokenizer/chatTemplate';
import type { Tokenizer } from '../../core/tokenizer/tokenizer';

/**
 * The tokens that a template writes between a user's turn and the reply (`<|im_start|>assistant\n`): what the generation
 * prompt adds. They find the reply in a text that is already templated. Empty when the template has no such marker.
 */
export function responseMarker(template: ChatTemplate, tokenizer: Tokenizer): readonly number[] {
  const question = [{ role: 'user', content: 'x' }];
  const closed = template.render(question, { addGenerationPrompt: false });
  const open = template.render(question, { addGenerationPrompt: true });
  return open.startsWith(closed) ? tokenizer.encodeRendered(open.slice(closed.length)) : [];
}
