import type { Read } from './layerBlocks';

/** What a tag of the reference code says. Ratios are shares of the model before RLHF. */
export interface SplitTag {
  /** Last layers of all blocks but the last. */
  readonly cuts: readonly number[];
  /** One a block. */
  readonly ratios: readonly number[];
  /** `split0`: the head is that of the model after RLHF alone. */
  readonly isHeadAfter: boolean;
}

/**
 * `split|10#20|0.4|0.3|0.2`: layers 0 to 10, 11 to 20 and the rest, and their shares of the model before RLHF; `split0`
 * where the head is taken from after RLHF. The reference code reads it from the name of the folder that it writes,
 * between the last two underscores; such a name is understood too.
 */
export function parseSplitTag(text: string): Read<SplitTag> {
  const tag = /(?:^|[_/\\])(split0?\|[^_]*)(?:_[^_]*)?$/.exec(text.trim())?.[1];
  if (tag === undefined) return { problem: `${JSON.stringify(text)} is no tag such as split|10#20|0.4|0.3|0.2` };
  const [name, cutText = '', ...ratioTexts] = tag.split('|');
  const cuts = cutText.trim() === '' ? [] : cutText.split('#').map(readCut);
  const badCut = cuts.findIndex((cut) => cut === null);
  if (badCut !== -1) return { problem: `${JSON.stringify(cutText.split('#')[badCut])} is no layer to cut after` };
  const ratios = parseRatios(ratioTexts.join(','));
  if ('problem' in ratios) return ratios;
  if (ratios.value.length !== cuts.length + 1) {
    return { problem: describeCount(ratios.value.length, cuts.length + 1) };
  }
  return {
    value: { cuts: cuts.filter((cut) => cut !== null), ratios: ratios.value, isHeadAfter: name === 'split0' },
  };
}

/** `0.4,0.3,0.2`: shares, each from 0 to 1. */
export function parseRatios(text: string): Read<readonly number[]> {
  const ratios: number[] = [];
  for (const part of text.split(',')) {
    const ratio = part.trim() === '' ? NaN : Number(part);
    if (!Number.isFinite(ratio)) return { problem: `${JSON.stringify(part)} is no ratio` };
    if (ratio < 0 || 1 < ratio) return { problem: `the ratio ${part.trim()} is not between 0 and 1` };
    ratios.push(ratio);
  }
  return { value: ratios };
}

export function describeCount(ratios: number, blocks: number): string {
  return `${ratios === 1 ? '1 ratio was' : `${ratios} ratios were`} given for ${blocks === 1 ? '1 block' : `${blocks} blocks`}`;
}

function readCut(text: string): number | null {
  return /^\s*\d{1,6}\s*$/.test(text) ? Number(text) : null;
}
