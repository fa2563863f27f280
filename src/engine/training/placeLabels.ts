import { AlidadeError } from '../../core/alidadeError';
import { nearestName } from '../../core/nearestName';
import type { HeadFileMetadata, HeadObjective } from '../../core/reward/headFile';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import { parseLabelPlace, type LabelPlace } from '../../core/training/evaluation/labelPlace';

/** An objective and where rows say what it should be. */
export interface PlacedObjective {
  readonly objective: string;
  /** The first at which a row says something. */
  readonly places: readonly LabelPlace[];
  /** The user has said where. */
  readonly isAsked: boolean;
  /** Value from which on it says yes; null: there is no such value. */
  readonly threshold: number | null;
}

export interface PlaceLabelsParams {
  readonly description: Pick<RewardModelDescription, 'objectives'>;
  readonly metadata: Pick<HeadFileMetadata, 'objectives'> | null;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly threshold?: number | undefined;
}

/** The name of the score among the objectives. */
export const scoreName = 'score';

/**
 * All objectives of a head, and its score where the user says what it should be.
 * @throws AlidadeError `usage` for labels of objectives that it does not have.
 */
export function placeLabels(params: PlaceLabelsParams): readonly PlacedObjective[] {
  const { description, metadata, labels = {}, threshold } = params;
  const names = description.objectives.map(({ name }) => name);
  const known = names.includes(scoreName) ? names : [...names, scoreName];
  for (const name of Object.keys(labels)) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    throw new AlidadeError({
      code: 'usage',
      message: `the head has no objective ${name}`,
      hint: near === null ? `it has ${known.join(', ')}` : `did you mean ${near}?`,
    });
  }
  const trained = new Map(metadata?.objectives.map((objective) => [objective.name, objective]));
  return known.flatMap((objective): readonly PlacedObjective[] => {
    const label = Object.hasOwn(labels, objective) ? labels[objective] : undefined;
    // A field `score` is what something else has found, unless somebody says that it is a label.
    if (label === undefined && !names.includes(objective)) return [];
    const fallback = trained.get(objective)?.kind === 'logistic' ? 0.5 : null;
    return [
      {
        objective,
        places: label === undefined ? usualPlaces(objective, trained.get(objective)) : [parseLabelPlace(label)],
        isAsked: label !== undefined,
        threshold: threshold ?? fallback,
      },
    ];
  });
}

/** The field that is named like the objective, and the one that it was trained on. */
function usualPlaces(name: string, objective: HeadObjective | undefined): readonly LabelPlace[] {
  const own = { field: name, yes: null };
  return objective?.label === undefined ? [own] : [own, { ...objective.label, yes: null }];
}
