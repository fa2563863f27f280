import type { HeadRecipe, LabelRecipe, ObjectiveRecipe } from '../recipe/headRecipe';
import type { DataReport, TrainingReport } from '../trainingReport';
import { describeNumber } from './cardFigures';
import { markdownTable } from './markdownTable';

/** What the head was trained and checked on: where from, by whom, under which licence, and the very files. */
export function dataSection(recipe: HeadRecipe, { data }: TrainingReport): string {
  if (data.length === 0) return '';
  const sources = data.map((set) => [
    set.name,
    usesOf(recipe, set.name).join('; '),
    describeNumber(rowsOf(set)),
    set.source ?? '–',
    set.labels ?? '–',
    set.licence ?? '–',
  ]);
  const files = data.flatMap((set) =>
    set.files.map(({ name, sha256, rows }) => [set.name, `\`${name}\``, describeNumber(rows), `\`${sha256}\``]),
  );
  const refused = data.flatMap((set) =>
    set.refused.map(({ reason, count, first }) => [set.name, reason, describeNumber(count), first]),
  );
  return [
    '## Data',
    markdownTable(['data', 'used for', 'rows', 'from', 'labels', 'licence'], sources),
    markdownTable(['data', 'file', 'rows', 'SHA-256'], files),
    ...(refused.length === 0
      ? []
      : ['Rows that were not used:', markdownTable(['data', 'why', 'rows', 'the first'], refused)]),
  ].join('\n\n');
}

function rowsOf({ files }: DataReport): number {
  return files.reduce((sum, { rows }) => sum + rows, 0);
}

function usesOf(recipe: HeadRecipe, name: string): string[] {
  const { objectives, verbosity, gate, preference, semiSupervised, checks } = recipe;
  return [
    ...objectives.filter(({ data }) => data === name).map(describeUse),
    ...(verbosity?.data === name ? ['correction for verbosity'] : []),
    ...(gate?.data.includes(name) === true ? ['gate'] : []),
    ...(preference?.data.includes(name) === true ? [preference.name] : []),
    ...(semiSupervised?.data.includes(name) === true ? ['pseudo-labels'] : []),
    ...checks.filter(({ data }) => data === name).map((check) => `check: ${check.name}`),
  ];
}

function describeUse({ name, label }: ObjectiveRecipe): string {
  return label === null ? name : `${name} (${describeLabel(label)})`;
}

function describeLabel(label: LabelRecipe): string {
  switch (label.kind) {
    case 'field':
      return `\`${label.field}\``;
    case 'exchanged':
      return 'responses exchanged between prompts';
    case 'shuffled':
      return 'words shuffled';
    case 'chosen':
      return 'chosen and rejected';
  }
}
