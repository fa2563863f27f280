import { stringify } from 'yaml';
import { lineOf } from './lineOf';
import type { ReportedTest } from './reportedTest';

/** TAP version 14, a point at a time: https://testanything.org/tap-version-14-specification.html */
export function writeTapHeader(count: number): string {
  return `TAP version 14\n1..${count}\n`;
}

/** One test point. @param number from 1. */
export function writeTapPoint(number: number, { file, text, result }: ReportedTest): string {
  const { outcome, skip, milliseconds } = result;
  const isOk = outcome === 'passed' || outcome === 'skipped';
  const title = `${isOk ? 'ok' : 'not ok'} ${number} - ${escapeDescription(`${file} > ${result.id}`)}`;
  if (outcome === 'skipped') return `${title} # SKIP ${escapeDescription(skip ?? '')}`.trimEnd() + '\n';
  const line = `${title} # time=${milliseconds.toFixed(1)}ms\n`;
  const diagnostics = { ...diagnosticsOf({ file, text, result }), duration_ms: Number(milliseconds.toFixed(3)) };
  // Long lines stay whole, and nothing refers to anything else.
  const block = stringify(diagnostics, { lineWidth: 0, aliasDuplicateObjects: false });
  return `${line}  ---\n${indent(block, '  ')}  ...\n`;
}

export function writeTapBailOut(reason: string): string {
  return `Bail out! ${reason.replace(/\s+/g, ' ')}\n`;
}

function diagnosticsOf({ file, text, result }: Omit<ReportedTest, 'span'>): Record<string, unknown> {
  const { outcome, failures, errors, responses, rows, meanScore, model } = result;
  const place = (span: { readonly start: number } | null): { readonly at?: string } =>
    span === null ? {} : { at: `${file}:${lineOf(text, span.start)}` };
  const [firstFailure] = failures;
  const [firstError] = errors;
  return {
    ...(outcome === 'passed' ? {} : { message: firstError?.message ?? firstFailure?.message ?? 'not ok' }),
    ...(outcome === 'passed' ? {} : { severity: outcome === 'failed' ? 'fail' : 'error' }),
    ...(failures.length === 0
      ? {}
      : {
          failures: failures.map(({ message, expected, actual, span }) => ({
            message,
            expected,
            actual,
            ...place(span),
          })),
        }),
    ...(errors.length === 0
      ? {}
      : {
          errors: errors.map(({ code, message, hint, span }) => ({
            code,
            message,
            ...(hint === null ? {} : { hint }),
            ...place(span),
          })),
        }),
    ...(responses.length === 0
      ? {}
      : {
          responses: responses.map(({ name, breakdown }) => ({
            name,
            score: breakdown.score,
            objectives: Object.fromEntries(breakdown.objectives.map((objective) => [objective.name, objective.reward])),
          })),
        }),
    ...(rows === null ? {} : { meanScore, rows }),
    ...(model === null ? {} : { model }),
  };
}

/** A number sign would begin a directive, and a point has one line. */
function escapeDescription(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\#]/g, '\\$&').trim();
}

function indent(text: string, by: string): string {
  return text.replace(/^(?=.)/gm, by);
}
