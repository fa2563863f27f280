import assert from 'node:assert/strict';
import { readHandlebars, renderHandlebars, type HandlebarsOptions } from '../../../src/core/prompt/handlebarsTemplate';
import { describeProblems } from './promptFixtures';

const renderText = (
  text: string,
  values: Readonly<Record<string, unknown>> = {},
  options?: HandlebarsOptions,
): string => {
  const { text: rendered, problems } = renderHandlebars(text, values, options);
  assert.deepEqual(describeProblems(text, problems), []);
  return rendered;
};

describe('a Handlebars template', () => {
  const items = [{ n: 'a' }, { n: 'b' }];
  // The expected texts are Handlebars' own with noEscape.
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    [
      '{{a}} {{{a}}} {{&a}} {{o.k}} {{o/k}} {{o.[k]}} {{l.[1]}} {{l.1}}',
      { a: '<', o: { k: 1 }, l: [5, 6] },
      '< < < 1 1 1 6 6',
    ],
    ['a\n{{#if x}}\n b\n{{else if y}}\n c\n{{else}}\n d\n{{/if}}\ne', { y: true }, 'a\n c\ne'],
    ['{{#if l}}1{{else}}2{{/if}}{{#if z}}1{{else}}2{{/if}}{{#if z includeZero=true}}1{{/if}}', { l: [], z: 0 }, '221'],
    ['{{#unless x}}no{{/unless}}{{^x}}none{{/x}}', {}, 'nonone'],
    ['{{#each items}}{{@index}}{{n}}{{#unless @last}},{{/unless}}{{else}}-{{/each}}', { items }, '0a,1b'],
    ['{{#each items as |i k|}}{{k}}{{i.n}}{{/each}}', { items }, '0a1b'],
    ['{{#each o}}{{@key}}={{this}};{{/each}}', { o: { x: 1, y: 2 } }, 'x=1;y=2;'],
    ['{{#each items}}{{../t}}{{@root.t}}{{this.n}}{{/each}}', { items, t: '!' }, '!!a!!b'],
    ['{{#with o}}{{k}}{{/with}}{{#with none}}x{{else}}y{{/with}}{{lookup o "k"}}', { o: { k: 'v' } }, 'vyv'],
    ['{{#o}}{{k}}{{/o}}{{#l}}{{this}}{{/l}}{{#t}}T{{/t}}', { o: { k: 1 }, l: [2, 3], t: true }, '123T'],
    ['  {{! a comment }}\n  {{!-- {{x}} --}}\nx  {{~ a ~}}  y', { a: 1 }, 'x1y'],
    ['\\{{a}} \\\\{{a}}', { a: 1 }, '{{a}} \\1'],
    ['{{#if a}}{{#if b}}1{{else}}2{{/if}}{{else}}3{{/if}}', { a: 1 }, '2'],
    ['{{"a b"}} {{[a b]}} {{true}} {{l}}', { 'a b': 1, l: [1, 2] }, 'a b 1 true 1,2'],
    ['{{{{raw}}}} {{x}} {{{{/raw}}}}', {}, ' {{x}} '],
  ];
  for (const [text, values, expected] of cases) {
    it(`${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () =>
      assert.equal(renderText(text, values), expected));
  }

  it('puts partials in, indented where they stand alone', () => {
    const partials = new Map([
      ['p', '{{a}}{{b}}'],
      ['lines', '1\n2\n'],
    ]);
    assert.equal(renderText('{{> p a="x"}}\n  {{> lines}}\nend', { b: 'y' }, { partials }), 'xy  1\n  2\nend');
    const text = 'x {{> missing}}';
    assert.deepEqual(describeProblems(text, renderHandlebars(text, {}).problems), [
      'error: the partial `missing` is not there @ {{> missing}}',
    ]);
    const endless = new Map([['p', '{{> p}}']]);
    assert.match(
      renderHandlebars('{{> p}}', {}, { partials: endless }).problems[0]?.message ?? '',
      /nested more than 16/,
    );
  });

  it('reads names from outside at their places', () => {
    const text =
      '{{a}}{{#each items}}{{own}}{{../b}}{{@root.c}}{{/each}}{{#if d}}{{e.f}}{{/if}}{{#with g as |h|}}{{h.x}}{{/with}}{{lookup i j}}';
    const { uses } = readHandlebars(text);
    assert.deepEqual(
      uses.map(({ name }) => name),
      ['a', 'items', 'b', 'c', 'd', 'e', 'g', 'i', 'j'],
    );
    for (const { name, span } of uses) assert.equal(text.slice(span.start, span.end), name);
    assert.deepEqual(
      uses.filter(({ isOptional }) => isOptional).map(({ name }) => name),
      ['d'],
    );
  });

  it('tells at its tag what is wrong', () => {
    const cases = [
      ['{{#if x}}a', 'error: {{#if}} is not closed @ {{#if x}}'],
      ['a {{/if}}', 'error: {{/if}} closes nothing @ {{/if}}'],
      ['{{#if x}}{{#each y}}{{/if}}', 'error: {{#each}} is not closed before {{/if}} @ {{#each y}}'],
      ['{{a b!}}', 'error: `!` is not expected here @ {{a b!}}'],
      ['x {{a', 'error: a tag that is not closed: `}}` is missing @ {{a'],
      ['{{else}}', 'error: `else` outside of a section @ {{else}}'],
    ];
    for (const [text, expected] of cases)
      assert.deepEqual(describeProblems(text, readHandlebars(text).problems), [expected]);
    const own = '{{shout name}}';
    assert.match(
      describeProblems(own, renderHandlebars(own, { name: 'x' }).problems)[0] ?? '',
      /^error: `shout` is no helper/,
    );
  });

  it('warns of what never has a value', () => {
    const text = '{{#each l}}{{a}}{{b}}{{/each}}{{o.c}}';
    const { problems } = renderHandlebars(text, { l: [{ a: 1 }, {}], o: {} });
    assert.deepEqual(describeProblems(text, problems), [
      'warning: `b` has no value @ b',
      'warning: `o.c` has no value @ o.c',
    ]);
  });

  it('stops at the loop that does not end', () => {
    const l = Array.from({ length: 300 }, () => 1);
    const text = 'x {{#each l}}{{#each @root.l}}{{#each @root.l}}{{this}}{{/each}}{{/each}}{{/each}}';
    const { problems } = renderHandlebars(text, { l });
    assert.match(
      describeProblems(text, problems)[0] ?? '',
      /^error: the template did not end after 500000 steps @ \{\{#each/,
    );
  });

  it('finds nothing under the names that objects inherit', () => {
    const text =
      '{{constructor}}{{o.constructor.name}}{{__proto__.x}}{{lookup o "__proto__"}}{{#each o}}{{/each}}{{s.constructor}}';
    assert.equal(renderHandlebars(text, { o: {}, s: 'x' }).text, '');
  });
});
