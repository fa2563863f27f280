import { countOf } from '../describeQuantity';
import { valueOf, type Measure, type ResponseSummary } from './responseSummary';
import type { Baseline, Bounds, Expectation, Scope } from './rewardTest';
import type { ExpectationFailure, ScoredResponse } from './rewardTestResult';

export interface ScoredTest {
  readonly expectations: readonly Expectation[];
  /** Those of the test, not the baselines. */
  readonly responses: readonly ScoredResponse[];
  /** Of `responses`, or of the rows of a data file. */
  readonly summary: ResponseSummary;
  /** The score to exceed; as recorded, it depends on the scope. */
  readonly baselineScore: (baseline: Baseline, scope: Scope) => number;
}

/** Those expectations of a test that do not hold, in their order. */
export function evaluateRewardTest(test: ScoredTest): readonly ExpectationFailure[] {
  return test.expectations.flatMap((expectation) => evaluate(expectation, test) ?? []);
}

function evaluate(expectation: Expectation, test: ScoredTest): ExpectationFailure | null {
  const { summary } = test;
  switch (expectation.kind) {
    case 'score':
      return checkBounds({ ...expectation, measure: { kind: 'score' } }, test);
    case 'objective': {
      const measure = { kind: expectation.measure, objective: expectation.name };
      return checkBounds({ ...expectation, measure }, test);
    }
    case 'beats':
      return checkBaseline(expectation, test);
    case 'ranks':
      return checkRanks(expectation, test);
    case 'margin': {
      const { meanMargin } = summary.rowCounts;
      const params = { label: 'mean margin', value: meanMargin, bounds: { min: expectation.min }, of: '' };
      return checkValue({ ...params, span: expectation.span, missing: 'there are no pairs' });
    }
    case 'accuracy': {
      const { pairs, wins, ties } = summary.rowCounts;
      const tied = ties === 0 ? '' : `, ${countOf(ties, 'tie')}`;
      const params = { label: 'accuracy', bounds: { min: expectation.min }, of: ` (${wins} of ${pairs} pairs${tied})` };
      const value = pairs === 0 ? null : wins / pairs;
      return checkValue({ ...params, value, span: expectation.span, missing: 'there are no pairs' });
    }
  }
}

interface BoundsCheck {
  readonly scope: Scope;
  readonly measure: Measure;
  readonly bounds: Bounds;
  readonly span: ExpectationFailure['span'];
}

function checkBounds(
  { scope, measure, bounds, span }: BoundsCheck,
  { summary }: ScoredTest,
): ExpectationFailure | null {
  const label = labelOf(measure);
  const missing = `the model gives no ${label}`;
  const check = (found: { readonly value: number | null; readonly of: string; readonly title?: string }) =>
    checkValue({ label: found.title ?? label, value: found.value, bounds, of: found.of, span, missing });
  switch (scope) {
    case 'single':
      return check({ value: summary.least(measure)?.value ?? null, of: '' });
    case 'best': {
      const best = summary.best;
      const value = best === null ? null : valueOf(best.breakdown, measure);
      return check({ value, of: best === null ? '' : ` (${best.name})`, title: `${label} of the best` });
    }
    case 'mean':
      return check({ value: summary.mean(measure), of: '', title: `mean ${label}` });
    case 'all': {
      const [least, largest] = [summary.least(measure), summary.largest(measure)];
      // Of two that are out of bounds the lower end speaks first.
      const isLow = least === null || (bounds.min !== undefined && !(bounds.min <= least.value));
      const worst = isLow ? least : largest;
      const title = isLow ? `lowest ${label}` : `highest ${label}`;
      return check({ value: worst?.value ?? null, of: worst === null ? '' : ` (${worst.name})`, title });
    }
  }
}

interface ValueCheck {
  /** "mean score" */
  readonly label: string;
  readonly value: number | null;
  readonly bounds: Bounds;
  /** Whose value it is: " (answer 3)". */
  readonly of: string;
  readonly span: ExpectationFailure['span'];
  /** What is said where there is no value. */
  readonly missing: string;
}

function checkValue({ label, value, bounds, of, span, missing }: ValueCheck): ExpectationFailure | null {
  const { min = -Infinity, max = Infinity } = bounds;
  // Also for a value that is no number.
  if (value !== null && min <= value && value <= max) return null;
  const expected = `${label} ${describeBounds(bounds)}`;
  if (value === null) return { message: `${label}: ${missing}`, expected, actual: missing, span };
  const shown = formatAgainst(value, [min, max]);
  const message = `${label}${of} is ${shown}, expected ${describeBounds(bounds)}`;
  return { message, expected, actual: `${label} ${shown}`, span };
}

function checkBaseline(
  { scope, baseline, by, span }: Extract<Expectation, { kind: 'beats' }>,
  { summary, baselineScore }: ScoredTest,
): ExpectationFailure | null {
  const score = { kind: 'score' } as const;
  const base = baselineScore(baseline, scope);
  const value = scoreInScope(summary, scope);
  const difference = value === null ? Number.NaN : value - base;
  if (by === 0 ? 0 < difference : by <= difference) return null;
  const label = scope === 'single' ? 'score' : scope === 'all' ? 'lowest score' : `${scope} score`;
  const shown = formatAgainst(value ?? Number.NaN, [base, base + by]);
  const name = baseline.kind === 'text' ? 'the baseline' : baseline.file.value;
  const bar = by === 0 ? 'above' : `at least ${formatNumber(by)} above`;
  const worst = scope === 'all' ? summary.least(score) : scope === 'best' ? summary.best : null;
  return {
    message: `${label}${worst === null ? '' : ` (${worst.name})`} is ${shown}, expected ${bar} ${formatNumber(base)} of ${name}`,
    expected: `${label} ${by === 0 ? '> ' : '≥ '}${formatNumber(base + by)}`,
    actual: `${label} ${shown}`,
    span,
  };
}

function scoreInScope(summary: ResponseSummary, scope: Scope): number | null {
  const score = { kind: 'score' } as const;
  if (scope === 'mean') return summary.mean(score);
  return (scope === 'best' ? summary.largest(score) : summary.least(score))?.value ?? null;
}

function checkRanks(
  { order, margin, span }: Extract<Expectation, { kind: 'ranks' }>,
  { responses }: ScoredTest,
): ExpectationFailure | null {
  const scoreOf = new Map(responses.map(({ name, breakdown }) => [name, breakdown.score]));
  const ranked = order.map((name) => ({ name, score: scoreOf.get(name) ?? Number.NaN }));
  const faults = ranked.slice(1).flatMap((lower, index) => {
    const upper = ranked[index];
    const difference = upper.score - lower.score;
    return (margin === 0 ? 0 < difference : margin <= difference) ? [] : [{ upper, lower, difference }];
  });
  if (faults.length === 0) return null;
  const isInOrder = faults.every(({ difference }) => 0 < difference);
  const messages = faults.map(({ upper, lower, difference }) => {
    const scores = `${upper.name} (${formatNumber(upper.score)}), ${lower.name} (${formatNumber(lower.score)})`;
    if (0 < difference) return `${scores}: the margin is ${formatAgainst(difference, [margin])}`;
    return difference === 0 ? `${scores}: they score the same` : `${scores}: the second scores higher`;
  });
  const bar = margin === 0 ? '' : `, each by ${formatNumber(margin)} at least`;
  const message = `expected ${order.join(' > ')}${bar}; ${messages.join('; ')}`;
  if (isInOrder) {
    const lines = (show: (fault: (typeof faults)[number]) => string): string =>
      faults.map((fault) => `${fault.upper.name} − ${fault.lower.name} ${show(fault)}`).join('\n');
    const expected = lines(() => `≥ ${formatNumber(margin)}`);
    return { message, expected, actual: lines(({ difference }) => formatAgainst(difference, [margin])), span };
  }
  const actual = [...ranked].sort((a, b) => b.score - a.score).map(({ name }) => name);
  return { message, expected: order.join('\n'), actual: actual.join('\n'), span };
}

function labelOf(measure: Measure): string {
  if (measure.kind === 'score') return 'score';
  return measure.kind === 'rating' ? `rating of ${measure.objective}` : measure.objective;
}

function describeBounds({ min, max }: Bounds): string {
  if (min !== undefined && max !== undefined) return `from ${formatNumber(min)} to ${formatNumber(max)}`;
  return max === undefined ? `≥ ${formatNumber(min ?? -Infinity)}` : `≤ ${formatNumber(max)}`;
}

/** Six digits, more where they would not tell the value from a bound that it misses. */
function formatAgainst(value: number, bounds: readonly number[]): string {
  const short = formatNumber(value);
  return bounds.some((bound) => Number(short) === bound && value !== bound) ? String(value) : short;
}

function formatNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value);
}
