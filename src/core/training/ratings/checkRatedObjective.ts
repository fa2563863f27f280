import { AlidadeError } from '../../alidadeError';
import { countOf } from '../../describeQuantity';
import type { SplitRecipe } from '../recipe/headRecipe';
import type { RatedObjective } from './ratingFit';

/**
 * Refuses labels that nothing can be learnt from: too few rows or groups, one value or one class only, numbers that are not
 * finite.
 * @throws AlidadeError `row`
 */
export function checkRatedObjective(objective: RatedObjective, selection: SplitRecipe): void {
  const { name, kind, rows, targets, groups } = objective;
  const refuse = (message: string, hint: string): never => {
    throw new AlidadeError({ code: 'row', message: `objective ${name}: ${message}`, hint });
  };
  if (rows.length !== targets.length || rows.length !== groups.length) {
    refuse(
      `${rows.length} rows, ${targets.length} labels and ${groups.length} groups`,
      'there is one of each for a row',
    );
  }
  const broken = targets.findIndex((target) => !Number.isFinite(target));
  if (broken !== -1) {
    refuse(`the label of row ${broken + 1} is ${targets[broken]}`, 'labels are finite numbers: leave such rows out');
  }
  const groupCount = new Set(groups).size;
  const needed = selection.kind === 'folds' ? selection.folds : 2;
  if (groupCount < needed) {
    refuse(
      rows.length === 0
        ? 'no row has a label'
        : `${countOf(groupCount, 'group')} of ${rows.length} rows cannot be split`,
      `at least ${needed} groups are needed, because rows of one group are never on both sides of a split`,
    );
  }
  const values = new Set(targets);
  if (kind === 'logistic') {
    const other = targets.findIndex((target) => target !== 0 && target !== 1);
    if (other !== -1) {
      refuse(
        `the label of row ${other + 1} is ${targets[other]}`,
        'yes/no labels are 0 or 1: map others with `values`',
      );
    }
    if (values.size < 2) {
      refuse(`all ${rows.length} labels are ${targets[0]}`, 'a yes/no objective needs rows of both kinds');
    }
    const ofClass = (wanted: number): number => new Set(groups.filter((_, row) => targets[row] === wanted)).size;
    const fewest = Math.min(ofClass(0), ofClass(1));
    if (fewest < needed) {
      refuse(
        `only ${countOf(fewest, 'group')} ${fewest === 1 ? 'has' : 'have'} the label ${ofClass(0) < ofClass(1) ? 0 : 1}`,
        `at least ${needed} are needed, so that each part of the split has both kinds`,
      );
    }
  } else if (values.size < 2) {
    refuse(`all ${rows.length} ratings are ${targets[0]}`, 'nothing can be learnt from constant labels');
  }
}
