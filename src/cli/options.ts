import {
  byteSize,
  choice,
  choices,
  flag,
  jsonObject,
  namedNumbers,
  namedTexts,
  number,
  optionalNumber,
  repeatedText,
  requiredText,
  shard,
  text,
  tokenIds,
} from './optionKinds';

const jsonErrors = flag('print errors as JSON too');
const json = flag('print JSON');
const quiet = flag('no progress and no log on standard error');

/** The model, and where and how it runs. */
const runOptions = {
  model: requiredText({
    placeholder: 'M',
    summary: 'checkpoint folder, .gguf file, hub id in the local cache, or starter',
  }),
  device: choice({
    placeholder: 'DEVICE',
    summary: 'where to compute',
    words: ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'],
  }),
  dtype: choice({
    placeholder: 'DTYPE',
    summary: 'number format to compute in',
    words: ['auto', 'f32', 'f16', 'int8', 'int4'],
  }),
  threads: optionalNumber({
    placeholder: 'N',
    summary: 'threads of the CPU (default: all)',
    least: 1,
    most: 1024,
    isInteger: true,
  }),
} as const;

export const listOptions = { json, quiet } as const;

export const inspectOptions = {
  tensor: text({ placeholder: 'NAME', summary: 'measure one tensor: norm, mean, extremes, zeros, NaN, histogram' }),
  json,
  quiet,
} as const;

export const downloadOptions = {
  include: text({
    placeholder: 'PATTERN,...',
    summary: "only files that match, such as '*Q4_K_M.gguf'",
  }),
  json,
  quiet,
} as const;

export const scoreOptions = {
  ...runOptions,
  head: text({ placeholder: 'FILE', summary: "a head file on the model's body, instead of its own head" }),
  judge: flag('the model is a causal one that judges pairs: which reply is better, in both orders'),
  'no-template': flag("use the chat template of a model that has a prompt of its own (DPA's reward model)"),
  'max-tokens': optionalNumber({
    placeholder: 'N',
    summary: "longer rows are errors (default: the model's context)",
    least: 1,
    isInteger: true,
  }),
  truncate: flag('drop tokens of longer rows from the left instead'),
  weights: namedNumbers({
    placeholder: 'NAME=VALUE,...',
    summary: 'coefficients of objectives, for models without a gate',
  }),
  states: flag('add the hidden states that the head has read'),
  output: text({
    placeholder: 'FILE',
    summary: 'write rows there instead: .jsonl, .csv or .parquet; complete or absent, with a journal while it grows',
  }),
  resume: flag('go on where an interrupted run with this --output stopped, if there is one'),
  shard: shard({ placeholder: 'I/N', summary: 'only every Nth row, from the Ith on (from 0): for job arrays' }),
  summary: text({ placeholder: 'FILE', summary: 'write counts, accuracy of pairs by subset, and rates as JSON' }),
  table: flag('print tables for people, rounded'),
  json: jsonErrors,
  quiet,
} as const;

export const convertOptions = {
  to: requiredText({ placeholder: 'FORMAT', summary: 'what to write: a name of the list below' }),
  output: requiredText({
    placeholder: 'FILE',
    summary: '.jsonl, .json, .csv or .parquet; complete or absent',
  }),
  from: text({ placeholder: 'FORMAT', summary: 'what the rows are (default: found out row by row)' }),
  lossy: flag('keep rows of which the format cannot hold everything, and count what was dropped'),
  scores: text({
    placeholder: 'FILE',
    summary: 'what alidade score --output FILE.jsonl gave for the same inputs: adds scores to the replies',
  }),
  keys: namedTexts({
    placeholder: 'NAME=COLUMN,...',
    summary: 'what the input calls its columns: chosen=good,prompt=q',
  }),
  'output-keys': namedTexts({ placeholder: 'NAME=COLUMN,...', summary: 'what the output is to call them' }),
  json,
  quiet,
} as const;

export const serveOptions = {
  ...runOptions,
  head: scoreOptions.head,
  judge: scoreOptions.judge,
  'no-template': scoreOptions['no-template'],
  port: number({
    placeholder: 'PORT',
    summary: '0 takes a free one',
    fallback: 8717,
    least: 0,
    most: 65_535,
    isInteger: true,
  }),
  host: text({ placeholder: 'ADDRESS', summary: 'address to listen on (default: 127.0.0.1, this machine only)' }),
  'allow-hosts': text({
    placeholder: 'NAME,...',
    summary: 'names under which clients reach the server, besides addresses and localhost',
  }),
  token: text({
    placeholder: 'TOKEN',
    summary: 'what clients have to send (default: ALIDADE_TOKEN, which no list of processes shows, else a new one)',
  }),
  'max-tokens': scoreOptions['max-tokens'],
  truncate: scoreOptions.truncate,
  weights: scoreOptions.weights,
  'max-body': byteSize({ placeholder: 'SIZE', summary: 'largest request', fallback: '8MB' }),
  'max-queue': number({
    placeholder: 'N',
    summary: 'requests that may wait for their answers at the same time',
    fallback: 256,
    least: 1,
    most: 100_000,
    isInteger: true,
  }),
  timeout: number({
    placeholder: 'SECONDS',
    summary: 'longest time for one request',
    fallback: 600,
    least: 1,
    most: 86_400,
  }),
  json: jsonErrors,
  quiet,
} as const;

export const testOptions = {
  model: text({ placeholder: 'M', summary: 'reward model, instead of those that the files name' }),
  device: runOptions.device,
  dtype: runOptions.dtype,
  threads: runOptions.threads,
  grep: text({ placeholder: 'PATTERN', summary: 'only tests whose names match this regular expression' }),
  junit: text({ placeholder: 'FILE', summary: 'write a JUnit report too; complete or absent' }),
  record: text({
    placeholder: 'FILE',
    summary: 'write the scores, one JSON line a test: a baseline for `beats: {file: FILE}`',
  }),
  json: flag('print a JSON line a test instead of TAP'),
  quiet,
} as const;

export const dtypesOptions = {
  model: runOptions.model,
  head: scoreOptions.head,
  dtypes: choices({ placeholder: 'DTYPE,...', summary: 'what to hold against f32', words: ['int8', 'int4'] }),
  rows: number({
    placeholder: 'N',
    summary: 'score the first N rows',
    fallback: 200,
    least: 1,
    most: 10_000,
    isInteger: true,
  }),
  device: runOptions.device,
  threads: runOptions.threads,
  'max-tokens': scoreOptions['max-tokens'],
  truncate: scoreOptions.truncate,
  json,
  quiet,
} as const;

export const perplexityOptions = {
  ...runOptions,
  ids: tokenIds({ placeholder: '1,2,3', summary: 'token ids instead of INPUT: all after the first are predicted' }),
  json: jsonErrors,
  quiet,
} as const;

export const generateOptions = {
  ...runOptions,
  messages: text({
    placeholder: 'FILE',
    summary: 'a conversation: JSON messages, or a row with messages; - for stdin',
  }),
  'prompt-file': text({
    placeholder: 'FILE',
    summary: 'a prompt file of any format: .prompty, .prompt.md, .prompt, .poml, promptfooconfig.yaml, ...',
  }),
  'prompt-label': text({ placeholder: 'NAME', summary: 'which prompt of a --prompt-file that holds several' }),
  input: repeatedText({
    placeholder: 'NAME=TEXT',
    summary: "a variable's value, once for each (default: the file's first sample or test)",
  }),
  inputs: jsonObject({ placeholder: 'JSON', summary: 'values of variables, as a JSON object' }),
  prompt: text({ placeholder: 'TEXT', summary: "a user's turn" }),
  system: text({ placeholder: 'TEXT', summary: 'system text before --prompt' }),
  raw: flag('give --prompt to the model as it stands, without the chat template'),
  ids: tokenIds({ placeholder: '1,2,3', summary: 'token ids instead of text' }),
  direction: optionalNumber({
    placeholder: 'DEGREES',
    summary: "system text of DPA's models: 0 is helpfulness, 90 verbosity",
    least: -360,
    most: 360,
  }),
  temperature: number({ placeholder: 'T', summary: '0 takes the most likely token', fallback: 0.7, least: 0 }),
  'top-p': number({
    placeholder: 'P',
    summary: 'keep the most likely tokens up to this probability',
    fallback: 1,
    least: 0,
    isAbove: true,
    most: 1,
  }),
  'top-k': number({
    placeholder: 'K',
    summary: 'keep the K most likely tokens; 0 keeps all',
    fallback: 0,
    least: 0,
    isInteger: true,
  }),
  'max-new-tokens': number({
    placeholder: 'N',
    summary: 'stop after so many tokens',
    fallback: 256,
    least: 0,
    isInteger: true,
  }),
  n: number({ placeholder: 'N', summary: 'independent answers', fallback: 1, least: 1, most: 10_000, isInteger: true }),
  seed: number({
    placeholder: 'N',
    summary: 'the same seed, the same answers',
    fallback: 0,
    least: 0,
    isInteger: true,
  }),
  'ignore-eos': flag('go on after the ending token'),
  logits: flag('print logits and hidden state of the last position (with --max-new-tokens 0 --json)'),
  json,
  quiet,
} as const;
