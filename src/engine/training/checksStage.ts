import type { JobContext } from '../../core/jobContext';
import type { HeadObjective } from '../../core/reward/headFile';
import { coefficientsOf, objectivesOf } from '../../core/training/assembleHead';
import type { CheckSet } from '../../core/training/data/trainingData';
import { evaluateScored, type EvaluateScoredParams } from '../../core/training/evaluation/evaluateScored';
import type { HeadEvaluation } from '../../core/training/evaluation/headEvaluation';
import { scoredPairOf, type ScoredPair } from '../../core/training/evaluation/scoredPair';
import { scoredTextOf } from '../../core/training/evaluation/scoredText';
import type { HeadRecipe } from '../../core/training/recipe/headRecipe';
import type { CheckReport } from '../../core/training/trainingReport';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { headRewards, transformRewards } from './headRewards';
import type { HeldOutValues, RatingWeights } from './ratingsStage';
import { gateMargins, type Gate } from './gateMargins';
import type { TrainingWork } from './trainingWork';

/** Chance from which on a yes/no objective says yes. */
const threshold = 0.5;

export interface CheckedHead extends RatingWeights {
  /** M; null: no correction. */
  readonly transform: Float32Array | null;
  readonly gate: Gate | null;
  /** Of the objectives that were fitted here. */
  readonly heldOut: readonly HeldOutValues[];
}

/** Holds the head against rows that it was not trained on. */
export async function checksStage(work: TrainingWork, head: CheckedHead, context: JobContext): Promise<void> {
  const { data, folder, status } = work;
  const reports: CheckReport[] = [];
  for (const [index, set] of data.checks.entries()) {
    throwIfCancelled(context.signal);
    context.progress({ message: `Checking on ${set.check.name}`, done: index, total: data.checks.length });
    const evaluation = await folder.step(`check-${index}`, () => new Check(work, head, set).evaluate(context));
    reports.push({ name: set.check.name, evaluation });
    status.update({ checks: [...reports] });
    status.warn(evaluation.warnings.map((warning) => `${set.check.name}: ${warning}`));
    if (isTrainedPairs(work.recipe, set)) {
      status.warn([`${set.check.name}: its pairs were trained on, so the figure says nothing of new ones`]);
    }
  }
}

/** The score is of the final head, which has seen the pairs of its own data. */
function isTrainedPairs({ gate, preference }: HeadRecipe, { check, pairs }: CheckSet): boolean {
  const trained = [...(gate?.data ?? []), ...(preference?.data ?? [])];
  return 0 < pairs.length && trained.includes(check.data);
}

class Check {
  readonly #work: TrainingWork;
  readonly #head: CheckedHead;
  readonly #set: CheckSet;
  readonly #objectives: readonly Pick<HeadObjective, 'name' | 'kind'>[];

  constructor(work: TrainingWork, head: CheckedHead, set: CheckSet) {
    this.#work = work;
    this.#head = head;
    this.#set = set;
    this.#objectives = objectivesOf(work.recipe);
  }

  async evaluate(context: JobContext): Promise<HeadEvaluation> {
    const { texts, pairs } = this.#set;
    const scored = await this.#scorePairs(context);
    const objective = await this.#scoreObjective(context);
    const read = texts.length + pairs.length - (objective?.seen ?? 0);
    const rated = objective?.texts.length ?? 0;
    return evaluateScored({
      rows: read,
      errors: read - rated - scored.length,
      pairs: scored,
      objectives: objective === null ? [] : [objective],
      seed: this.#work.recipe.seed,
    });
  }

  /** `seen`: texts that the objective was fitted on and that no model is left for which had not seen them. */
  async #scoreObjective(
    context: JobContext,
  ): Promise<(EvaluateScoredParams['objectives'][number] & { readonly seen: number }) | null> {
    const { check, texts, memberships } = this.#set;
    const column = this.#objectives.findIndex(({ name }) => name === check.objective);
    if (check.objective === null || column === -1) return null;
    const found = this.#work.rows.rated(check.data, texts);
    const rewards = await this.#rewards(found.rows, context);
    const groupsOf = new Map(texts.map((text, index) => [text, memberships[index]]));
    const heldOut = this.#heldOutValues(check);
    const scored = found.texts.flatMap((text, index) => {
      const own = rewards[index * this.#objectives.length + column];
      const value = heldOut === null ? own : heldOut.get(found.rows[index]);
      return value === undefined ? [] : [scoredTextOf(text, value, groupsOf.get(text))];
    });
    const isYesNo = scored.every(({ target }) => target === 0 || target === 1);
    const { wordBaseline } = this.#work.recipe.objectives.find(({ name }) => name === check.objective) ?? {
      wordBaseline: 'response',
    };
    return {
      objective: check.objective,
      metric: isYesNo ? 'AUC' : 'Spearman',
      texts: scored,
      threshold: isYesNo && this.#objectives[column].kind === 'logistic' ? threshold : null,
      wordBaseline,
      seen: found.texts.length - scored.length,
    };
  }

  /** Where a check looks at what its objective was fitted on, only models that had not seen a row may speak of it. */
  #heldOutValues({ data, objective }: CheckSet['check']): ReadonlyMap<number, number> | null {
    const isTrained = this.#work.recipe.objectives.some((own) => own.name === objective && own.data === data);
    if (!isTrained) return null;
    return this.#head.heldOut.find((held) => held.objective === objective)?.values ?? null;
  }

  async #scorePairs(context: JobContext): Promise<readonly ScoredPair[]> {
    const { check, pairs } = this.#set;
    const found = this.#work.rows.pairs(check.data, pairs);
    if (found.pairs.length === 0) return [];
    const { transform, gate } = this.#head;
    const count = this.#objectives.length;
    const rejected = await this.#rewards(found.rejected, context);
    const chosen = await this.#rewards(found.chosen, context);
    const raw = chosen.map((value, index) => value - rejected[index]);
    if (gate === null) {
      const coefficients = coefficientsOf(transform, count);
      return found.pairs.map((pair, index) =>
        scoredPairOf(
          pair,
          coefficients.reduce((sum, value, column) => sum + value * raw[index * count + column], 0),
        ),
      );
    }
    const differences = transform === null ? raw : transformRewards(raw, transform, count);
    const { features, threads } = this.#work;
    const margins = await gateMargins(
      {
        ...gate,
        gate: features.matrix('gate'),
        prompts: found.chosen,
        differences,
        pairs: Int32Array.from(found.pairs.keys()),
        ...(threads === undefined ? {} : { threads }),
      },
      context,
    );
    return found.pairs.map((pair, index) => scoredPairOf(pair, margins[index]));
  }

  #rewards(rows: Int32Array, context: JobContext): Promise<Float64Array> {
    const { features, recipe } = this.#work;
    const { weight, bias } = this.#head;
    return headRewards(
      {
        weight,
        bias,
        objectives: this.#objectives,
        features: features.matrix(recipe.pooling.kind),
        responseTokens: features.responseTokens,
        rows,
      },
      context,
    );
  }
}
