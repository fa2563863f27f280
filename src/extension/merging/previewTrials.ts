import type { LayerBlock } from '../../core/merging/hma/layerBlocks';
import { onFront } from '../../core/merging/search/paretoFront';
import type { MergeMeasurement } from '../../core/merging/mergeMeasurement';
import type { ScoreView, TrialView } from '../../protocol/mergePreviewView';

/** A recipe that was measured; kept in the workspace's storage. */
export interface KeptTrial {
  /** Of the plan: equal ones make equal models. */
  readonly fingerprint: string;
  /** On what it was measured: only trials with the same can be compared. */
  readonly measuredOn: string;
  /** null: it was no average by blocks. */
  readonly ratios: readonly number[] | null;
  readonly blocks: readonly LayerBlock[] | null;
  readonly recipe: string;
  readonly measurement: NonNullable<ScoreView['measurement']>;
}

/** Of one recipe; the oldest are forgotten. */
export const mostTrials = 200;

/** Rows with an error that are named. */
const mostErrors = 10;

/** A measurement without its rows, which are many. */
export function summarise({ reward, ...measurement }: MergeMeasurement): NonNullable<ScoreView['measurement']> {
  if (reward === null) return { ...measurement, reward };
  const { mean, model, isOfGenerated, rows } = reward;
  const failed = rows.filter(({ error }) => error !== null);
  return {
    ...measurement,
    reward: {
      ...{ mean, model, isOfGenerated },
      rows: rows.length - failed.length,
      errors: failed.slice(0, mostErrors).map(({ id, error }) => `${id}: ${error ?? ''}`),
      errorCount: failed.length,
    },
  };
}

/** With the trial, which replaces one of the same model on the same texts. */
export function withTrial(trials: readonly KeptTrial[], trial: KeptTrial): readonly KeptTrial[] {
  const others = trials.filter(
    ({ fingerprint, measuredOn }) => fingerprint !== trial.fingerprint || measuredOn !== trial.measuredOn,
  );
  return [...others, trial].slice(-mostTrials);
}

/** As points on the plane. @param current fingerprint of the recipe as it is. */
export function trialViews(trials: readonly KeptTrial[], current: string | null): readonly TrialView[] {
  const points = trials.map(({ measurement }) => ({
    reward: measurement.reward?.mean ?? null,
    perplexity: measurement.perplexity?.perplexity ?? null,
  }));
  const front = onFront(
    points.map((point) =>
      isMeasured(point) ? { reward: point.reward, nll: point.perplexity } : { reward: null, nll: null },
    ),
  );
  return trials.map(({ ratios, fingerprint }, index) => ({
    ratios,
    ...points[index],
    // On the plane there are only points with both figures.
    onFront: isMeasured(points[index]) && front[index] === true,
    current: fingerprint === current,
  }));
}

type Point = Pick<TrialView, 'reward' | 'perplexity'>;

function isMeasured({ reward, perplexity }: Point): boolean {
  return reward !== null && perplexity !== null;
}

/** What was kept, as far as it is what it should be. */
export function readTrials(value: unknown): readonly KeptTrial[] {
  return Array.isArray(value) ? value.filter(isTrial) : [];
}

function isTrial(value: unknown): value is KeptTrial {
  if (typeof value !== 'object' || value === null) return false;
  const { fingerprint, measuredOn, recipe, ratios, measurement } = value as Record<string, unknown>;
  return (
    [fingerprint, measuredOn, recipe].every((text) => typeof text === 'string') &&
    (ratios === null || (Array.isArray(ratios) && ratios.every((ratio) => typeof ratio === 'number'))) &&
    typeof measurement === 'object' &&
    measurement !== null
  );
}
