import { AlidadeError } from '../../core/alidadeError';
import { countOf } from '../../core/describeQuantity';
import { lengthBaseline } from '../../core/training/evaluation/evaluatePairs';
import { outcomesOf, pairAccuracy } from '../../core/training/evaluation/pairAccuracy';
import { scoredPairOf } from '../../core/training/evaluation/scoredPair';
import { splitGroups } from '../../core/training/data/splitGroups';
import type { PairAccuracy } from '../../core/training/trainingReport';
import { joinPairs, type PairRows } from './textRows';
import type { TrainingWork } from './trainingWork';

/** Pairs to learn from, by their index in `all`. */
export interface PairSplit {
  /** The labelled ones first. */
  readonly all: PairRows;
  readonly training: Int32Array;
  /** Never learnt from. */
  readonly heldOut: Int32Array;
  /** Pairs whose order is not looked at, of groups that are not held out. */
  readonly unlabelled: Int32Array;
}

/** Splits the labelled pairs by their groups, and adds the unlabelled ones. @throws AlidadeError `recipe`, `row`. */
export function splitPairs(work: TrainingWork): PairSplit {
  const { recipe, status } = work;
  const { data: names, validation } = recipe.gate ?? recipe.preference ?? { data: [], validation: 0.2 };
  const labelled = joinPairs(names.map((name) => pairsOf(work, name)));
  if (labelled.pairs.length === 0) {
    throw new AlidadeError({
      code: 'row',
      message: `there are no pairs to learn from in ${names.join(', ')}`,
      hint: 'pairs have a chosen and a rejected response to the same prompt',
    });
  }
  const groups = labelled.pairs.map(({ group }) => group);
  const { training, heldOut } = splitGroups(groups, { share: validation, seed: recipe.seed });
  const others = joinPairs((recipe.semiSupervised?.data ?? []).map((name) => pairsOf(work, name)));
  const heldGroups = new Set(Array.from(heldOut, (index) => groups[index]));
  const unlabelled = others.pairs.flatMap(({ group }, index) =>
    heldGroups.has(group) ? [] : [labelled.pairs.length + index],
  );
  const dropped = others.pairs.length - unlabelled.length;
  if (0 < dropped) {
    const pairs = countOf(dropped, 'unlabelled pair');
    status.warn([`${pairs} of groups that are held out ${dropped === 1 ? 'is' : 'are'} not learnt from`]);
  }
  return { all: joinPairs([labelled, others]), training, heldOut, unlabelled: Int32Array.from(unlabelled) };
}

/** Accuracy of margins on held-out pairs, in their order. */
export function heldOutAccuracy({ all, heldOut }: PairSplit, margins: ArrayLike<number>): PairAccuracy {
  return pairAccuracy(outcomesOf(margins), groupsOf(all, heldOut));
}

/** What length alone reaches on the held-out pairs. */
export function heldOutLength({ all, heldOut }: PairSplit): PairAccuracy {
  const scored = Array.from(heldOut, (index) => scoredPairOf(all.pairs[index], 0));
  return pairAccuracy(lengthBaseline(scored).outcomes, groupsOf(all, heldOut));
}

/** A head that length beats, in words. */
export function warnOfLength(accuracy: PairAccuracy, length: PairAccuracy): readonly string[] {
  if (length.accuracy < accuracy.accuracy) return [];
  const [own, other] = [accuracy, length].map(({ accuracy: share }) => `${(100 * share).toFixed(1)} %`);
  return [`the head does not beat length: it is right on ${own} of the held-out pairs, and length alone on ${other}`];
}

function pairsOf({ data, rows }: TrainingWork, name: string): PairRows {
  return rows.pairs(name, data.pairs.find((set) => set.name === name)?.pairs ?? []);
}

function groupsOf({ pairs }: PairRows, indices: Int32Array): readonly string[] {
  return Array.from(indices, (index) => pairs[index].group);
}
