import { choice, choices, flag, optionalNumber, repeatedText, requiredText, severalTexts, text } from '../optionKinds';
import { scoreOptions } from '../options';

const json = flag('print JSON');
const quiet = flag('no progress and no log on standard error');

/** Where and how the body runs, the same for all commands that read its states. */
const bodyRunOptions = {
  device: scoreOptions.device,
  dtype: scoreOptions.dtype,
  threads: scoreOptions.threads,
} as const;

export const headsFeaturesOptions = {
  model: scoreOptions.model,
  output: requiredText({
    placeholder: 'DIR',
    summary: 'folder that keeps the features; what is there is not made again',
  }),
  place: choices({
    placeholder: 'PLACE,...',
    summary: "last: the last token; mean: of the response's tokens; gate: where the prompt closes",
    words: ['last', 'mean', 'gate'],
    fallback: ['last'],
  }),
  layer: optionalNumber({
    placeholder: 'K',
    summary: 'the residual stream after K layers (default: after the final norm)',
    least: 1,
    isInteger: true,
  }),
  'max-tokens': scoreOptions['max-tokens'],
  truncate: scoreOptions.truncate,
  ...bodyRunOptions,
  json,
  quiet,
} as const;

export const headsTrainOptions = {
  output: requiredText({ placeholder: 'HEAD', summary: 'the head file, which must not exist: complete or absent' }),
  data: severalTexts({
    placeholder: 'DIR',
    summary: "where the recipe's files are, besides its own folder; may be given several times",
  }),
  card: text({ placeholder: 'FILE', summary: 'the model card, Markdown (default: beside HEAD, .md)' }),
  features: text({
    placeholder: 'DIR',
    summary: 'folder that keeps the features, as heads features makes them (default: in the cache)',
  }),
  resume: flag('go on where an interrupted run with the same recipe stopped, if there is one'),
  force: flag('replace HEAD and its card, once the new ones are complete'),
  ...bodyRunOptions,
  json,
  quiet,
} as const;

/** How long texts may be for a head that exists. */
const trainedLengthOptions = {
  'max-tokens': optionalNumber({
    placeholder: 'N',
    summary: "longer rows are errors (default: cut as in training, else the model's context)",
    least: 1,
    isInteger: true,
  }),
  truncate: scoreOptions.truncate,
} as const;

export const headsEvaluateOptions = {
  model: text({ placeholder: 'M', summary: 'the body of a head file (default: the one that it names)' }),
  label: repeatedText({
    placeholder: 'OBJECTIVE=FIELD',
    summary:
      'where the label of an objective is (default: the field of its name, or that it was trained on); FIELD=WORD is yes where it says so',
  }),
  groups: text({ placeholder: 'FIELD', summary: 'errors of yes/no objectives by what this field says' }),
  terms: text({ placeholder: 'WORD,...', summary: 'errors of yes/no objectives by words that occur in the response' }),
  threshold: optionalNumber({
    placeholder: 'P',
    summary: 'value from which on an objective says yes (default: 0.5 where it is a probability)',
  }),
  weights: scoreOptions.weights,
  ...trainedLengthOptions,
  ...bodyRunOptions,
  json,
  quiet,
} as const;

export const headsExportOptions = {
  format: choice({
    placeholder: 'FORMAT',
    summary: 'a checkpoint in the layout of ArmoRM, or rows scored for LMFlow or TRL',
    words: ['armorm', 'lmflow', 'trl'],
  }),
  output: requiredText({ placeholder: 'DIR', summary: 'the folder, which must not exist' }),
  model: text({ placeholder: 'M', summary: 'the body of a head file (default: the one that it names)' }),
  copy: flag('armorm: copy the body instead of linking its files'),
  rows: severalTexts({ placeholder: 'FILE', summary: 'lmflow, trl: rows to score; may be given several times' }),
  threshold: optionalNumber({
    placeholder: 'P',
    summary: 'lmflow, trl: keep pairs whose confidence is above this (default: all)',
    least: 0.5,
  }),
  ...trainedLengthOptions,
  ...bodyRunOptions,
  json,
  quiet,
} as const;
