import { mergeDtypes } from '../../core/merging/mergeMethod';
import { byteSize, flag, number, optionalChoice } from '../optionKinds';

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
