import assert from 'node:assert/strict';
import { describeProblems, describeVariables, parseOne, render } from './promptFixtures';

describe('a chat in JSON', () => {
  it('has its variables at their places, escapes before them or not', () => {
    const text =
      '[{"role": "system", "content": "A \\"{{ a }}\\" \\u00e9\\n{{b.c}}"}, {"content": "{{a}}", "role": "user"}]';
    const { file, prompt } = parseOne('chat.json', text);
    assert.deepEqual(file.problems, []);
    assert.deepEqual(describeVariables(text, prompt), { 'a!': ['a', 'a'], 'b!': ['b'] });
    assert.deepEqual(render('chat.json', text, { a: '"', b: { c: 2 } }).messages, [
      { role: 'system', content: 'A """ é\n2' },
      { role: 'user', content: '"' },
    ]);
  });

  it('joins the texts of a message, and leaves out what is no text', () => {
    const text =
      '{"messages": [{"role": "user", "content": [{"type": "text", "text": "a "}, {"type": "image_url"}, {"type": "text", "text": "b"}]}, {"role": "assistant", "content": null, "tool_calls": []}]}';
    const { file } = parseOne('chat.json', text);
    assert.deepEqual(
      file.problems.map(({ severity }) => severity),
      ['information', 'information'],
    );
    assert.deepEqual(render('chat.json', text).messages, [{ role: 'user', content: 'a b' }]);
  });

  it('says at its place what cannot be read', () => {
    const text =
      '[{"role": "bot", "content": "x"}, {"content": "y"}, {"role": "user"}, {"role": "user", "content": "z"}]';
    const { file, prompt } = parseOne('chat.json', text);
    assert.deepEqual(describeProblems(text, file.problems), [
      'error: message 1: unknown role "bot" (known: system, developer, user, assistant, tool, function) @ "bot"',
      'error: message 2 has no `role` @ {"content": "y"}',
      'error: message 3 has no `content` @ {"role": "user"}',
    ]);
    assert.deepEqual(
      prompt.parts.map(({ text: content }) => content),
      ['z'],
    );
    const broken = '[{"role": "user", "content": "z"}, {"role" "x"}]';
    assert.match(
      describeProblems(broken, parseOne('chat.json', broken).file.problems)[0] ?? '',
      /^error: not JSON: colon expected/,
    );
  });
});

describe('a chat in ChatML', () => {
  it('is read turn by turn, the opening of the reply left out', () => {
    const text =
      '<|im_start|>system name=rules\nA {{x}}<|im_end|>\n<|im_start|>user\n\nB\nC<|im_end|>\n<|im_start|>assistant\n';
    const { file, prompt } = parseOne('a.chatml', text);
    assert.deepEqual(file.problems, []);
    assert.deepEqual(
      prompt.parts.map(({ role, span }) => [role, text.slice(span.start, span.end)]),
      [
        ['system', 'A {{x}}'],
        ['user', 'B\nC'],
      ],
    );
    assert.deepEqual(describeVariables(text, prompt), { 'x!': ['x'] });
  });

  it('says what is no turn', () => {
    const text = 'stray\n<|im_start|>pirate\nA<|im_end|>\n<|im_start|>user\nB\n<|im_start|>assistant\nC<|im_end|>';
    assert.deepEqual(describeProblems(text, parseOne('a.chatml', text).file.problems), [
      'warning: text outside of <|im_start|> and <|im_end|> is no turn @ stray',
      'error: unknown role "pirate" (known: system, developer, user, assistant, tool) @ pirate',
      'warning: <|im_end|> is missing after this turn @ <|im_start|>user',
    ]);
  });
});
