import type { PromptExample } from './promptExample';

const conversation = [
  { role: 'user', content: 'Is the ferry running?' },
  { role: 'assistant', content: 'It is, every hour.' },
];

/** Prompts with front matter: VS Code's, Prompty's, Dotprompt's, Continue's. */
export const headedExamples: readonly PromptExample[] = [
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
];
