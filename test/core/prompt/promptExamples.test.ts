import assert from 'node:assert/strict';
import { parsePromptFile } from '../../../src/core/prompt/parsePromptFile';
import { renderPrompt } from '../../../src/core/prompt/renderPrompt';
import { promptExamples } from './promptExamples';

describe('prompt files as people write them', () => {
  it('are at least thirty, of every format', () => {
    assert.ok(30 <= promptExamples.length);
    const formats = new Set(promptExamples.map(({ path, text }) => parsePromptFile({ path, text }).format));
    assert.equal(formats.size, 9);
  });

  for (const { path, text, values = {}, files = {} } of promptExamples) {
    it(`${path} has no errors, exact places, and gives a conversation`, () => {
      const read = new Map(Object.entries(files));
      const file = parsePromptFile({ path, text, files: read });
      assert.deepEqual(
        file.problems.filter(({ severity }) => severity === 'error'),
        [],
      );
      assert.ok(file.prompts.length > 0);
      for (const reference of file.references) assert.ok(read.has(reference.path), reference.path);
      for (const { span } of [...file.problems, ...file.references]) checkSpan(text, span);
      for (const prompt of file.prompts) {
        checkSpan(text, prompt.span);
        for (const part of prompt.parts) {
          checkSpan(text, part.span);
          const isVerbatim = part.source === undefined;
          if (isVerbatim) assert.equal(text.slice(part.span.start, part.span.end), part.text);
        }
        for (const { name, spans } of prompt.variables) {
          for (const span of spans) {
            const there = text.slice(span.start, span.end);
            assert.ok(
              there.includes(name) || read.has(there.replace('file://', '')) || there.startsWith('${file:'),
              `${name}: ${there}`,
            );
          }
        }
        const inputs = file.inputs.length > 0 ? file.inputs : [{ values: {} }];
        for (const input of inputs) {
          const { messages, problems } = renderPrompt(prompt, { values: { ...input.values, ...values }, files: read });
          assert.deepEqual(
            problems.filter(({ severity }) => severity === 'error'),
            [],
          );
          assert.ok(messages.length > 0);
          assert.ok(messages.every(({ content }) => content.trim() !== ''));
        }
      }
    });
  }
});

function checkSpan(text: string, { start, end }: { readonly start: number; readonly end: number }): void {
  assert.ok(0 <= start && start <= end && end <= text.length, `${start} to ${end} of ${text.length}`);
}
