import assert from 'node:assert/strict';
import { AlidadeError } from '../../../src/core/alidadeError';
import type { Message } from '../../../src/core/promptFile/message';
import { createChatTemplate, type RenderOptions } from '../../../src/core/tokenizer/chatTemplate';

const question: readonly Message[] = [{ role: 'user', content: ' Q ' }];

function render(template: string, options: Partial<RenderOptions> = {}, messages = question): string {
  const source = { tokenizerJson: {}, tokenizerConfig: {}, chatTemplate: template };
  return createChatTemplate(source)?.render(messages, { addGenerationPrompt: false, ...options }) ?? '';
}

function failure(action: () => unknown): AlidadeError {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof AlidadeError);
    assert.equal(error.code, 'template');
    return error;
  }
  assert.fail('it did not fail');
}

describe('createChatTemplate', () => {
  it('is null for a model without a template', () => {
    assert.equal(createChatTemplate({ tokenizerJson: {}, tokenizerConfig: {}, chatTemplate: null }), null);
  });

  it('takes the template named default of several', () => {
    const chat_template = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: 'plain' },
    ];
    const template = createChatTemplate({ tokenizerJson: {}, tokenizerConfig: { chat_template }, chatTemplate: null });
    assert.equal(template?.render(question, { addGenerationPrompt: false }), 'plain');
  });

  it('gives special tokens as texts, also where they are objects', () => {
    const template = createChatTemplate({
      tokenizerJson: {},
      tokenizerConfig: { bos_token: { __type: 'AddedToken', content: '<s>' }, eos_token: '</s>', add_bos_token: true },
      chatTemplate: '{{ bos_token }}|{{ eos_token }}|{{ pad_token }}|{{ add_bos_token }}',
    });
    assert.equal(template?.render(question, { addGenerationPrompt: false }), '<s>|</s>||');
  });

  it('gives tools and documents as none, and the variables that are asked for', () => {
    const template = '{{ tools is none }} {{ documents is none }} {{ add_generation_prompt }} {{ enable_thinking }}';
    assert.equal(
      render(template, { addGenerationPrompt: true, variables: { enable_thinking: false } }),
      'true true true false',
    );
  });

  it('drops the line break after a block, the indentation before it, and the last line break', () => {
    assert.equal(render('  {% if true %}\nx\n    {% endif %}\ny\n'), 'x\ny');
    assert.equal(render('x\n\n'), 'x\n');
  });

  it('strips as Python does: given characters, or white space', () => {
    const strip = (expression: string, x: string): string => render(`{{ ${expression} }}`, { variables: { x } });
    assert.equal(strip("x.strip('\\n')", '\n\n a \n'), ' a ');
    assert.equal(strip("x.lstrip('ab')", 'abbcab'), 'cab');
    assert.equal(strip("x.rstrip('ab')", 'abbcab'), 'abbc');
    assert.equal(strip("x.split('-')[0].rstrip('\\n').lstrip('>')", '>> a\n\n-b'), ' a');
    assert.equal(strip('x.strip()', '\x1c\x85 a\ufeff '), 'a\ufeff');
    assert.equal(strip('x | trim', '\x1c a\ufeff\x1f'), 'a\ufeff');
    assert.equal(strip("x | trim('🚢')", '🚢a🚢🚢'), 'a');
    assert.equal(strip('missing | trim', ''), '');
  });

  it('selects by a missing attribute', () => {
    const template =
      "{% for m in messages | selectattr('tool', 'undefined') %}{{ m.role }} {% endfor %}|" +
      "{% for m in messages | rejectattr('tool', 'undefined') %}{{ m.role }} {% endfor %}|" +
      "{% for m in messages | selectattr('tool', 'defined') %}{{ m.role }} {% endfor %}|" +
      "{{ (messages | selectattr('role', 'equalto', 'user') | list)[0].content }}";
    const messages = [
      { role: 'user', content: 'Q' },
      { role: 'assistant', content: '', tool: 'x' },
    ];
    assert.equal(render(template, {}, messages), 'user |assistant |assistant |Q');
  });

  it('writes the given date, and without one always the same', () => {
    const template = "{{ strftime_now('%d %b %Y') }} {{ strftime_now('%B %-d, %H:%M:%S %y %A %p %I %% %Q') }}";
    assert.equal(
      render(template, { now: { year: 2026, month: 3, day: 5, hour: 14, minute: 7, second: 9 } }),
      '05 Mar 2026 March 5, 14:07:09 26 Thursday PM 02 % %Q',
    );
    assert.equal(render("{{ strftime_now('%d %b %Y') }}"), '26 Jul 2024');
    const weekday = (year: number, month: number, day: number): string =>
      render("{{ strftime_now('%A') }}", { now: { year, month, day } });
    assert.deepEqual(
      [weekday(2024, 2, 29), weekday(2000, 1, 1), weekday(1900, 3, 1), weekday(2026, 12, 31)],
      ['Thursday', 'Saturday', 'Thursday', 'Thursday'],
    );
    assert.equal(render('{{ date_string }}', { variables: { date_string: '1 May' } }), '1 May');
  });

  it("refuses with the template's own words and the line", () => {
    const template =
      "{% for m in messages %}\n{% if m.role != 'user' %}x\n{% else %}\n  {{ raise_exception('No users!') }}\n{% endif %}{% endfor %}";
    const { message } = failure(() => render(template));
    assert.equal(message, 'the chat template refuses this conversation (line 4 of the template): No users!');
  });

  it('names the line of a failure inside every kind of block', () => {
    const failing = '{{ 1 + none }}';
    const wrappings = [
      `{# comment #}{{ "a" }}\ntext\n@`,
      `{% generation %}\n{{ 'x' }}\n@{% endgeneration %}`,
      `{% if false %}\n{% elif true %}\n@{% else %}{% endif %}`,
      `{% if false %}\n{% elif false %}{% else %}\n@{% endif %}`,
      `{% for x in [] %}{% else %}\n\n@{% endfor %}`,
      `{% set x %}y\n{% endset %}\n@`,
      `{% set x = {'a': '%}'} %}{{ {'b': {'c': '}}'}} }}\n\n@`,
      `{% macro f(a) %}\n\n@{% endmacro %}{{ f(1) }}`,
      `{% filter upper %}\n\n@{% endfilter %}`,
      `x{{ 'x' }}\n{{ '\\'' }}\n{{ "}}" }}@`,
    ];
    for (const wrapping of wrappings) {
      const { message } = failure(() => render(wrapping.replace('@', failing)));
      assert.match(message, /^the chat template fails \(line 3 of the template\): /, `${wrapping} ${message}`);
    }
  });

  it('refuses a template that cannot be parsed, and says where', () => {
    const cases: readonly (readonly [string, number, number, RegExp])[] = [
      ['{% if %}', 1, 1, /./],
      ['a\n  {% for x in y %}b', 2, 3, /\{% for %\} is not ended/],
      ['{% if a %}{% for x in y %}{% endfor %}\n', 1, 1, /\{% if %\} is not ended/],
      ['ab{{ x', 1, 3, /./],
      ["\n\n{{ 'x }}", 3, 1, /./],
      ['{# note #}\n{{ a }} {% nonsense %}', 2, 9, /nonsense/],
      ['{{ a }}\n{% if a %}{{ b c }}{% endif %}', 2, 11, /./],
      ['{% if a %}\n{{ (1, [2]) }}\n {% endfor %}', 3, 2, /endfor/],
      ['x {{ a @ b }}', 1, 3, /@/],
      ['x\ny {# never', 2, 3, /comment/],
      ['{% generation %}a{% endgeneration %}\n{% set a = %}', 2, 1, /./],
    ];
    for (const [template, line, column, problem] of cases) {
      const { message } = failure(() => render(template));
      const start = `the chat template cannot be read (line ${line}, column ${column} of the template): `;
      assert.ok(message.startsWith(start), `${template} ${message}`);
      assert.match(message.slice(start.length), problem);
    }
  });

  it('refuses messages that are not texts, and no messages', () => {
    const odd = (content: unknown): readonly Message[] => [{ role: 'user', content: content as string }];
    assert.match(failure(() => render('x', {}, odd(null))).message, /`content` of message 1 is not a string/);
    assert.match(failure(() => render('x', {}, odd([{ type: 'text', text: 'x' }]))).message, /is not a string/);
    assert.match(failure(() => render('x', {}, [])).message, /no messages/);
  });

  describe('stops a template that does not end', () => {
    // Short enough that one loop over it is allowed.
    const round = 'range(3000)';
    const templates: Record<string, string> = {
      'nested loops': `{% for a in ${round} %}{% for b in ${round} %}{% endfor %}{% endfor %}`,
      'nested loops over a variable': `{% set r = ${round} %}{% for a in r %}{% for b in r %}{% endfor %}{% endfor %}`,
      'nested loops with a filter': `{% set r = ${round} %}{% for a in r %}{% for b in r | list %}{% endfor %}{% endfor %}`,
      'a loop of sorts': `{% set r = ${round} %}{% for a in r %}{% set s = r | sort | join('') %}{% endfor %}`,
      'a loop of slices': `{% set r = ${round} %}{% for a in r %}{% for b in range(9) %}{% set s = r[::-1] %}{% endfor %}{% endfor %}`,
      'loops that select': `{% for a in ${round} %}{% for b in ${round} if b < 0 %}{% endfor %}{% endfor %}`,
      'endless recursion': '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
      'branching recursion':
        '{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}',
      'a text that doubles': `{% set ns = namespace(x='ab') %}{% for a in ${round} %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}`,
      'a list that doubles': `{% set ns = namespace(x=[1]) %}{% for a in ${round} %}{% set ns.x = ns.x + ns.x %}{% endfor %}`,
      'a long output': `{% for a in ${round} %}{{ 'x'.replace('x', messages[0].content) }}{% endfor %}`,
      'replacing each by many': `{% set ns = namespace(x='ab') %}{% for a in ${round} %}{% set ns.x = ns.x.replace('', ns.x) %}{% endfor %}`,
      'a huge range': '{% for a in range(1000000000) %}{% endfor %}',
      'an infinite range': '{% for a in range(0, 1, 0) %}{% endfor %}',
    };
    for (const [name, template] of Object.entries(templates)) {
      it(`with ${name}`, () => {
        const started = performance.now();
        failure(() => render(template, {}, [{ role: 'user', content: 'long '.repeat(1000) }]));
        const milliseconds = performance.now() - started;
        if (process.env['SHOW_TIMES'] !== undefined) console.log(`${milliseconds} ms`);
        assert.ok(milliseconds < 2000, `${milliseconds} ms`);
      });
    }
  });

  it('renders a conversation of 2,000 turns', () => {
    const messages = Array.from({ length: 2000 }, (_, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: 'word '.repeat(200),
    }));
    const template =
      "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('order') }}{% endif %}" +
      "{{ '<' + m.role + '>' + m.content | trim + (eos_token if messages[loop.index0].role == 'assistant' else '') }}{% endfor %}";
    assert.ok(1_900_000 < render(template, { variables: { eos_token: '</s>' } }, messages).length);
  });
});
