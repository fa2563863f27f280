import assert from 'node:assert/strict';
import { parsePromptFile } from '../../../src/core/prompt/parsePromptFile';
import { renderPrompt } from '../../../src/core/prompt/renderPrompt';
import { describeProblems, describeVariables } from './promptFixtures';

const path = 'promptfooconfig.yaml';

describe('a promptfoo configuration', () => {
  it('has several prompts, their variables at their places in YAML', () => {
    const text = `prompts:
  - 'It''s {{ a }} and {{b}}'
  - "line\\n{{ c }} \\u00e9 {{d}}"
  - |
    Block {{ e }}
      deeper {{f.g}}
  - >-
    Folded
    {{ h }}
`;
    const file = parsePromptFile({ path, text });
    assert.deepEqual(file.problems, []);
    assert.deepEqual(
      file.prompts.map((prompt) => Object.keys(describeVariables(text, prompt))),
      [['a!', 'b!'], ['c!', 'd!'], ['e!', 'f!'], ['h!']],
    );
    for (const prompt of file.prompts) {
      for (const { name, spans } of prompt.variables) {
        for (const { start, end } of spans) assert.equal(text.slice(start, end), name);
      }
    }
    const values = { a: 1, b: 2, c: 3, d: 4, e: 5, f: { g: 6 }, h: 7 };
    assert.deepEqual(
      file.prompts.map((prompt) => renderPrompt(prompt, { values }).messages[0]?.content),
      ["It's 1 and 2", 'line\n3 é 4', 'Block 5\n  deeper 6', 'Folded 7'],
    );
  });

  it('has labels that are told apart', () => {
    const text = 'prompts:\n  - Same\n  - Same\n  - {id: x, label: Named, raw: Text}\n  - {id: only-id, raw: Text}\n';
    assert.deepEqual(
      parsePromptFile({ path, text }).prompts.map(({ label }) => label),
      ['Same', 'Same (2)', 'Named', 'only-id'],
    );
  });

  it('takes prompts from files once they are read', () => {
    const text = 'prompts:\n  - file://a.txt\n  - b.json\n  - file://c.yaml\n  - file://d.py:make\n  - file://*.md\n';
    const before = parsePromptFile({ path, text });
    assert.deepEqual(
      before.references.map(({ path: each }) => each),
      ['a.txt', 'b.json', 'c.yaml'],
    );
    assert.deepEqual(
      describeProblems(text, before.problems).map((each) => each.replace(/:.* @/, ' @')),
      ['information @ file://d.py:make', 'information @ file://*.md'],
    );
    const files = new Map([
      ['a.txt', 'One {{x}}\n---\nTwo {{y}}'],
      ['b.json', '[{"role": "system", "content": "S {{x}}"}, {"role": "user", "content": "U"}]'],
      ['c.yaml', '- role: user\n  content: |\n    {{y}}\n'],
    ]);
    const [first] = before.prompts;
    assert.ok(first !== undefined);
    assert.deepEqual(
      renderPrompt(first, { values: {} }).problems.map(({ message }) => message),
      ['a.txt is not there'],
    );
    assert.equal(renderPrompt(first, { values: { x: 1 }, files }).messages[0]?.content, 'One 1');

    const after = parsePromptFile({ path, text, files });
    assert.deepEqual(
      after.prompts.map(({ label, variables }) => [label, variables.map(({ name }) => name)]),
      [
        ['a.txt (1)', ['x']],
        ['a.txt (2)', ['y']],
        ['b.json', ['x']],
        ['c.yaml', ['y']],
      ],
    );
    const spans = after.prompts.flatMap(({ variables }) => variables.flatMap(({ spans: places }) => places));
    assert.deepEqual(
      spans.map(({ start, end }) => text.slice(start, end)),
      ['file://a.txt', 'file://a.txt', 'b.json', 'file://c.yaml'],
    );
    const messages = after.prompts.map((prompt) => renderPrompt(prompt, { values: { x: 1, y: 2 } }).messages);
    assert.deepEqual(messages[2], [
      { role: 'system', content: 'S 1' },
      { role: 'user', content: 'U' },
    ]);
    assert.deepEqual(messages[3], [{ role: 'user', content: '2' }]);
  });

  it('reads a conversation that a template writes', () => {
    const template =
      '[{% for turn in turns %}{"role": "user", "content": {{ turn | dump }}},{% endfor %}{"role": "assistant", "content": "end"}]';
    const text = `prompts:\n  - raw: '${template}'\n`;
    const [prompt] = parsePromptFile({ path, text }).prompts;
    assert.ok(prompt !== undefined);
    assert.deepEqual(renderPrompt(prompt, { values: { turns: ['a "b"'] } }).messages, [
      { role: 'user', content: 'a "b"' },
      { role: 'assistant', content: 'end' },
    ]);
    const broken = parsePromptFile({ path, text: 'prompts: [\'[{"role": {{ x }}}]\']\n' }).prompts[0];
    assert.ok(broken !== undefined);
    assert.match(
      renderPrompt(broken, { values: { x: '{' } }).problems[0]?.message ?? '',
      /^what the template makes is not JSON/,
    );
  });

  it('gives the values of its tests, shared ones and lists of values among them', () => {
    const text = `prompts: ['{{a}}{{b}}{{c}}']
defaultTest:
  vars: { a: A, b: B }
tests:
  - vars: { c: [1, 2] }
  - description: named
    vars: { b: own, c: { k: [1, 2] } }
  - vars: { c: [x, y] }
    options: { disableVarExpansion: true }
scenarios:
  - config: [{ vars: { a: S } }]
    tests: [{ vars: { c: 3 } }]
`;
    const { inputs } = parsePromptFile({ path, text });
    assert.deepEqual(
      inputs.map(({ name, values }) => [name, values]),
      [
        ['test 1 (1)', { a: 'A', b: 'B', c: 1 }],
        ['test 1 (2)', { a: 'A', b: 'B', c: 2 }],
        ['named', { a: 'A', b: 'own', c: { k: [1, 2] } }],
        ['test 4', { a: 'A', b: 'B', c: ['x', 'y'] }],
        ['test 5', { a: 'S', b: 'B', c: 3 }],
      ],
    );
    const span = inputs[2]?.span;
    assert.ok(span !== null && span !== undefined);
    assert.equal(text.slice(span.start, span.end).split('\n')[0], 'description: named');
  });

  it('takes tests and values from files', () => {
    const text =
      'prompts: [x]\ntests:\n  - file://more.yaml\n  - vars: { v: file://v.txt }\n  - file://rows.csv\n  - file://gen.js\n';
    const files = new Map([
      ['more.yaml', '- vars: {v: 1}\n- vars: {v: 2}\n'],
      ['v.txt', 'long'],
      ['rows.csv', 'v,__expected\n"a, ""b""",x\n'],
    ]);
    const file = parsePromptFile({ path, text, files });
    assert.deepEqual(
      file.inputs.map(({ values }) => values),
      [{ v: 1 }, { v: 2 }, { v: 'long' }, { v: 'a, "b"' }],
    );
    assert.deepEqual(
      file.references.map(({ path: each }) => each),
      ['more.yaml', 'v.txt', 'rows.csv'],
    );
    assert.deepEqual(
      describeProblems(text, file.problems).map((each) => each.split(':')[0]),
      ['information'],
    );
  });

  it('that is no YAML says where', () => {
    const text = 'prompts: [a\ntests: ]\n';
    const { problems } = parsePromptFile({ path, text });
    assert.ok(problems.length > 0);
    assert.ok(problems.every(({ severity, message }) => severity === 'error' && message.startsWith('not YAML')));
  });

  it('with aliases that grow without end is read as far as it goes', () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `a${level + 1}: &a${level + 1} [*a${level}, *a${level}, *a${level}]`,
    );
    const text = `a0: &a0 [x]\n${levels.join('\n')}\nprompts: [Hi]\n`;
    const file = parsePromptFile({ path, text });
    assert.match(file.problems[0]?.message ?? '', /the file holds too many values/);
  });
});
