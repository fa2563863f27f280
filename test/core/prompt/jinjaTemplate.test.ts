import assert from 'node:assert/strict';
import { readJinja, renderJinja } from '../../../src/core/prompt/jinjaTemplate';
import { describeProblems } from './promptFixtures';

const renderText = (text: string, values: Readonly<Record<string, unknown>> = {}): string => {
  const { text: rendered, problems } = renderJinja(text, values);
  assert.deepEqual(describeProblems(text, problems), []);
  return rendered;
};

describe('a Jinja template of a prompt', () => {
  // The expected texts are Jinja2's with its default options (trim_blocks and lstrip_blocks off), but for false, which it calls False.
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    ['a\n{% if x %}\nb\n{% endif %}\nc', { x: 1 }, 'a\n\nb\n\nc'],
    ['{%- for x in xs -%} {{ x }} {%- endfor -%}', { xs: [1, 2] }, '12'],
    ['{% raw %}{{ no }}{% endraw %} {{ yes }}', { yes: 'y' }, '{{ no }} y'],
    ['{% for k, v in m.items() %}{{ k }}={{ v }};{% endfor %}', { m: { a: 1, b: 'x' } }, 'a=1;b=x;'],
    ['{{ s | upper }} {{ l | join("-") }} {{ l | length }} {{ "a" ~ 1 }}', { s: 'hi', l: [1, 2] }, 'HI 1-2 2 a1'],
    ['{{ x | default("d") }} {{ y if y else "n" }} {{ z is defined }}', {}, 'd n false'],
    ['{% set a, b = [1, 2] %}{{ a + b }}{# c #}', {}, '3'],
    ['{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}', {}, '12'],
    [
      '{{ text | truncate(9) }}|{{ text | wordcount }}|{{ 2.345 | round(1) }}|',
      { text: 'one two three four' },
      'one...|4|2.3|',
    ],
    ['{% for x in [] %}x{% else %}none{% endfor %}', {}, 'none'],
    ['{{ loopless }}{{ "{{" }}', {}, '{{'],
  ];
  for (const [text, values, expected] of cases) {
    it(`${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () =>
      assert.equal(renderText(text, values), expected));
  }

  it('knows what Nunjucks spells otherwise', () => {
    assert.equal(
      renderText('{% if a %}1{% elseif b %}2{% endif %}{{ o | dump }}', { b: 1, o: { k: 'v' } }),
      '2{"k": "v"}',
    );
    assert.equal(renderText('{% for k, v in o %}{{ k }}{{ v }}{% endfor %}', { o: { a: 1 } }), 'a1');
  });

  it('reads names from outside at their places, and not its own', () => {
    const text =
      '{% set own = first %}{% for x in items if x.ok and flag %}{{ x.name }}{{ loop.index }}{% endfor %}' +
      '{{ own }}{{ f(arg=second)["k"] }}{{ a.b | join(sep) }}{{ "str {{ x }}" }}{# {{ no }} #}{% raw %}{{ no }}{% endraw %}{{ x }}';
    const uses = readJinja(text).uses.map(({ name, span }) => [name, text.slice(span.start, span.end), span.start]);
    assert.deepEqual(
      uses.map(([name]) => name),
      ['first', 'items', 'flag', 'f', 'second', 'a', 'sep', 'x'],
    );
    for (const [name, there] of uses) assert.equal(there, name);
  });

  it('tells which variables it can do without', () => {
    const { uses } = readJinja(
      '{{ a }}{% if b %}{{ b }}{% endif %}{{ c | default(1) }}{{ d or "x" }}{{ e if e else 1 }}',
    );
    assert.deepEqual(
      uses.filter(({ isOptional }) => !isOptional).map(({ name }) => name),
      ['a'],
    );
  });

  it('tells at its tag what cannot be read', () => {
    const cases = [
      ['x {% if a %} y', 'error: the template cannot be read: {% if %} is not ended @ {% if a %}'],
      [
        'x {% include "other" %}',
        'error: {% include %} needs other templates, which are not read here @ {% include "other" %}',
      ],
    ];
    for (const [text, expected] of cases) {
      assert.deepEqual(describeProblems(text, readJinja(text).problems), [expected]);
    }
    const text = 'ok {{ fine }} {{ a b }} {{ c }}';
    assert.match(describeProblems(text, readJinja(text).problems)[0] ?? '', /@ \{\{ a b \}\}$/);
  });

  it('warns of a member that has no value', () => {
    const text = '{{ user.name }} {{ user.nmae }}';
    assert.deepEqual(describeProblems(text, renderJinja(text, { user: { name: 'A' } }).problems), [
      'warning: `user.nmae` has no value @ {{ user.nmae }}',
    ]);
  });

  it('stops at the loop that does not end', () => {
    const text = 'a {% for i in range(5000) %}{% for j in range(5000) %}{{ j }}{% endfor %}{% endfor %}';
    const { problems } = renderJinja(text, {});
    assert.match(
      describeProblems(text, problems)[0] ?? '',
      /^error: the template did not end after 500000 steps @ \{% for [ij] in/,
    );
    const grows = '{% set ns = namespace(t="x") %}{% for i in range(40) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}';
    assert.match(
      describeProblems(grows, renderJinja(grows, {}).problems)[0] ?? '',
      /longer than 2097152 characters @ \{% for i/,
    );
  });

  it('finds nothing under the names that objects inherit', () => {
    const text = '{{ o.constructor }}{{ o.__proto__ }}{{ o["__proto__"]["x"] }}{{ "".constructor }}{{ constructor }}';
    assert.equal(renderJinja(text, { o: {} }).text, '');
  });
});
