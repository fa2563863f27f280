import type { HeadFileMetadata, HeadObjective } from '../../reward/headFile';
import type { HeadRecipe } from '../recipe/headRecipe';
import type { TrainingReport } from '../trainingReport';
import { checksSection } from './checkSections';
import { dataSection } from './dataSections';
import {
  gateSection,
  objectivesSection,
  preferenceSection,
  semiSupervisedSection,
  verbositySection,
} from './figureSections';
import { markdownTable } from './markdownTable';

export interface ModelCardParams {
  readonly recipe: HeadRecipe;
  readonly report: TrainingReport;
  readonly head: HeadFileMetadata;
}

/**
 * The model card as Markdown, laid out as Prettier does: every figure comes from the report, everything else from the
 * recipe. The same for the same run.
 */
export function writeModelCard({ recipe, report, head }: ModelCardParams): string {
  const sections = [
    `# ${capitalised(recipe.name)}`,
    recipe.card.about?.trim() ?? '',
    whatItIs(report, head),
    recipe.card.intendedUse === null ? '' : `## Intended use\n\n${recipe.card.intendedUse.trim()}`,
    knownFaults(recipe),
    objectivesSection(recipe, report),
    preferenceSection(report),
    verbositySection(report),
    gateSection(report),
    semiSupervisedSection(report),
    checksSection(report),
    warningsSection(report),
    dataSection(recipe, report),
    reproduction(recipe, report),
    recipe.card.licence === null ? '' : `## Licence\n\n${recipe.card.licence.trim()}`,
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function whatItIs({ pooling, model }: TrainingReport, head: HeadFileMetadata): string {
  const place = pooling.kind === 'mean' ? 'the mean over the tokens of the response' : 'the last token';
  const layer =
    pooling.layer === 'final'
      ? 'the hidden state after the final norm'
      : `the residual stream after layer ${pooling.layer}`;
  const cut =
    head.body.maxTokens === undefined
      ? ''
      : ` Texts of more than ${head.body.maxTokens} tokens lost their beginning in training.`;
  const rows = head.objectives.map((objective) => [
    objective.name,
    describeKind(objective),
    describeScale(objective),
    objective.description ?? '',
  ]);
  return [
    '## What it is',
    `A head on the frozen body \`${model.name}\`${head.body.reference === undefined ? '' : ` (\`${head.body.reference}\`)`}: it reads ` +
      `${place}, of ${layer}.${cut} ${describeWeights(head)}`,
    markdownTable(['objective', 'kind', 'scale', 'what it says'], rows),
  ].join('\n\n');
}

function describeWeights({ gate, coefficients, objectives }: HeadFileMetadata): string {
  if (objectives.length === 1) return 'Its one value is the score.';
  if (gate !== undefined) return 'A gate weighs the objectives by the prompt.';
  return coefficients === undefined
    ? 'The score is the mean of the objectives, unless other weights are set.'
    : 'The score is a weighted sum of the objectives, unless other weights are set.';
}

function describeKind({ kind, compute }: HeadObjective): string {
  switch (kind) {
    case 'linear':
      return 'linear';
    case 'logistic':
      return 'probability';
    case 'computed':
      return compute === 'log_tokens' ? 'computed: log2(1 + tokens of the response) / 13' : 'computed';
  }
}

function describeScale({ scale }: HeadObjective): string {
  return scale === undefined ? '–' : `${scale.min} to ${scale.max}${scale.unit === undefined ? '' : `, ${scale.unit}`}`;
}

function knownFaults({ card }: HeadRecipe): string {
  return card.knownFaults.length === 0 ? '' : `## Known faults\n\n${bullets(card.knownFaults)}`;
}

function warningsSection({ warnings }: TrainingReport): string {
  return warnings.length === 0 ? '' : `## What the training run warned of\n\n${bullets(warnings)}`;
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line.replace(/\s+/g, ' ').trim()}`).join('\n');
}

function reproduction(recipe: HeadRecipe, { seed, versions, model }: TrainingReport): string {
  const made = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const files = recipe.data.flatMap((data) => data.files).map((file) => `\`${file}\``);
  return [
    '## How to make it again',
    '`alidade heads train RECIPE --data DIR --output HEAD`' +
      (files.length === 0 ? '' : ` with ${[...new Set(files)].join(', ')} beside the recipe or in DIR`) +
      '. The same recipe, data and program give the same bytes on the same machine.',
    bullets([
      `Seed ${seed}`,
      `Body, SHA-256 \`${model.hash}\``,
      ...(made.length === 0 ? [] : [`Made with ${made.join(', ')}`]),
    ]),
  ].join('\n\n');
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
