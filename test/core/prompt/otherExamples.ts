import type { PromptExample } from './promptExample';

/** POML, promptfoo, chats and Markdown. */
export const otherExamples: readonly PromptExample[] = [
  {
    path: 'explain.poml',
    text: `<poml>
  <role>You are a patient teacher, good at < and > signs.</role>
  <task>Explain {{ topic }} in {{ words * 2 }} words.</task>
  <output-format>Plain text &amp; no lists.</output-format>
  <!-- a picture is left out -->
  <img src="map.png" alt="A map" />
</poml>
`,
    values: { topic: 'tides', words: 30 },
  },
  {
    path: 'orders.poml',
    text: `<poml>
<SystemMessage>
  <p>Answer about orders.</p>
  <list listStyle="decimal">
    <item for="rule in rules" if="rule.active">{{ loop.index + 1 }}: {{ rule.text }}</item>
  </list>
</SystemMessage>
<let name="limit" value="3" />
<let src="orders.json" name="orders" />
<HumanMessage>
  <cp caption="Orders (at most {{ limit }})"><table records="{{ orders.slice(0, limit) }}" /></cp>
  <qa>Which order is late?</qa>
</HumanMessage>
<stylesheet>{ "table": { "syntax": "csv" } }</stylesheet>
</poml>
`,
    values: {
      rules: [
        { text: 'Be exact.', active: true },
        { text: 'Never.', active: false },
      ],
    },
    files: { 'orders.json': '[{"id": 1, "late": false}, {"id": 2, "late": true}]' },
  },
  {
    path: 'shots.poml',
    text: `<poml>
  <task>Say whether a sum is right.</task>
  <examples>
    <example><input>1 + 1 = 2</input><output>Right</output></example>
    <example><input>1 + 2 = 4</input><output>Wrong</output></example>
  </examples>
  <document src="sheet.txt" parser="txt" />
  <input>{{ question.trim().replace('x', '*') }}</input>
</poml>
`,
    values: { question: ' 2 x 3 = 6 ' },
    files: { 'sheet.txt': 'Sums of this week' },
  },
  { path: 'free.poml', text: 'Just a text with {{ name ?? "nobody" }} in it.\n' },
  {
    path: 'code.poml',
    text: `<poml>
<hint captionStyle="header" caption="Context">See below.</hint>
<code inline="false" lang="ts">
const a = {{ JSON.stringify(data) }};
if (a &lt; 1) run();
</code>
<human-msg><text syntax="text">{{ mail }}</text></human-msg>
<conversation messages="{{ turns }}" />
</poml>
`,
    values: { data: { n: 1 }, mail: 'Dear all,\n\n  hello', turns: [{ speaker: 'ai', content: 'Hi' }] },
  },
  {
    path: 'promptfooconfig.yaml',
    text: `# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json
description: Translations
prompts:
  - 'Translate to {{language}}: {{input}}'
  - file://prompts/polite.txt
  - id: chat
    label: As a chat
    raw: |
      [
        {"role": "system", "content": "You translate to {{language}}."},
        {"role": "user", "content": "{{input}}"}
      ]
providers:
  - openai:gpt-4o-mini
  - id: ollama:chat:llama3
    config: { temperature: 0.5 }
defaultTest:
  assert:
    - type: llm-rubric
      value: 'is {{language}}'
  vars:
    language: [French, Danish]
tests:
  - description: a greeting
    vars: { input: Hello there }
    assert:
      - type: javascript
        value: output.length < 100
  - vars:
      input: file://long.txt
`,
    files: {
      'prompts/polite.txt': 'Please put into {{ language }}:\n{{ input | trim }}\n',
      'long.txt': 'A long text.',
    },
  },
  {
    path: 'evals/promptfooconfig.chat.yaml',
    text: `prompts: [file://chat.json, prompts.txt]
providers: [echo]
tests: file://tests.csv
scenarios:
  - config:
      - vars: { name: Ann }
      - vars: { name: Bo }
    tests:
      - vars: { question: Who am I? }
`,
    files: {
      'chat.json': `[
  {"role": "system", "content": "You talk to {{ name }}."},
  {% for turn in _conversation %}
  {"role": "user", "content": {{ turn.input | dump }}},
  {% endfor %}
  {"role": "user", "content": {{ question | dump }}}
]`,
      'prompts.txt': 'One for {{name}}: {{question}}\n---\nTwo for {{name}}: {{question}}\n',
      'tests.csv': 'name,question,__expected\nKim,"Where, and when?",contains:pier\n',
    },
  },
  {
    path: 'promptfooconfig.red-team.yaml',
    text: `targets:
  - id: https
    config: { url: 'https://example.org', body: { message: '{{prompt}}' } }
redteam:
  purpose: Helps travellers
  plugins: [harmful, pii]
prompts:
  - file://make.js
  - |
    <context>{{ context }}</context>
    {%- if prompt %} Question: {{ prompt }}{% endif %}
tests:
  - vars: { context: 'a "quoted" text', prompt: 'Hm: {ok}' }
`,
  },
  {
    path: 'chat.json',
    text: `[
  {"role": "system", "content": "You advise {{company}}."},
  {"role": "user", "content": [{"type": "text", "text": "Look at "}, {"type": "text", "text": "{{thing.name}}."}]}
]
`,
    values: { company: 'the port', thing: { name: 'the crane' } },
  },
  {
    path: 'prompts/few-shot.chat.json',
    text: `{"messages": [
  {"role": "developer", "content": "Sort mail."},
  {"role": "user", "content": "Lost bag \\u2013 {% not a block %}", "name": "ann"},
  {"role": "assistant", "content": "lost property"},
  {"role": "user", "content": "{{mail}}"}
], "temperature": 0}
`,
    values: { mail: 'Timetable?' },
  },
  {
    path: 'dialogue.chatml',
    text: `<|im_start|>system
You are brief.<|im_end|>
<|im_start|>user
{{question}}<|im_end|>
<|im_start|>assistant
`,
    values: { question: 'Why?' },
  },
  {
    path: 'dialogue.txt',
    text: '<|im_start|>system name=rules\nNo slang.<|im_end|>\n<|im_start|>user\nHi\n\nthere<|im_end|>\n',
  },
  {
    path: 'prompts/summary.md',
    text: `---
title: Summaries
version: 3
---
# Summarise

Write *three* sentences about {{ text }}. Formats such as \`{ "a": {"b": 1} }\` and {single} stay; {{#tag}} too.
`,
    values: { text: 'the harbour' },
  },
  {
    path: 'prompts/list.md',
    text: `# For {{ reader }}
{% for point in points %}
- {{ point }}
{% endfor %}
`,
    values: { reader: 'Kim', points: ['one', 'two'] },
  },
  {
    path: 'prompts/hb.md',
    text: 'Hello {{name}}.\n{{#each items}}\n* {{this.title}} ({{@index}})\n{{/each}}\n',
    values: { name: 'Kim', items: [{ title: 'A' }, { title: 'B' }] },
  },
  {
    path: 'prompts/macro.j2',
    text: `{% macro field(name, value) %}{{ name }}={{ value }}{% endmacro %}
{% set limit = max or 5 %}
{# at most #}
{% for key, value in fields.items() if value <= limit %}
{{ field(key, value) }}
{% endfor %}
{% raw %}{{ literally }}{% endraw %}
`,
    values: { fields: { a: 1, b: 2 }, max: 1 },
  },
  {
    path: 'prompts/latex.md',
    text: 'Solve $\\frac{{a}}{{b}}$ and \\begin{align} x &= {1} \\end{align}. Use ${name} and $(pwd).\n',
    values: { a: 1, b: 2 },
  },
  { path: 'prompts/windows.md', text: '\uFEFF---\r\ntitle: x\r\n---\r\nOne {{a}}\r\nTwo\r\n', values: { a: 'line' } },
];
