import type { Uri } from 'vscode';
import { Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, l10n, Location, Range } from 'vscode';
import type { LengthBiasSummary } from '../../core/labels/lengthBias';
import type { PairVerdict } from '../../core/labels/rowVerdict';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import type { DocumentRow } from '../promptFile/documentRow';
import { formatNumber, formatSigned } from '../reward/formatNumber';
import type { LabelFinding } from './labelFinding';

/** Shown with each problem, and the name of the collection. */
export const diagnosticSource = 'Alidade';

/** A finding as a problem of the editor. @param model the one that gave the verdicts. */
export function diagnosticOf(finding: LabelFinding, uri: Uri, model: RewardModelDescription | null): Diagnostic {
  const { row } = finding;
  const { Error, Warning, Information } = DiagnosticSeverity;
  switch (finding.kind) {
    case 'unreadable':
      return problem(finding, row.errorRange ?? row.range, upperFirst(finding.message), Error);
    case 'unscorable': {
      const text = l10n.t('The model cannot score this row: {0}', finding.error.message);
      return problem(finding, startOf(row), text, Warning);
    }
    case 'contradicted': {
      // Meters measure properties; what contradicts them is no mistake yet.
      const severity = model?.headKind === 'meters' ? Information : Warning;
      const diagnostic = problem(
        finding,
        partOf(row, 'chosen'),
        describeContradiction(finding.verdict, model),
        severity,
      );
      const rejected = l10n.t('The rejected reply, score {0}', formatNumber(finding.verdict.rejected));
      diagnostic.relatedInformation = [related(uri, partOf(row, 'rejected'), rejected)];
      return diagnostic;
    }
    case 'truncated': {
      const text = l10n.t('The row was cut to fit the model: its beginning has not been read');
      return problem(finding, startOf(row), text, Information);
    }
    case 'identical': {
      const text = l10n.t('Chosen and rejected reply are the same');
      const diagnostic = problem(finding, partOf(row, 'chosen'), text, Warning);
      diagnostic.relatedInformation = [related(uri, partOf(row, 'rejected'), l10n.t('The rejected reply'))];
      return diagnostic;
    }
    case 'duplicate':
    case 'opposite': {
      const { other } = finding;
      const text = finding.kind === 'duplicate' ? describeDuplicate(finding) : describeOpposite(finding);
      const severity = finding.kind === 'duplicate' ? Information : Warning;
      const diagnostic = problem(finding, startOf(row), text, severity);
      diagnostic.relatedInformation = [related(uri, startOf(other), l10n.t('Row {0}', other.data.id))];
      return diagnostic;
    }
  }
}

/** What lengths say about a whole file, on its first line; null: nothing worth saying. */
export function biasDiagnosticOf({
  rule,
  share,
  interval,
  pairs,
  ties,
  correlation,
  scored,
}: LengthBiasSummary): Diagnostic | null {
  if (rule === null || share === null || interval === null) return null;
  const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;
  const [part, low, high] =
    rule === 'longer' ? [share, interval.low, interval.high] : [1 - share, 1 - interval.high, 1 - interval.low];
  const figures = [percent(part), pairs - ties, percent(low), percent(high)] as const;
  const text =
    rule === 'longer'
      ? l10n.t('Length bias: the longer reply is the chosen one in {0} of {1} pairs (95 %: {2} to {3})', ...figures)
      : l10n.t('Length bias: the shorter reply is the chosen one in {0} of {1} pairs (95 %: {2} to {3})', ...figures);
  const margins =
    correlation === null
      ? ''
      : `. ${l10n.t('Margins and differences of length correlate by {0} ({1} pairs)', correlation.toFixed(2).replace('-', '\u2212'), scored)}`;
  const diagnostic = new Diagnostic(new Range(0, 0, 0, 1), text + margins, DiagnosticSeverity.Information);
  return named(diagnostic, 'length-bias');
}

function describeContradiction(
  { chosen, rejected, margin, against }: PairVerdict,
  model: RewardModelDescription | null,
) {
  const text = l10n.t(
    'The label is contradicted by {0}: chosen {1}, rejected {2}, margin {3}',
    model?.name ?? '',
    formatNumber(chosen),
    formatNumber(rejected),
    formatSigned(margin),
  );
  const objectives = against.map(({ name, difference }) => `${name} ${formatSigned(difference)}`).join(', ');
  const decided = objectives === '' ? '' : `. ${l10n.t('Decided by {0}', objectives)}`;
  const meters = model?.headKind === 'meters' ? `. ${l10n.t('These are meters, not a judge of quality')}` : '';
  return text + decided + meters;
}

type Repetition = Pick<Extract<LabelFinding, { readonly isExact: boolean }>, 'isExact' | 'similarity'>;

function describeDuplicate({ isExact, similarity }: Repetition): string {
  if (isExact) return l10n.t('Duplicate: an earlier row is the same');
  if (similarity === 1) return l10n.t('Near-duplicate: an earlier row has the same words');
  return l10n.t('Near-duplicate: an earlier row shares {0} % of its word sequences', (100 * similarity).toFixed(0));
}

function describeOpposite({ isExact }: Repetition): string {
  return isExact
    ? l10n.t('Contradictory duplicate: an earlier row has chosen what is rejected here')
    : l10n.t('Contradictory near-duplicate: an earlier row has chosen what is rejected here, or nearly so');
}

function problem({ kind }: LabelFinding, range: Range, message: string, severity: DiagnosticSeverity): Diagnostic {
  return named(new Diagnostic(range, message, severity), kind);
}

function named(diagnostic: Diagnostic, code: string): Diagnostic {
  diagnostic.source = diagnosticSource;
  diagnostic.code = code;
  return diagnostic;
}

function related(uri: Uri, range: Range, message: string): DiagnosticRelatedInformation {
  return new DiagnosticRelatedInformation(new Location(uri, range), message);
}

function partOf(row: DocumentRow, role: 'chosen' | 'rejected'): Range {
  return row.parts.find((part) => part.role === role)?.range ?? startOf(row);
}

/** A row can be thousands of characters on one line, and a mark under all of them says nothing. */
function startOf({ range: { start } }: DocumentRow): Range {
  return new Range(start, start.translate(0, 1));
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
