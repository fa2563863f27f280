import assert from 'node:assert/strict';
import { parsePromptFile } from '../../../src/core/prompt/parsePromptFile';
import { renderPrompt } from '../../../src/core/prompt/renderPrompt';
import { seededRandom, type SeededRandom } from '../../fixtures/seededRandom';
import { promptExamples } from './promptExamples';

/** 500, or 20,000 with `ALIDADE_LONG=1`. */
const mutationCount = process.env['ALIDADE_LONG'] === '1' ? 20_000 : 500;

/** A mutation that takes longer than this has no bound; a busy machine is given its time. */
const maxMilliseconds = 10_000;

const telling = [
  ...['{{', '}}', '{%', '%}', '{#', '#}', '{{#', '{{/', '{{^', '{{else}}', '{{>', '{{{', '}}}', '${', '}', '{', '\\'],
  ...['---\n', ': ', '- ', '&a ', '*a', '<<: ', '|\n', '>\n', "'", '"', '`', '[', ']', '\n', '\r\n', '\t', '  '],
  ...[
    '<',
    '>',
    '</',
    '/>',
    '<!--',
    '-->',
    '<![CDATA[',
    '&lt;',
    ' for="x in xs"',
    ' if="',
    '<let name="',
    '<p>',
    '<item>',
  ],
  ...[
    'system:\n',
    'user:\n',
    '<|im_start|>',
    '<|im_end|>',
    '"role"',
    'role "system"',
    '<<<dotprompt:role:user>>>',
    'file://',
  ],
  ...[
    '{% for i in range(9999999) %}',
    '{% endfor %}',
    '{{ x.repeat(99999999) }}',
    '__proto__',
    'constructor',
    'toString',
  ],
  ...[
    '\0',
    '\uD800',
    '\uFEFF',
    '\uE000',
    '😀',
    '0',
    '-1',
    '1e999',
    'null',
    'true',
    '=>',
    '?.',
    '(',
    ')',
    '(((((((((((((((',
  ],
];

function mutate(text: string, random: SeededRandom): string {
  let result = text;
  for (let change = 1 + random.below(5); 0 < change; change -= 1) {
    const at = random.below(result.length + 1);
    const length = random.below(30);
    const piece = telling[random.below(telling.length)] ?? '';
    switch (random.below(6)) {
      case 0:
        result = result.slice(0, at) + result.slice(at + length);
        break;
      case 1:
        result = result.slice(0, at) + result.slice(at, at + length).repeat(1 + random.below(50)) + result.slice(at);
        break;
      case 2:
        result = result.slice(0, at) + piece.repeat(1 + random.below(200)) + result.slice(at);
        break;
      case 3: {
        const other = promptExamples[random.below(promptExamples.length)]?.text ?? '';
        const from = random.below(other.length);
        result = result.slice(0, at) + other.slice(from, from + random.below(200)) + result.slice(at + length);
        break;
      }
      default:
        result = result.slice(0, at) + piece + result.slice(at + random.below(3));
    }
  }
  return result;
}

describe('mutated prompt files', () => {
  it(`never throw and end within a bound (${mutationCount} of them)`, function () {
    this.timeout(mutationCount * 500);
    const random = seededRandom(20261122);
    for (let count = 0; count < mutationCount; count += 1) {
      const example = promptExamples[count % promptExamples.length];
      assert.ok(example !== undefined);
      const text = mutate(example.text, random);
      const files = new Map(
        Object.entries(example.files ?? {}).map(([path, content]) => [
          path,
          random.below(3) === 0 ? mutate(content, random) : content,
        ]),
      );
      const start = performance.now();
      const file = parsePromptFile({ path: example.path, text, files });
      const check = ({ start: from, end }: { readonly start: number; readonly end: number }): void =>
        assert.ok(
          0 <= from && from <= end && end <= text.length,
          `mutation ${count}: ${from} to ${end} of ${text.length}`,
        );
      for (const { span } of [...file.problems, ...file.references, ...file.prompts]) check(span);
      const given: Readonly<Record<string, unknown>> = { ...file.inputs[0]?.values, ...example.values };
      for (const prompt of file.prompts.slice(0, 4)) {
        for (const { span } of prompt.parts) check(span);
        for (const { spans } of prompt.variables) for (const span of spans) check(span);
        const missing = prompt.variables
          .filter(({ name }) => !Object.hasOwn(given, name))
          .map(({ name }) => [name, 'x']);
        const rendered = renderPrompt(prompt, { values: { ...Object.fromEntries(missing), ...given }, files });
        for (const { span } of rendered.problems) check(span);
        const hasError = rendered.problems.some(({ severity }) => severity === 'error');
        assert.equal(rendered.messages.length === 0, hasError, `mutation ${count}`);
      }
      const taken = performance.now() - start;
      assert.ok(taken < maxMilliseconds, `mutation ${count} of ${example.path} took ${taken} ms`);
    }
  });
});
