import assert from 'node:assert/strict';
import { describeProblems, describeVariables, parseOne, render } from './promptFixtures';

const content = (
  text: string,
  values: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, string>> = {},
): string => {
  const { messages, problems } = render('a.poml', text, values, files);
  assert.deepEqual(
    describeProblems(
      text,
      problems.filter(({ severity }) => severity !== 'information'),
    ),
    [],
  );
  return messages.map((message) => message.content).join('\n====\n');
};

describe('a POML file', () => {
  const cases: readonly (readonly [string, string])[] = [
    [
      '<poml><role>R</role><task>T &amp; <b>b</b> <code>c</code></task></poml>',
      '# Role\n\nR\n\n# Task\n\nT & **b** `c`',
    ],
    ['<cp caption="A"><cp caption="B"><p>x</p></cp></cp><cp caption="C">y</cp>', '# A\n\n## B\n\nx\n\n# C\n\ny'],
    ['<list><item>a</item><item>b <list listStyle="decimal"><item>c</item></list></item></list>', '- a\n- b\n  1. c'],
    ['<p>one\n   two</p>\n\n<p>three</p>', 'one two\n\nthree'],
    ['<hint>h</hint><output-format>JSON</output-format>', '**Hint:** h\n\n# Output Format\n\nJSON'],
    ['<code inline="false" lang="py">\nif a &lt; b:\n    c\n</code>', '```py\nif a < b:\n    c\n```'],
    ['a < b, 1 <2 {{ "x" }} {{', 'a < b, 1 <2 x {{'],
    ['<![CDATA[<b> {{ x }}]]><!-- c --><?xml v?>', '<b> {{ x }}'],
    ['<stylesheet>{"a": 1}</stylesheet><p>x</p><img src="a.png" alt="A map"/>', 'x\n\nA map'],
    ['<table records=\'[{"a": 1, "b": "x"}, {"a": 2}]\'/>', '| a | b |\n| --- | --- |\n| 1 | x |\n| 2 |  |'],
  ];
  for (const [text, expected] of cases) {
    it(`${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () => assert.equal(content(text), expected));
  }

  it('runs expressions, loops and conditions', () => {
    const text =
      '<let name="own" value="[1, 2]"/><let name="o">{"k": "v"}</let><let name="t">text</let>' +
      '<p for="x in list" if="x.ok">{{ loop.index + 1 }}/{{ loop.length }} {{ x.name.toUpperCase() }}</p>' +
      '<p>{{ own.map(n => n * 2).join("+") }} {{ o.k }} {{ t }} {{ flag ? "yes" : `no ${t}` }} {{ {a: 1}.a === 1 && !flag }}</p>' +
      '<p if="{{ missing }}">never</p>';
    const list = [
      { ok: true, name: 'a' },
      { ok: false, name: 'b' },
      { ok: true, name: 'c' },
    ];
    assert.equal(content(text, { list, flag: false }), '1/3 A\n\n3/3 C\n\n2+4 v text no text true');
  });

  it('makes turns of messages and of examples, what comes before being the system’s', () => {
    const text =
      '<poml><task>T</task><example><input>i</input><output>o</output></example><human-msg>{{ q }}</human-msg></poml>';
    const { messages } = render('a.poml', text, { q: '<ai-msg>x</ai-msg> {{ y }}' });
    assert.deepEqual(messages, [
      { role: 'system', content: '# Task\n\nT' },
      { role: 'user', content: 'i' },
      { role: 'assistant', content: 'o' },
      { role: 'user', content: '<ai-msg>x</ai-msg> {{ y }}' },
    ]);
    assert.deepEqual(
      render('a.poml', '<examples chat="false"><example><input>i</input></example></examples>').messages.length,
      1,
    );
    assert.deepEqual(
      render('a.poml', '<task>T</task>').messages.map(({ role }) => role),
      ['user'],
    );
  });

  it('has its variables at their places, and not its own names', () => {
    const text =
      '<let name="own" value="first"/>{{ own }}<p for="x in items" if="flag" caption="{{ x }} {{ cap }}">{{ x.y + loop.index + a.map(v => v + b)[c] }}</p>{{ JSON.stringify(d) ?? e }}';
    const { prompt } = parseOne('a.poml', text);
    assert.deepEqual(describeVariables(text, prompt), {
      'first!': ['first'],
      'items!': ['items'],
      flag: ['flag'],
      'cap!': ['cap'],
      'a!': ['a'],
      'b!': ['b'],
      'c!': ['c'],
      d: ['d'],
      'e!': ['e'],
    });
  });

  it('puts files in, and says which it leaves out', () => {
    const text = '<document src="a.txt"/><let src="b.json"/>{{ key }}<include src="c.poml"/><document src="d.pdf"/>';
    const { file, prompt } = parseOne('a.poml', text);
    assert.deepEqual(
      file.references.map(({ path }) => path),
      ['a.txt', 'b.json', 'c.poml'],
    );
    assert.deepEqual(
      file.problems.map(({ severity }) => severity),
      ['information'],
    );
    assert.deepEqual(
      prompt.variables.map(({ required }) => required),
      [false],
    );
    const files = { 'a.txt': 'A\n  a', 'b.json': '{"key": "K"}', 'c.poml': '<p>{{ key }}!</p>' };
    assert.equal(content(text, {}, files), 'A\n  a\n\nK\n\nK!');
    const problems = describeProblems(
      text,
      render('a.poml', text).problems.filter(({ severity }) => severity === 'error'),
    );
    assert.deepEqual(problems, [
      'error: a.txt is not there @ a.txt',
      'error: b.json is not there @ b.json',
      'error: c.poml is not there @ c.poml',
    ]);
  });

  it('says at its place what is wrong', () => {
    const cases = [
      ['<p>a', 'error: <p> is not closed @ <p>'],
      ['a</p>', 'error: </p> closes nothing @ </p>'],
      ['<p><b>x</p>', 'error: <b> is not closed before </p> @ <b>'],
      ['<p for="x of y">a</p>', 'error: a loop is written `for="item in items"` @ for="x of y"'],
      ['<!-- a', 'error: `<!--` is not closed: `-->` is missing @ <!--'],
    ];
    for (const [text, expected] of cases) {
      assert.deepEqual(describeProblems(text, parseOne('a.poml', text).file.problems), [expected]);
    }
    const code = 'x {{ new Date() }}';
    assert.deepEqual(describeProblems(code, parseOne('a.poml', code).file.problems), [
      'warning: the expression cannot be read: `new` is not understood here @ new',
    ]);
    assert.equal(render('a.poml', code).messages.length, 0);
    const call = '{{ x.constructor("return 1")() }}';
    assert.match(
      describeProblems(call, render('a.poml', call, { x: {} }).problems)[0] ?? '',
      /^error: `constructor` cannot be called here/,
    );
  });

  it('stops at the loop that does not end', () => {
    const text = '<p for="a in l"><p for="b in l"><p for="c in l">{{ a }}</p></p></p>';
    const { problems } = render('a.poml', text, { l: Array.from({ length: 300 }, () => 1) });
    assert.match(
      describeProblems(text, problems)[0] ?? '',
      /^error: the template did not end after 500000 steps @ <p for="[abc] in l">/,
    );
    const grows = '<let name="t" value="\'x\'.repeat(2000000)"/><p for="a in [1, 2, 3]">{{ t }}</p>';
    assert.match(describeProblems(grows, render('a.poml', grows).problems)[0] ?? '', /longer than 2097152 characters/);
  });
});
