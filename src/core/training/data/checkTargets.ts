import { AlidadeError } from '../../alidadeError';
import { describeRefused } from './refusals';
import type { PairSet, RatedSet } from './trainingData';

/** Rows without which nothing can be learnt and measured. */
const fewestRows = 10;

export interface TargetCheck {
  readonly kind: 'linear' | 'logistic';
  /** Groups without which no split can be made: one on either side, or one a fold. */
  readonly groups: number;
}

/**
 * Refuses an objective of which nothing can be learnt, before anything slow begins.
 * @throws AlidadeError `recipe`
 */
export function checkRated(set: RatedSet, { kind, groups }: TargetCheck): void {
  const { objective, texts } = set;
  const found = new Set(texts.map(({ group }) => group)).size;
  if (texts.length < fewestRows) {
    const number =
      texts.length === 0 ? 'no row has' : `only ${texts.length} ${texts.length === 1 ? 'row has' : 'rows have'}`;
    refuse(set, `objective \`${objective}\`: ${number} a label, and at least ${fewestRows} are needed`);
  }
  const [first] = texts;
  if (texts.every(({ target }) => target === first.target)) {
    const what =
      kind === 'logistic'
        ? `all ${texts.length} labels are ${first.target === 1 ? 'yes' : 'no'}`
        : `all ${texts.length} labels are the same (${first.target})`;
    refuse(set, `objective \`${objective}\`: ${what}, so that there is nothing to learn`);
  }
  if (found < groups) refuseGroups(`objective \`${objective}\``, found, groups);
}

/** @throws AlidadeError `recipe` when there are too few pairs to train on and to hold some out. */
export function checkPairs(sets: readonly PairSet[], stage: string): void {
  const pairs = sets.flatMap((set) => set.pairs);
  if (pairs.length < fewestRows) {
    const number = pairs.length === 0 ? 'there are no pairs' : `there are only ${pairs.length} pairs`;
    const refused = sets.flatMap((set) => set.refused);
    refuse({ refused }, `\`${stage}\`: ${number}, and at least ${fewestRows} are needed`);
  }
  const groups = new Set(pairs.map(({ group }) => group)).size;
  if (groups < 2) refuseGroups(`\`${stage}\``, groups, 2);
}

function refuse({ refused }: Pick<RatedSet, 'refused'>, message: string): never {
  const reasons = refused.slice(0, 3).map(describeRefused);
  throw new AlidadeError({
    code: 'recipe',
    message,
    hint: reasons.length === 0 ? 'add rows' : `not used were ${reasons.join('; ')}`,
  });
}

function refuseGroups(what: string, found: number, needed: number): never {
  throw new AlidadeError({
    code: 'recipe',
    message: `${what}: its rows are of ${found === 1 ? 'one group' : `${found} groups`}, and ${needed} are needed to hold some out`,
    hint: 'rows of one prompt are a group, and so are rows that repeat each other: name another field under `group` of the data, or add rows',
  });
}
