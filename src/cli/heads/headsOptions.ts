import { choices, flag, optionalNumber, requiredText } from '../optionKinds';
import { scoreOptions } from '../options';

const json = flag('print JSON');
const quiet = flag('no progress and no log on standard error');

/** Where and how the body runs, the same for all commands that read its states. */
export const bodyRunOptions = {
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
