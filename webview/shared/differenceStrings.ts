import type { TensorGroup } from '../../src/core/merging/plan/mergePlan';
import { t } from './localise';

/** Texts about how far two models are apart. */
export const differenceStrings = {
  differenceOf: (first: string, second: string) => t('{0} against {1}', first, second),
  measure: t('What the difference shows'),
  names: {
    relativeL2: t('Relative distance'),
    cosine: t('Cosine'),
    changed: t('Changed values'),
  },
  words: {
    relativeL2: t('Length of the difference, relative to the length of the weights of the first model'),
    cosine: t(
      'Cosine of the angle between the weights of the two models; 1 is the same direction. Darker is further from 1.',
    ),
    changed: t('Share of the values that are not the same'),
  },
  groups: {
    embedding: t('embedding'),
    attention: t('attention'),
    mlp: t('MLP'),
    norm: t('norms'),
    finalNorm: t('final norm'),
    head: t('head'),
    other: t('other'),
  } satisfies Record<TensorGroup, string>,
  map: {
    stripColumn: t('Model'),
    rowColumn: t('Tensors'),
    placeColumn: t('Layer'),
    valueColumn: t('Value'),
    place: (first: number, last: number) => (first === last ? t('layer {0}', first) : t('layers {0}–{1}', first, last)),
    whole: t('outside the layers'),
    range: (least: string, most: string) => t('{0} to {1}', least, most),
    none: t('nothing to compare'),
  },
} as const;
