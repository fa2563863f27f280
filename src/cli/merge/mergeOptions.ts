import { mergeDtypes } from '../../core/merging/mergeMethod';
import { parseRatios, parseSplitTag } from '../../core/merging/hma/splitTag';
import { OptionProblem } from '../command';
import { byteSize, flag, number, optionalChoice, optionalNumber, requiredText, text } from '../optionKinds';

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
  threads: optionalNumber({
    placeholder: 'N',
    summary: 'threads that merge (default: one a core, at most 4); each takes some memory',
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

function readTag(value: string): Extract<ReturnType<typeof parseSplitTag>, { value: unknown }>['value'] {
  return readOrRefuse(parseSplitTag(value));
}

/** @throws OptionProblem */
function readOrRefuse<Value>(read: { readonly value: Value } | { readonly problem: string }): Value {
  if ('value' in read) return read.value;
  throw new OptionProblem(`cannot be read: ${read.problem}`);
}
