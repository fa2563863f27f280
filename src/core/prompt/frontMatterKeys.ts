import { nearestName } from '../nearestName';
import type { LocatedMap } from './locatedValue';
import type { PromptFormat, PromptProblem } from './promptFile';

/** A key of a prompt file's header, for hovers and completion. */
export interface FrontMatterKey {
  readonly name: string;
  readonly description: string;
}

const copilotKeys: readonly FrontMatterKey[] = [
  { name: 'name', description: 'What the prompt is called after `/` in chat; the file’s name where it is left out.' },
  { name: 'description', description: 'What the prompt does, as the list of prompts shows it.' },
  { name: 'argument-hint', description: 'What the chat’s input box says that the user may add.' },
  { name: 'agent', description: '`ask`, `edit`, `agent`, or the name of a custom agent that runs the prompt.' },
  { name: 'mode', description: 'What older files call `agent`.' },
  {
    name: 'model',
    description: 'The language model that runs the prompt; the one chosen in chat where it is left out.',
  },
  { name: 'tools', description: 'Tools and sets of tools that the prompt may use, `<server>/*` for all of a server.' },
];

const promptyKeys: readonly FrontMatterKey[] = [
  { name: 'name', description: 'The prompt’s name.' },
  { name: 'displayName', description: 'The name that people are shown.' },
  { name: 'description', description: 'What the prompt does.' },
  { name: 'metadata', description: 'Anything else: authors, tags, version.' },
  { name: 'inputs', description: 'The variables: a list of `{name, kind, default, example, required}`, or a map.' },
  { name: 'outputs', description: 'The form that the answer is asked for in.' },
  { name: 'model', description: 'A model’s name, or `{id, provider, apiType, connection, options}`.' },
  { name: 'tools', description: 'Functions that the model may call.' },
  { name: 'template', description: '`{format: {kind: jinja2 or mustache, strict}, parser: {kind: prompty}}`.' },
];

/** Version 1 had these at the top. */
const olderPromptyKeys: readonly FrontMatterKey[] = [
  { name: 'version', description: 'Version 1: the prompt’s version.' },
  { name: 'authors', description: 'Version 1: who wrote the prompt.' },
  { name: 'tags', description: 'Version 1: words to find the prompt by.' },
  { name: 'sample', description: 'Version 1: values for the inputs, or a JSON file that has them.' },
  { name: 'base', description: 'Version 1: another .prompty file that this one builds on.' },
  { name: 'environment', description: 'Version 1: variables of the environment.' },
  { name: 'parameters', description: 'Version 1: settings of the model.' },
  { name: 'inputSchema', description: 'Between the versions: `properties` are what `inputs` is.' },
  { name: 'outputSchema', description: 'Between the versions: what `outputs` is.' },
  { name: 'input', description: 'Version 1: another name of `inputs`.' },
  { name: 'output', description: 'Version 1: another name of `outputs`.' },
];

const dotpromptKeys: readonly FrontMatterKey[] = [
  { name: 'name', description: 'The prompt’s name; the file’s where it is left out.' },
  { name: 'variant', description: 'Which of several wordings of the prompt this is.' },
  { name: 'model', description: 'The model that runs the prompt.' },
  { name: 'tools', description: 'Names of the tools that the model may use.' },
  {
    name: 'config',
    description: 'Settings of the model: `temperature`, `maxOutputTokens`, `topK`, `topP`, `stopSequences`.',
  },
  { name: 'input', description: '`schema`, in Picoschema or JSON Schema, and `default` values of the variables.' },
  { name: 'output', description: '`format` (text, json) and `schema` of the answer.' },
  { name: 'metadata', description: 'Anything else.' },
  { name: 'description', description: 'What the prompt does.' },
];

const continueKeys: readonly FrontMatterKey[] = [
  { name: 'name', description: 'What the prompt is called after `/`.' },
  { name: 'description', description: 'What the prompt does.' },
  { name: 'invokable', description: '`true`: the prompt can be called with `/`.' },
  { name: 'version', description: 'The version of the file’s format.' },
];

const promptfooKeys: readonly FrontMatterKey[] = [
  { name: 'description', description: 'What the evaluation is about.' },
  { name: 'prompts', description: 'Texts, `{id, label, raw}`, or `file://` paths.' },
  { name: 'providers', description: 'The models that are asked.' },
  { name: 'tests', description: 'Cases: `vars` for the prompts and what is asserted of the answers.' },
  { name: 'defaultTest', description: '`vars`, `assert` and `options` of all tests.' },
  { name: 'scenarios', description: 'Sets of `vars`, each with the same tests.' },
  { name: 'outputPath', description: 'Where the results are written.' },
  { name: 'evaluateOptions', description: '`maxConcurrency`, `repeat`, `delay`, `cache`, `timeoutMs`.' },
  { name: 'derivedMetrics', description: 'Metrics that are computed from others.' },
  { name: 'env', description: 'Variables of the environment.' },
  { name: 'extensions', description: 'Code that runs before and after.' },
  { name: 'tags', description: 'Words to find the evaluation by.' },
  { name: 'metadata', description: 'Anything else.' },
];

/** The header's known keys; a format without a header has none. */
export function frontMatterKeys(format: PromptFormat): readonly FrontMatterKey[] {
  switch (format) {
    case 'copilot':
      return copilotKeys;
    case 'prompty':
      return [...promptyKeys, ...olderPromptyKeys];
    case 'dotprompt':
      return dotpromptKeys;
    case 'continue':
      return continueKeys;
    case 'promptfoo':
      return promptfooKeys;
    case 'poml':
    case 'chatJson':
    case 'chatml':
    case 'markdown':
      return [];
  }
}

/** A warning at each key that the format does not have; the other formats let anything stand. */
export function describeUnknownKeys(format: 'prompty', header: LocatedMap | null): readonly PromptProblem[] {
  const known = frontMatterKeys(format).map(({ name }) => name);
  return (header?.entries ?? [])
    .filter(({ key }) => !known.includes(key))
    .map(({ key, keySpan }) => {
      const near = nearestName(key, known);
      const hint =
        near === null ? `known: ${promptyKeys.map(({ name }) => name).join(', ')}` : `did you mean \`${near}\`?`;
      return { severity: 'warning', message: `unknown key \`${key}\` (${hint})`, span: keySpan };
    });
}
