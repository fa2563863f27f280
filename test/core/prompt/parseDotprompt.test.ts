import assert from 'node:assert/strict';
import { describeProblems, describeVariables, parseOne, render } from './promptFixtures';

describe('a Dotprompt file', () => {
  it('has its variables from Picoschema', () => {
    const schema = [
      'input:',
      '  schema:',
      '    place: string, where it is',
      '    days?: integer, how long',
      '    tags(array, words for it): string',
      '    mood?(enum, how it feels): [calm, wild]',
      '    owner(object):',
      '      name: string',
      '  default:',
      '    place: the quay',
    ].join('\n');
    const text = `---\n${schema}\n---\n{{place}} {{days}} {{#each tags}}{{this}}{{/each}} {{mood}} {{owner.name}}`;
    const { file, prompt } = parseOne('a.prompt', text);
    assert.deepEqual(
      prompt.variables.map(({ name, required, description, defaultValue, choices }) => [
        name,
        required,
        description,
        defaultValue,
        choices,
      ]),
      [
        ['place', false, 'where it is', 'the quay', undefined],
        ['days', false, 'how long', undefined, undefined],
        ['tags', true, 'words for it', undefined, undefined],
        ['mood', false, 'how it feels', undefined, ['calm', 'wild']],
        ['owner', true, null, undefined, undefined],
      ],
    );
    assert.deepEqual(describeVariables(text, prompt)['days'], ['days', 'days']);
    assert.deepEqual(file.problems, []);
  });

  it('has its variables from JSON Schema, and warns of others unless they are allowed', () => {
    const schema = (more: string): string =>
      `---\ninput:\n  schema:\n    type: object\n${more}    properties:\n      a: {type: string, description: one}\n      b: {type: string}\n    required: [a]\n---\n{{a}}{{b}}{{c}}`;
    const closed = schema('');
    const { file, prompt } = parseOne('a.prompt', closed);
    assert.deepEqual(describeVariables(closed, prompt), { 'a!': ['a', 'a'], b: ['b', 'b'], 'c!': ['c'] });
    assert.deepEqual(describeProblems(closed, file.problems), ['warning: `c` is not among the inputs @ c']);
    assert.deepEqual(parseOne('a.prompt', schema('    additionalProperties: true\n')).file.problems, []);
  });

  it('makes its turns by helpers and by marks, the model being the assistant', () => {
    const text =
      '{{role "system"}}\nS {{x}}\n{{#if shot}}{{role "user"}}A<<<dotprompt:role:model>>>B{{/if}}\n{{role "user"}}\nQ';
    const { messages } = render('a.prompt', text, { x: '<<<dotprompt:role:model>>>{{role "user"}}', shot: true });
    assert.deepEqual(messages, [
      { role: 'system', content: 'S <<<dotprompt:role:model>>>{{role "user"}}' },
      { role: 'user', content: 'A' },
      { role: 'assistant', content: 'B' },
      { role: 'user', content: 'Q' },
    ]);
  });

  it('without a role is the user’s, earlier turns put in where it says', () => {
    assert.deepEqual(render('a.prompt', 'Hi {{x}}', { x: 1 }).messages, [{ role: 'user', content: 'Hi 1' }]);
    const text = '{{role "system"}}S{{history}}{{role "user"}}Q';
    const history = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ];
    const roles = render('a.prompt', text, { history }).messages.map(({ role, content }) => role + content);
    assert.deepEqual(roles, ['systemS', 'usera', 'assistantb', 'userQ']);
    assert.deepEqual(
      parseOne('a.prompt', text).prompt.variables.map(({ name, kind, required }) => [name, kind, required]),
      [['history', 'messages', false]],
    );
    const bad = render('a.prompt', text, { history: [{ role: 'pirate', content: 'x' }] });
    assert.deepEqual(bad.messages, []);
    assert.match(describeProblems(text, bad.problems)[0] ?? '', /^error: .*unknown role "pirate".* @ history$/);
  });

  it('names the files of its partials, those within them too', () => {
    const text = 'A {{> one}} B';
    const files = { '_one.prompt': '---\nmodel: x\n---\n[{{> parts/two}}]', 'parts/_two.prompt': 'two' };
    const { file } = parseOne('a.prompt', text, new Map(Object.entries(files)));
    assert.deepEqual(
      file.references.map(({ path, span }) => [path, text.slice(span.start, span.end)]),
      [
        ['_one.prompt', '{{> one}}'],
        ['parts/_two.prompt', '{{> one}}'],
      ],
    );
    assert.deepEqual(render('a.prompt', text, {}, files).messages, [{ role: 'user', content: 'A [two] B' }]);
    assert.deepEqual(describeProblems(text, render('a.prompt', text).problems), [
      'error: the partial `one` is not there @ {{> one}}',
    ]);
  });

  it('leaves media out and says so', () => {
    const text = '{{media url=photo}}\nWhat is it?';
    const { file, prompt } = parseOne('a.prompt', text);
    assert.deepEqual(describeProblems(text, file.problems), [
      'information: media are left out of what is scored @ {{media url=photo}}',
    ]);
    assert.deepEqual(
      prompt.variables.map(({ required }) => required),
      [false],
    );
    assert.deepEqual(render('a.prompt', text).messages, [{ role: 'user', content: 'What is it?' }]);
  });

  it('has its front matter after a licence', () => {
    const text = '# Copyright\n#\n\n---\nname: n\ndescription: d\n---\nHi';
    const { file } = parseOne('a.prompt', text);
    assert.deepEqual([file.name, file.description, file.format], ['n', 'd', 'dotprompt']);
    assert.deepEqual(render('a.prompt', text).messages, [{ role: 'user', content: 'Hi' }]);
  });

  it('warns of an order that chat templates refuse, and renders it', () => {
    const text = '{{role "user"}}A{{role "system"}}B';
    const { messages, problems } = render('a.prompt', text);
    assert.equal(messages.length, 2);
    assert.match(describeProblems(text, problems)[0] ?? '', /^warning: message 2 of the prompt is a system turn/);
  });
});

describe('a Continue file', () => {
  it('has a system block and the input of the chat', () => {
    const text = 'temperature: 0.5\n---\n<system>\nBe brief.\n</system>\n{{{ input }}} and {{ other.x }}\n';
    const { file, prompt } = parseOne('a.prompt', text);
    assert.equal(file.format, 'continue');
    assert.deepEqual(describeVariables(text, prompt), { 'input!': ['input'], 'other!': ['other'] });
    assert.deepEqual(render('a.prompt', text, { input: 'I', other: { x: 2 } }).messages, [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'I and 2' },
    ]);
  });
});
