import { mergeDtypes } from '../../core/merging/methods/mergeMethod';
import { parseRatios, parseSplitTag } from '../../core/merging/hma/splitTag';
import { OptionProblem } from '../command';
import { byteSize, choice, flag, number, optionalChoice, optionalNumber, requiredText, text } from '../optionKinds';
import { scoreOptions } from '../options';

const json = flag('print JSON');
const quiet = flag('no progress and no log on standard error');

/** What decides the plan of a merge, the same for all commands that make one. */
export const planningOptions = {
  dtype: optionalChoice({
    placeholder: 'DTYPE',
    summary: "number format of the output (default: the recipe's, else that of the models)",
    words: mergeDtypes,
  }),
  'shard-size': byteSize({ placeholder: 'SIZE', summary: 'most data in one file', fallback: '5GB' }),
  'mergekit-compatible': flag('round wherever mergekit 0.1.5 rounds, instead of once at the end'),
  seed: number({
    placeholder: 'N',
    summary: 'of methods that drop differences at random: the same seed, the same result',
    fallback: 0,
    least: 0,
    isInteger: true,
  }),
} as const;

export const mergePlanOptions = { ...planningOptions, json, quiet } as const;

export const mergeRunOptions = {
  ...planningOptions,
  'dry-run': flag('only print the plan, as merge plan does'),
  resume: flag('go on where an interrupted run with the same recipe stopped, if there is one'),
  force: flag('replace OUT, once the new folder is complete'),
  'no-verify': flag('do not read everything again at the end'),
  'no-flush': flag('do not wait for the disk: quicker, but a crash of the machine just afterwards may cost the folder'),
  threads: optionalNumber({
    placeholder: 'N',
    summary: 'threads that merge (default: one a core, at most 2); each takes some memory',
    least: 1,
    most: 64,
    isInteger: true,
  }),
  json,
  quiet,
} as const;

const jsonErrors = flag('print errors as JSON too');
const ratio = { least: 0, most: 1 } as const;

/** The two models of an average. */
const pairOptions = {
  before: requiredText({ placeholder: 'M', summary: 'the model before RLHF: checkpoint folder or hub id' }),
  after: requiredText({ placeholder: 'M', summary: 'the model after RLHF' }),
} as const;

const linearOnly = flag('the learnt variant: embeddings and norms are those of before RLHF');

export const hmaOptions = {
  ...pairOptions,
  alpha: optionalNumber({
    placeholder: 'A',
    summary: 'share of the model before RLHF in the last norm and the head, and in blocks without --ratios',
    ...ratio,
  }),
  blocks: text({
    placeholder: 'BLOCKS',
    summary: 'ranges of layers (0-10,11-20,21-31), a number of blocks, or layers: each on its own (default: 3)',
  }),
  ratios: {
    ...text({
      placeholder: 'R,...',
      summary: 'share of the model before RLHF in each block; embeddings go with the first',
    }),
    fallback: undefined as readonly number[] | undefined,
    parse: (value: string) => readOrRefuse(parseRatios(value)),
  },
  tag: {
    ...text({
      placeholder: 'TAG',
      summary: "instead: the reference code's split|10#20|0.4|0.3|0.2 (last layers of blocks, then ratios)",
    }),
    fallback: undefined as ReturnType<typeof readTag> | undefined,
    parse: (value: string) => readTag(value),
  },
  'mask-alphas': text({
    placeholder: 'FILE',
    summary: 'instead: what the reference code has learnt, a mask_alphas.bin, or its folder',
  }),
  'linear-only': linearOnly,
  dtype: optionalChoice({
    placeholder: 'DTYPE',
    summary: "number format of the merge's output (default: that of the model after RLHF)",
    words: mergeDtypes,
  }),
  output: text({ placeholder: 'FILE', summary: 'write the recipe there instead of printing it' }),
  force: flag('replace an existing --output'),
  json: jsonErrors,
  quiet,
} as const;

export const mergeScoreOptions = {
  rows: text({ placeholder: 'FILE', summary: 'rows that the merged reward model scores' }),
  text: text({ placeholder: 'FILE', summary: 'for perplexity: plain text, or rows whose replies are read' }),
  prompts: text({ placeholder: 'FILE', summary: 'instead of --rows: prompts that the merged model answers' }),
  head: text({
    placeholder: 'FILE',
    summary: "a head file on the merged body, instead of the merged head; starter: the starter's meters",
  }),
  reward: text({ placeholder: 'R', summary: 'reward model that scores the answers to --prompts' }),
  'max-new-tokens': number({
    placeholder: 'N',
    summary: 'longest answer',
    fallback: 128,
    least: 1,
    isInteger: true,
  }),
  temperature: number({
    placeholder: 'T',
    summary: 'of answers; 0 takes the most likely token',
    fallback: 0,
    least: 0,
  }),
  'max-tokens': scoreOptions['max-tokens'],
  truncate: scoreOptions.truncate,
  dtype: planningOptions.dtype,
  'mergekit-compatible': planningOptions['mergekit-compatible'],
  seed: planningOptions.seed,
  device: { ...scoreOptions.device, summary: 'where to compute (auto: the CPU, for weights go along with every run)' },
  threads: scoreOptions.threads,
  json,
  quiet,
} as const;

export const searchOptions = {
  ...pairOptions,
  reward: text({
    placeholder: 'R',
    summary: 'reward model that scores what merged models answer (default: merged reward models score the rows)',
  }),
  head: text({
    placeholder: 'FILE',
    summary: 'a head file on the merged body, which scores the rows; instead of --reward',
  }),
  prompts: requiredText({ placeholder: 'FILE', summary: 'prompts to answer; without --reward, rows to score' }),
  text: requiredText({
    placeholder: 'FILE',
    summary: 'what is not to be forgotten: plain text, or rows whose replies are read, for perplexity',
  }),
  output: requiredText({ placeholder: 'DIR', summary: 'folder for front.jsonl, best.yml, front.svg and the journal' }),
  resume: flag('go on with the search in DIR, if there is one'),
  method: choice({
    placeholder: 'METHOD',
    summary: 'search on reward and perplexity, or HMA as published',
    words: ['direct', 'proxy'],
  }),
  blocks: hmaOptions.blocks,
  mean: optionalNumber({
    placeholder: 'A',
    summary: 'hold the mean share of the model before RLHF (default: free; proxy: 0.2)',
    ...ratio,
  }),
  'linear-only': linearOnly,
  budget: number({
    placeholder: 'N',
    summary: 'trials in all; of proxy, likelihoods',
    fallback: 24,
    least: 1,
    most: 1000,
    isInteger: true,
  }),
  'max-new-tokens': number({
    placeholder: 'N',
    summary: 'longest answer',
    fallback: 128,
    least: 1,
    isInteger: true,
  }),
  answers: number({
    placeholder: 'N',
    summary: 'proxy: answers to each prompt',
    fallback: 4,
    least: 1,
    most: 1000,
    isInteger: true,
  }),
  keep: optionalNumber({
    placeholder: 'N',
    summary: 'proxy: answers of highest reward that are kept (default: as many as prompts)',
    least: 1,
    isInteger: true,
  }),
  temperature: number({ placeholder: 'T', summary: 'proxy: of its answers', fallback: 1, least: 0 }),
  epsilon: number({
    placeholder: 'E',
    summary: "with a mean: HMA's epsilon, no ratio is above (1 + E) / E times another; 0 does not narrow",
    fallback: 0,
    least: 0,
  }),
  seed: number({
    placeholder: 'N',
    summary: 'the same seed, the same proposals',
    fallback: 0,
    least: 0,
    isInteger: true,
  }),
  device: scoreOptions.device,
  dtype: { ...scoreOptions.dtype, summary: scoreOptions.dtype.summary.replace('to compute in', 'of the reward model') },
  threads: scoreOptions.threads,
  json: jsonErrors,
  quiet,
} as const;

function readTag(value: string): Extract<ReturnType<typeof parseSplitTag>, { value: unknown }>['value'] {
  return readOrRefuse(parseSplitTag(value));
}

/** @throws OptionProblem */
function readOrRefuse<Value>(read: { readonly value: Value } | { readonly problem: string }): Value {
  if ('value' in read) return read.value;
  throw new OptionProblem(`cannot be read: ${read.problem}`);
}
