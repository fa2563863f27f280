import assert from 'node:assert/strict';
import { parsePromptFile } from '../../../src/core/prompt/parsePromptFile';
import { promptFormatOf } from '../../../src/core/prompt/promptFormatOf';

describe('the format of a prompt file', () => {
  const cases: readonly (readonly [string, string, ReturnType<typeof promptFormatOf>])[] = [
    ['.github/prompts/x.prompt.md', '', 'copilot'],
    ['C:\\work\\X.PROMPTY', '', 'prompty'],
    ['a/b.poml', '', 'poml'],
    ['promptfooconfig.yaml', '', 'promptfoo'],
    ['promptfooconfig.staging.yml', '', 'promptfoo'],
    ['eval.yaml', '# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json\n', 'promptfoo'],
    ['other.yaml', 'prompts: []', null],
    ['chat.json', '', 'chatJson'],
    ['x.chat.json', '', 'chatJson'],
    ['messages.json', '[\n  {"role": "user", "content": "Hi"}]', 'chatJson'],
    ['rows.json', '[{"chosen": 1}]', null],
    ['x.chatml', '', 'chatml'],
    ['README.md', '{{x}}', null],
    ['a.prompt', '---\nmodel: x\n---\nHi', 'dotprompt'],
    ['a.prompt', '{{role "system"}}Hi', 'dotprompt'],
    ['a.prompt', 'Hi {{name}}', 'dotprompt'],
    ['a.prompt', '---\nname: x\ninvokable: true\n---\nHi', 'continue'],
    ['a.prompt', 'temperature: 0\n---\n<system>\nx\n</system>\n{{{ input }}}', 'continue'],
    ['a.prompt', 'Look at {{{ input }}}', 'continue'],
  ];
  for (const [path, text, format] of cases) {
    it(`of ${path} with ${JSON.stringify(text.slice(0, 40))} is ${format ?? 'unknown'}`, () => {
      assert.equal(promptFormatOf(path, text), format);
    });
  }

  it('is told from the text, else Markdown, where a setting has made a file a prompt', () => {
    const formatOf = (text: string): string => parsePromptFile({ path: 'prompts/x.md', text }).format;
    assert.equal(formatOf('Hello'), 'markdown');
    assert.equal(formatOf('<|im_start|>user\nHi<|im_end|>'), 'chatml');
    assert.equal(formatOf('[{"role": "user", "content": "Hi"}]'), 'chatJson');
  });
});
