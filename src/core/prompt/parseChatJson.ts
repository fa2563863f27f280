import { readChatMessages } from './chatMessages';
import type { PromptFileText } from './parsePromptFile';
import type { PromptFile } from './promptFile';
import { collectVariables, placeReading } from './promptVariables';
import { readJson } from './readJson';
import { verbatimSource } from './sourceText';
import { readTemplate } from './templateLanguages';

/** A JSON list of messages, `{{name}}` in their texts its variables. */
export function parseChatJson({ text }: PromptFileText): PromptFile {
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  const { root, problems } = readJson(text.slice(start), start);
  const file = verbatimSource(text, { start: 0, end: text.length });
  const chat = root === null ? { parts: [], problems: [] } : readChatMessages(root, file);
  const uses = chat.parts.flatMap(({ text: content, source }) =>
    source === undefined ? [] : placeReading(readTemplate('names', content), source).uses,
  );
  return {
    format: 'chatJson',
    name: null,
    description: null,
    prompts: [
      {
        label: 'prompt',
        span: root?.span ?? { start, end: text.length },
        language: 'names',
        parts: chat.parts,
        variables: collectVariables({ uses }),
      },
    ],
    inputs: [],
    references: [],
    problems: [...problems.map((problem) => ({ severity: 'error' as const, ...problem })), ...chat.problems],
  };
}
