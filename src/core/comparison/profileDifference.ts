import type { GatedObjective } from '../reward/promptProfile';

/** What the gate gives an objective for the prompts of both versions, mean over the inputs that both were profiled for. */
export interface ProfileDifference {
  readonly name: string;
  readonly first: Pick<GatedObjective, 'gate' | 'coefficient'>;
  readonly second: Pick<GatedObjective, 'gate' | 'coefficient'>;
}

/** The profiles of both versions' prompts for one input; null: not known. */
export interface ProfiledInput {
  readonly first: readonly GatedObjective[] | null;
  readonly second: readonly GatedObjective[] | null;
}

/** In the model's order; empty where no input has both profiles. */
export function compareProfiles(inputs: readonly ProfiledInput[]): readonly ProfileDifference[] {
  const both = inputs.flatMap(({ first, second }) => (first === null || second === null ? [] : [{ first, second }]));
  const [one] = both;
  if (one === undefined) return [];
  return one.first.map(({ name }, index) => {
    const meanOf = (side: 'first' | 'second', key: 'gate' | 'coefficient'): number =>
      both.reduce((sum, input) => sum + (input[side][index]?.[key] ?? NaN), 0) / both.length;
    const sideOf = (side: 'first' | 'second'): ProfileDifference['first'] => ({
      gate: meanOf(side, 'gate'),
      coefficient: meanOf(side, 'coefficient'),
    });
    return { name, first: sideOf('first'), second: sideOf('second') };
  });
}
