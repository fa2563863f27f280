import { lineOf } from './lineOf';
import type { ReportedTest } from './reportedTest';
import type { RewardTestResult } from './rewardTestResult';

/** The report that continuous integration reads: `testsuites`, a suite a file, a case a test. */
export function writeJunit(tests: readonly ReportedTest[]): string {
  const suites = new Map<string, ReportedTest[]>();
  for (const test of tests) {
    const suite = suites.get(test.file);
    if (suite === undefined) suites.set(test.file, [test]);
    else suite.push(test);
  }
  const lines = [...suites].flatMap(([file, members]) => [
    `  <testsuite ${attributes({ name: file, ...countsOf(members) })}>`,
    ...members.flatMap(writeCase),
    '  </testsuite>',
  ]);
  const head = `<testsuites ${attributes({ name: 'alidade test', ...countsOf(tests) })}>`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...lines, '</testsuites>', ''].join('\n');
}

function writeCase({ file, text, span, result }: ReportedTest): readonly string[] {
  const head = attributes({
    classname: file.replace(/\.reward\.ya?ml$/i, ''),
    name: result.id,
    time: seconds(result.milliseconds),
    file,
    ...(span === null ? {} : { line: lineOf(text, span.start) }),
  });
  const lines = [...outcomeLines(result), ...outputLines(result)];
  if (lines.length === 0) return [`    <testcase ${head}/>`];
  return [`    <testcase ${head}>`, ...lines, '    </testcase>'];
}

function outcomeLines({ outcome, failures, errors, skip }: RewardTestResult): readonly string[] {
  switch (outcome) {
    case 'passed':
      return [];
    case 'skipped':
      return [skip === null || skip === '' ? '      <skipped/>' : `      <skipped ${attributes({ message: skip })}/>`];
    case 'failed': {
      const details = failures.map(({ message, expected, actual }) =>
        [message, 'expected:', expected, 'actual:', actual].join('\n'),
      );
      const head = attributes({ message: failures[0]?.message ?? 'failed', type: 'expectation' });
      return [`      <failure ${head}>${escapeText(details.join('\n\n'))}</failure>`];
    }
    case 'errored': {
      const details = errors.map(({ message, hint }) => (hint === null ? message : `${message}: ${hint}`));
      const head = attributes({ message: errors[0]?.message ?? 'error', type: errors[0]?.code ?? 'internal' });
      return [`      <error ${head}>${escapeText(details.join('\n'))}</error>`];
    }
  }
}

function outputLines({ responses, model }: RewardTestResult): readonly string[] {
  if (responses.length === 0) return [];
  const lines = responses.map(({ name, breakdown }) => {
    const parts = breakdown.objectives.map((objective) => `${objective.name} ${objective.reward}`);
    return `${name}: score ${breakdown.score} (${parts.join(', ')})`;
  });
  if (model !== null) lines.push(`${model.name}, ${model.dtype}, ${model.device}`);
  return [`      <system-out>${escapeText(lines.join('\n'))}</system-out>`];
}

function countsOf(tests: readonly ReportedTest[]): Record<string, string | number> {
  const count = (outcome: RewardTestResult['outcome']): number =>
    tests.filter(({ result }) => result.outcome === outcome).length;
  return {
    tests: tests.length,
    failures: count('failed'),
    errors: count('errored'),
    skipped: count('skipped'),
    time: seconds(tests.reduce((sum, { result }) => sum + result.milliseconds, 0)),
  };
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeText(String(value)).replace(/"/g, '&quot;').replace(/\n/g, '&#10;')}"`)
    .join(' ');
}

/** Without the characters that XML cannot hold at all. */
function escapeText(text: string): string {
  return text

    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}
