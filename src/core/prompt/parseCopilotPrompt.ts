import { readFrontMatter } from './frontMatter';
import { memberOf, textOf } from './locatedValue';
import type { PromptFileText } from './parsePromptFile';
import { editorVariables, readPlaceholders } from './placeholdersTemplate';
import type { PromptFile } from './promptFile';
import { collectVariables, placeReading, type DeclaredVariable } from './promptVariables';
import { trimLines } from './roleMarkers';
import { verbatimSource } from './sourceText';

/** VS Code's .prompt.md: one user's turn. */
export function parseCopilotPrompt({ text }: PromptFileText): PromptFile {
  const { values, body, problems } = readFrontMatter(text, { severity: 'warning' });
  const span = trimLines(text, body);
  const source = verbatimSource(text, span);
  const { uses } = readPlaceholders(source.text);
  const declared = new Map<string, DeclaredVariable>();
  for (const use of uses) {
    const hint = use.isInput ? use.hint : (editorVariables.get(use.name) ?? null);
    const before = declared.get(use.name);
    if (before !== undefined && (before.description ?? null) !== null) continue;
    const kind = use.isInput ? {} : { kind: 'editor' as const };
    declared.set(use.name, { name: use.name, span: use.span, description: hint, ...kind });
  }
  const variables = collectVariables({
    declared: [...declared.values()],
    uses: placeReading({ uses, problems: [] }, source).uses,
  });
  return {
    format: 'copilot',
    name: textOf(memberOf(values, 'name')),
    description: textOf(memberOf(values, 'description')),
    prompts: [
      {
        label: 'prompt',
        span,
        language: 'placeholders',
        parts: [{ role: 'user', text: source.text, span }],
        // They are declared by being used.
        variables: variables.map((variable) => ({ ...variable, spans: variable.spans.slice(1) })),
      },
    ],
    inputs: [],
    references: [],
    problems,
  };
}
