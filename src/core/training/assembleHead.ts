import type { DenseLayer } from '../reward/gatedHead';
import type { HeadFile, HeadFileMetadata, HeadLabel, HeadObjective } from '../reward/headFile';
import type { HeadRecipe, ObjectiveRecipe, PreferenceRecipe, ScaleRecipe } from './recipe/headRecipe';
import type { HeldOutFigure, TrainingReport } from './trainingReport';

/** What the stages have made, in the number format of the file. */
export interface TrainedHead {
  /** Rows in the order of the objectives that are not computed. */
  readonly weight: Float32Array; // [trained, hidden]
  readonly bias: Float32Array; // [trained]
  /** M of the correction for verbosity; null: none. */
  readonly transform: Float32Array | null; // [objectives, objectives]
  readonly gate: {
    readonly layers: readonly DenseLayer[];
    readonly logitScale: number;
    readonly temperature: number;
    readonly text: string;
  } | null;
}

export interface AssembleHeadParams {
  readonly recipe: HeadRecipe;
  /** SHA-256 of what the recipe says. */
  readonly recipeHash: string;
  readonly body: HeadFileMetadata['body'];
  readonly head: TrainedHead;
  readonly report: TrainingReport;
}

/** The file of a trained head: its weights, and in words and figures what it is. */
export function assembleHead(params: AssembleHeadParams): Omit<HeadFile, 'path'> {
  const { recipe, recipeHash, body, head, report } = params;
  const { weight, bias, transform, gate } = head;
  const objectives = describeObjectives(recipe, report);
  const coefficients = gate === null && transform !== null ? coefficientsOf(transform, objectives.length) : null;
  const { data, ...figures } = report;
  const metadata: HeadFileMetadata = {
    version: 1,
    name: recipe.name,
    objectives,
    pooling: { kind: recipe.pooling.kind, layer: recipe.pooling.layer },
    body,
    ...(coefficients === null ? {} : { coefficients }),
    ...(gate === null ? {} : { gate: { text: gate.text, temperature: gate.temperature } }),
    data: { recipe: recipeHash, sets: data },
    figures,
  };
  const weights =
    gate === null
      ? null
      : { transform: transform ?? identity(objectives.length), layers: gate.layers, logitScale: gate.logitScale };
  return { metadata, weight, bias, gate: weights };
}

/** Names and kinds of what the head gives, as `objectiveValues` takes them. */
export function objectivesOf(recipe: HeadRecipe): readonly Pick<HeadObjective, 'name' | 'kind'>[] {
  return recipe.preference === null ? recipe.objectives : [{ name: recipe.preference.name, kind: 'linear' }];
}

/** M of a head without a correction. */
export function identity(size: number): Float32Array {
  return Float32Array.from({ length: size * size }, (_, index) => (index % (size + 1) === 0 ? 1 : 0));
}

/** Without a gate: all corrected objectives alike, c = M · (1/n, …, 1/n), so that the score is the mean of r·M. */
export function coefficientsOf(transform: Float32Array | null, objectives: number): readonly number[] {
  return Array.from({ length: objectives }, (_, row) => {
    if (transform === null) return 1 / objectives;
    let sum = 0;
    for (let column = 0; column < objectives; column += 1) sum += transform[row * objectives + column];
    return sum / objectives;
  });
}

function describeObjectives(recipe: HeadRecipe, report: TrainingReport): readonly HeadObjective[] {
  if (recipe.preference !== null) return [describePreference(recipe.preference, report)];
  return recipe.objectives.map((objective): HeadObjective => {
    const { name, kind, compute } = objective;
    const description = describe(objective, report, recipe.checks);
    const scale = scaleOf(objective);
    const label = labelOf(objective);
    return {
      name,
      kind,
      ...(compute === null ? {} : { compute }),
      ...(scale === null ? {} : { scale }),
      ...(description === '' ? {} : { description }),
      ...(label === null ? {} : { label }),
    };
  });
}

function labelOf({ label }: ObjectiveRecipe): HeadLabel | null {
  if (label?.kind !== 'field') return null;
  return { field: label.field, ...(label.values === null ? {} : { values: label.values }) };
}

function describePreference({ name, description }: PreferenceRecipe, { preference }: TrainingReport): HeadObjective {
  const figure = preference === null ? '' : `In order on ${percent(preference.accuracy.accuracy)} of held-out pairs.`;
  const parts = [sentence(description), figure].filter((part) => part !== '');
  return { name, kind: 'linear', ...(parts.length === 0 ? {} : { description: parts.join(' ') }) };
}

/** What it measures, and how well: on held-out rows, and on the first check of other data. */
function describe(
  { name, description, data }: ObjectiveRecipe,
  { objectives, checks }: TrainingReport,
  others: HeadRecipe['checks'],
): string {
  const found = objectives.find((objective) => objective.name === name);
  const heldOut =
    found === undefined || found.metric === null ? '' : describeFigure(metricWords[found.metric], found.heldOut);
  const first = others.find((check) => check.objective === name && check.data !== data)?.name;
  const checked = checks.flatMap((check) =>
    check.evaluation.objectives
      .filter(({ objective }) => check.name === first && objective === name)
      .map(({ metric, value }) => `${metricWords[metric]} ${value.toFixed(2)} on ${check.name}.`),
  );
  return [sentence(description), heldOut, ...checked].filter((part) => part !== '').join(' ');
}

const metricWords = { AUC: 'AUC', Spearman: 'Rank correlation' } as const;

function describeFigure(metric: string, figure: HeldOutFigure | null): string {
  return figure === null ? '' : `${metric} ${figure.value.toFixed(2)} on held-out rows.`;
}

function sentence(text: string | null): string {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' || /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** rating = min + value·(max − min). */
function scaleOf({ kind, compute, scale }: ObjectiveRecipe): NonNullable<HeadObjective['scale']> | null {
  if (compute === 'log_tokens') return { min: 0, max: 13, unit: 'log2 tokens' };
  if (scale !== null) return lineOf(scale);
  return kind === 'logistic' ? { min: 0, max: 1, unit: 'probability' } : null;
}

/** Where steps are counted, the lowest rating is half a step above 0 (ArmoRM): the line begins below it. */
function lineOf({ min, max, levels, unit }: ScaleRecipe): NonNullable<HeadObjective['scale']> {
  const ends = levels === null ? { min, max } : { min: min - 0.5, max: min - 0.5 + levels };
  return { ...ends, ...(unit === null ? {} : { unit }) };
}
