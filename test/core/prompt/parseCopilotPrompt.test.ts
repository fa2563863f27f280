import assert from 'node:assert/strict';
import { describeProblems, describeVariables, parseOne, render } from './promptFixtures';

describe('a .prompt.md file', () => {
  const text =
    '---\nmode: agent\ndescription: D\n---\n# A ${input:name:who it is for}\n${selection} ${input:name} ${HOME} ${input:n} {{x}}\n';

  it('has its inputs with their hints, and what the editor knows', () => {
    const { file, prompt } = parseOne('a.prompt.md', text);
    assert.deepEqual(file.problems, []);
    assert.equal(file.description, 'D');
    assert.deepEqual(describeVariables(text, prompt), {
      'name!': ['name', 'name'],
      'selection!': ['selection'],
      'n!': ['n'],
    });
    assert.deepEqual(
      prompt.variables.map(({ kind, description }) => [kind, description]),
      [
        [undefined, 'who it is for'],
        ['editor', 'the selected text of the active editor'],
        [undefined, null],
      ],
    );
  });

  it('is one turn of the user, other braces left as they are', () => {
    const values = { name: '$& ${input:n}', selection: 'S', n: 3 };
    assert.deepEqual(render('a.prompt.md', text, values).messages, [
      { role: 'user', content: '# A $& ${input:n}\nS $& ${input:n} ${HOME} 3 {{x}}' },
    ]);
  });

  it('names what has no value', () => {
    assert.deepEqual(describeProblems(text, render('a.prompt.md', text, { name: 'x' }).problems), [
      'error: the variable `selection` has no value @ selection',
      'error: the variable `n` has no value @ n',
    ]);
  });

  it('with loose front matter is a warning alone', () => {
    const loose = '---\ndescription: Review: all of it\n---\nHi';
    const { file } = parseOne('a.prompt.md', loose);
    assert.deepEqual(
      file.problems.map(({ severity }) => severity),
      ['warning'],
    );
    assert.deepEqual(render('a.prompt.md', loose).messages, [{ role: 'user', content: 'Hi' }]);
  });

  it('that is empty cannot be rendered', () => {
    assert.deepEqual(
      render('a.prompt.md', '---\nname: x\n---\n').problems.map(({ message }) => message),
      ['the prompt is empty'],
    );
  });
});

describe('a Markdown prompt', () => {
  it('has `{{name}}` as variables and all other braces as text', () => {
    const text = 'A {{ name }} {{name.first}} {{#x}} {% y %} {{{t}}} ${z} {{ 1 }} {{a b}}';
    const { prompt } = parseOne('prompts/a.md', text);
    assert.deepEqual(describeVariables(text, prompt), { 'name!': ['name', 'name'], 't!': ['t'] });
    assert.deepEqual(
      render('prompts/a.md', text, { name: { first: 'F' }, t: 1 }).messages[0]?.content,
      'A {\n  "first": "F"\n} F {{#x}} {% y %} 1 ${z} {{ 1 }} {{a b}}',
    );
  });

  it('is a template where it has blocks that can be read', () => {
    assert.equal(parseOne('a.md', '{% if x %}a{% endif %}').prompt.language, 'jinja');
    assert.equal(parseOne('a.md', '{{#each x}}a{{/each}}').prompt.language, 'handlebars');
    assert.equal(parseOne('a.md', 'Write {% if x %} in Jinja').prompt.language, 'names');
    assert.equal(parseOne('a.j2', '{{x}}').prompt.language, 'jinja');
  });
});
