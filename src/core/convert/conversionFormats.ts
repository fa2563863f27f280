import type { ConversionFormat } from './conversionFormat';
import { evaluationFormats } from './formats/evaluations';
import { listFormats } from './formats/lists';
import { lmflowFormats } from './formats/lmflow';
import { openAiFormats } from './formats/openAi';
import { preferenceFormats } from './formats/preferences';
import { shareGptFormat } from './formats/shareGpt';
import { singleReplyFormats } from './formats/singleReplies';
import { textFormats } from './formats/texts';

/** Every format that `alidade convert` knows; one row each. */
export const conversionFormats: readonly ConversionFormat[] = [
  ...textFormats,
  ...singleReplyFormats,
  ...listFormats,
  ...preferenceFormats,
  ...openAiFormats,
  shareGptFormat,
  ...lmflowFormats,
  ...evaluationFormats,
];

/** The format of a name or an alias, in any case, with hyphens, underscores or spaces; null: there is none. */
export function findFormat(name: string): ConversionFormat | null {
  const wanted = name
    .trim()
    .toLowerCase()
    .replace(/[\s_:/]+/g, '-');
  return conversionFormats.find((format) => format.name === wanted || format.aliases.includes(wanted)) ?? null;
}
