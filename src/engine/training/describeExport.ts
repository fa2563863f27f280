import { countOf, describeBytes } from '../../core/describeQuantity';
import type { ArmormExport } from './exportArmorm';
import type { HeadExport } from './exportHead';
import type { ExportedRows, RowsExport } from './exportRows';

/** An export in words, for people. */
export interface DescribedExport {
  /** What is not as it was in the head, the body or the rows. */
  readonly warnings: readonly string[];
  /** What was written, a line each. */
  readonly notes: readonly string[];
}

/** Refusals that are told one by one. */
const mostTold = 5;

export function describeExport(made: HeadExport): DescribedExport {
  return made.format === 'armorm' ? describeCheckpoint(made) : describeRows(made);
}

function describeCheckpoint({
  body,
  placement,
  rewritten,
  bytes,
  objectives,
  warnings,
}: ArmormExport): DescribedExport {
  const anew = `written anew, since they hold another head or other names: ${rewritten.join(', ')}`;
  const weights = `weights of ${body}: ${describeBytes(bytes)}, as ${placement}`;
  return {
    warnings: rewritten.length === 0 ? warnings : [...warnings, anew],
    notes: [`${countOf(objectives.length, 'objective')}: ${objectives.join(', ')}`, weights],
  };
}

function describeRows({ rows, errors, files }: RowsExport): DescribedExport {
  const warnings = files.flatMap(({ name, refused, refusals }) => [
    ...refusals.slice(0, mostTold).map(({ input, line, problem }) => `${name}: ${input}, row ${line}: ${problem}`),
    ...(mostTold < refused ? [`${name}: and ${countOf(refused - mostTold, 'further row')} left out`] : []),
  ]);
  const failed = errors === 0 ? [] : [`${errors} of ${countOf(rows, 'row')} could not be scored`];
  const notes = files.map((file) => `${file.name}: ${countOf(file.written, 'row')}${describeLabels(file)}`);
  return { warnings: [...warnings, ...failed], notes };
}

function describeLabels({ labels }: ExportedRows): string {
  if (labels === null) return '';
  const { swapped, uncertain, ties } = labels;
  const parts = [
    `${swapped} turned round`,
    ...(uncertain === 0 ? [] : [`${uncertain} not certain enough`]),
    ...(ties === 0 ? [] : [countOf(ties, 'tie')]),
  ];
  return ` (${parts.join(', ')})`;
}
