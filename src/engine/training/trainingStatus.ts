import type { HeadRecipe } from '../../core/training/recipe/headRecipe';
import type { TrainingReport, TrainingStage, TrainingState } from '../../core/training/trainingReport';

export interface TrainingStatusParams {
  readonly recipe: HeadRecipe;
  /** Of the program and of what it computes with, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly onState?: ((state: TrainingState) => void) | undefined;
}

/** Where a training is, and what it has found so far; tells of every change. */
export class TrainingStatus {
  readonly #onState: (state: TrainingState) => void;
  #stages: TrainingState['stages'];
  #report: TrainingReport;

  constructor({ recipe, versions, onState = () => undefined }: TrainingStatusParams) {
    this.#onState = onState;
    this.#stages = stagesOf(recipe).map((kind) => ({ kind, state: 'waiting' }));
    this.#report = {
      name: recipe.name,
      model: { name: recipe.model, hash: '', hiddenSize: 0 },
      pooling: { kind: recipe.pooling.kind, layer: recipe.pooling.layer },
      seed: recipe.seed,
      versions,
      data: [],
      objectives: [],
      verbosity: null,
      gate: null,
      preference: null,
      semiSupervised: null,
      checks: [],
      warnings: [],
    };
  }

  get report(): TrainingReport {
    return this.#report;
  }

  /** Whether the stage is at work, or was. */
  hasBegun(kind: TrainingStage): boolean {
    return this.#stages.some((stage) => stage.kind === kind && stage.state !== 'waiting');
  }

  /** Does the work of a stage. */
  async during<Result>(kind: TrainingStage, work: () => Promise<Result>): Promise<Result> {
    this.#set(kind, 'running');
    const result = await work();
    this.#set(kind, 'done');
    return result;
  }

  /** Adds what was found. */
  update(found: Partial<TrainingReport>): void {
    this.#report = { ...this.#report, ...found };
    this.#tell();
  }

  /** Adds warnings that are not there yet. */
  warn(warnings: readonly string[]): void {
    const fresh = warnings.filter((warning) => !this.#report.warnings.includes(warning));
    if (0 < fresh.length) this.update({ warnings: [...this.#report.warnings, ...fresh] });
  }

  #set(kind: TrainingStage, state: TrainingState['stages'][number]['state']): void {
    this.#stages = this.#stages.map((stage) => (stage.kind === kind ? { kind, state } : stage));
    this.#tell();
  }

  #tell(): void {
    this.#onState({ stages: this.#stages, report: this.#report });
  }
}

/** What is done for a recipe, in this order. */
export function stagesOf(recipe: HeadRecipe): readonly TrainingStage[] {
  const isWanted: Readonly<Record<TrainingStage, boolean>> = {
    data: true,
    features: true,
    ratings: recipe.objectives.some(({ kind }) => kind !== 'computed'),
    verbosity: recipe.verbosity !== null,
    gate: recipe.gate !== null,
    preference: recipe.preference !== null,
    semiSupervised: recipe.semiSupervised !== null,
    checks: 0 < recipe.checks.length,
    head: true,
  };
  return Object.entries(isWanted).flatMap(([kind, wanted]) => (wanted ? [kind as TrainingStage] : []));
}
