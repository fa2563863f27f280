/** A prompt file as people write them, with what it needs to be rendered. */
export interface PromptExample {
  readonly path: string;
  readonly text: string;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
}

const conversation = [
  { role: 'user', content: 'Is the ferry running?' },
  { role: 'assistant', content: 'It is, every hour.' },
];

/** Written for these tests in the manner of each format's public examples. */
export const promptExamples: readonly PromptExample[] = [
  {
    path: '.github/prompts/release-notes.prompt.md',
    text: `---
agent: agent
description: Draft release notes from merged changes
tools: ['search/changes', 'githubRepo', 'notes-server/*']
model: GPT-5 (copilot)
---
# Release notes

Look at #tool:changes since the last tag and write notes for \${input:audience:developers or customers}.

- Group by *Added*, *Changed*, *Fixed*.
- Follow [our style](../../docs/style.md).
- Leave \`\${{ github.sha }}\` and \`$\{HOME}\` in examples as they are.
`,
    values: { audience: 'customers' },
  },
  {
    path: 'explain.prompt.md',
    text: `---
mode: ask
description: "Explain a piece of code: what, why, how"
---
Explain the following code from \${fileBasename} to a new colleague.

\`\`\`
\${selection}
\`\`\`
`,
    values: { fileBasename: 'sum.ts', selection: 'const sum = (a, b) => a + b;' },
  },
  { path: 'plain.prompt.md', text: 'Write unit tests for the open file. Use `describe` and `it`; no mocks.\n' },
  {
    path: 'loose.prompt.md',
    text: `---
description: Review: naming, errors and tests
argument-hint: [path] what to review
---

***

Review the change. Say first what is good. {{not a variable}} {% nor a block %}
`,
  },
  {
    path: 'support.prompty',
    text: `---
name: Ferry Support
description: Answers questions about the timetable
authors:
  - Port Office
tags: [support, ferry]
version: 0.2.1
model:
  api: chat
  configuration:
    type: azure_openai
    azure_endpoint: \${env:AZURE_ENDPOINT}
    azure_deployment: gpt-4o
  parameters:
    max_tokens: 500
    temperature: 0.2
inputs:
  question:
    type: string
    sample: When does the last ferry leave?
  season:
    type: string
    sample: summer
sample:
  season: winter
---
system:
You answer for the port office. The season is {{season}}.

# Rules
- Be short: one paragraph.
- Note: times are local.

user:
{{question}}
`,
  },
  {
    path: 'history.prompty',
    text: `---
name: With history
model:
  api: chat
inputs:
  chat_history:
    type: list
    is_required: false
    default: []
  question: Which pier?
---
# system:
You remember what was said.

{% for item in chat_history %}
{{item.role}}:
{{item.content}}
{% endfor %}

# user:
{{question}}
`,
    values: { chat_history: conversation },
  },
  {
    path: 'v2.prompty',
    text: `---
name: luggage
displayName: Luggage Rules
description: Says what may come aboard
metadata:
  authors: [portoffice]
  version: "2.0"
model:
  id: gpt-4o-mini
  provider: openai
  apiType: chat
  connection:
    kind: key
    endpoint: \${env:OPENAI_ENDPOINT:https://example.org/v1}
    apiKey: \${env:OPENAI_API_KEY}
  options:
    temperature: 0
    maxOutputTokens: 300
inputs:
  - name: item
    kind: string
    description: What the passenger wants to bring
    required: true
    example: a surfboard
  - name: tone
    kind: string
    default: friendly
    enumValues: [friendly, formal]
  - name: conversation
    kind: thread
outputs:
  - name: allowed
    kind: boolean
tools:
  - name: look_up
    kind: function
    parameters:
      - name: item
        kind: string
template:
  format:
    kind: jinja2
    strict: true
  parser:
    kind: prompty
---
system:
You are {{ tone }}.

{{conversation}}

user[name="passenger"]:
May I bring {{ item }}?
`,
  },
  {
    path: 'bare.prompty',
    text: 'You are a lighthouse keeper. Answer in the manner of {{ style | default("an old sailor") }}.\n',
  },
  {
    path: 'mustache.prompty',
    text: `---
name: list
model: gpt-4o
inputs:
  title: Crossing
  stops:
    - name: North Pier
      minutes: 5
template:
  format: mustache
---
system:
Route {{title}}:
{{#stops}}
- {{name}}, {{minutes}} min {{! the stop's own }}
{{/stops}}
{{^stops}}No stops.{{/stops}}
user:
Summarise "{{{title}}}" & say thanks.
`,
  },
  {
    path: 'condition.prompty',
    text: `---
name: weather
inputs:
  - name: city
    kind: string
    default: Aarhus
  - name: wind
    kind: integer
    required: false
---
system:
{%- if wind is defined and wind > 10 %}
Warn of the wind ({{ wind }} m/s).
{%- else %}
Say that it is calm.
{%- endif %}
user:
How is {{ city | title }}? Reply as JSON: {"city": "...", "ok": true}
assistant:
`,
  },
  {
    path: 'file.prompty',
    text: `---
name: from file
model: gpt-4o
inputs: \${file:inputs.json}
---
system:
Answer from the text.
user:
{{text}}
`,
    files: { 'inputs.json': '[{"name": "text", "kind": "string", "default": "The pier is closed."}]' },
  },
  {
    path: 'recipe.prompt',
    text: `---
model: googleai/gemini-2.5-flash
config:
  temperature: 0.7
input:
  schema:
    dish: string, what to cook
    guests?: integer, how many eat
    allergies?(array, what nobody eats): string
  default:
    guests: 4
output:
  format: json
  schema:
    title: string
    steps(array):
      text: string, one step
---
{{role "system"}}
You are a ship's cook.{{#if allergies}} Never use {{#each allergies}}{{this}}{{#unless @last}}, {{/unless}}{{/each}}.{{/if}}

{{role "user"}}
Cook {{dish}} for {{guests}}.
`,
    values: { dish: 'fish soup', allergies: ['nuts', 'milk'] },
  },
  {
    path: 'chat.prompt',
    text: `# Copyright the port office
# SPDX-License-Identifier: Apache-2.0
---
model: vertexai/gemini
tools: [timetable]
input:
  schema:
    type: object
    properties:
      message: { type: string, description: what was asked }
    required: [message]
---
{{role "system"}}You look up times.{{history}}{{role "user"}}{{message}}
`,
    values: { message: 'And the last one?', history: conversation },
  },
  { path: 'joke.prompt', text: 'Tell a joke about {{#if topic}}{{topic}}{{else}}the sea{{/if}}.\n' },
  {
    path: 'partial.prompt',
    text: `---
model: x/y
input:
  schema: { place: string }
---
{{>persona mood="calm"}}
<<<dotprompt:role:user>>>
Describe {{place}}. {{json place}} {{! a note }}
`,
    values: { place: 'the quay' },
    files: { '_persona.prompt': '---\nmodel: none\n---\n<<<dotprompt:role:system>>>You are {{mood}}.' },
  },
  {
    path: 'picture.prompt',
    text: `---
model: x/vision
input:
  schema:
    photoUrl: string
    question: string
---
{{media url=photoUrl}}
{{question}} Escaped: \\{{not this}}.
`,
    values: { question: 'What ship is this?' },
  },
  {
    path: 'tests.prompt',
    text: `name: Write tests
description: Tests for the highlighted code
temperature: 0.1
---
<system>
You write tests with node:test.
</system>

Write tests for this: {{{ input }}}
`,
    values: { input: 'function add(a, b) { return a + b; }' },
  },
  {
    path: 'review.prompt',
    text: `---
name: Review
description: Looks at a diff
invokable: true
---
Review @diff with care. Do not repeat \`{{ value }}\` code. Use {braces} freely.
`,
    values: { value: 'x' },
  },
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
