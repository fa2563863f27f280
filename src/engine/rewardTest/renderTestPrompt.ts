import { resolve } from 'node:path';
import type { Message } from '../../core/promptFile/message';
import type { Conversation } from '../../core/rewardTest/rewardTest';
import { renderPromptFile } from '../promptFile/renderPromptFile';

/**
 * The conversation of a prompt file, with the values that a test gives to its variables.
 * @param folder of the test file.
 * @throws AlidadeError as `renderPromptFile`.
 */
export async function renderTestPrompt(
  { file, label, inputs }: Extract<Conversation, { kind: 'promptFile' }>,
  folder: string,
): Promise<readonly Message[]> {
  return renderPromptFile({
    path: resolve(folder, file.value),
    label: label?.value ?? null,
    labelOption: '`promptLabel`',
    inputs,
    root: process.cwd(),
  });
}
