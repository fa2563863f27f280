import assert from 'node:assert/strict';
import { parse } from 'yaml';

export interface TapPoint {
  readonly ok: boolean;
  readonly number: number;
  /** Without its escapes. */
  readonly description: string;
  /** `SKIP …` or `TODO …`; null: none. */
  readonly directive: string | null;
  readonly diagnostics: unknown;
}

/**
 * Reads TAP 14 and accepts nothing but what its specification has: a version, a plan, points in their order, each with at
 * most one YAML block. https://testanything.org/tap-version-14-specification.html
 */
export function readTap(text: string): {
  readonly plan: number;
  readonly points: readonly TapPoint[];
  readonly bailOut: string | null;
} {
  assert.ok(text.endsWith('\n'));
  const lines = text.slice(0, -1).split('\n');
  assert.equal(lines.shift(), 'TAP version 14');
  const plan = Number(/^1\.\.(\d+)$/.exec(lines.shift() ?? '')?.[1] ?? assert.fail('no plan'));
  const points: TapPoint[] = [];
  let bailOut: string | null = null;
  while (0 < lines.length) {
    const line = lines.shift() ?? '';
    if (line.startsWith('Bail out!')) {
      bailOut = line.slice(9).trim();
      assert.equal(lines.length, 0, 'nothing follows');
      break;
    }
    const match = /^(not )?ok (\d+) - (.*)$/.exec(line) ?? assert.fail(`not a test point: ${line}`);
    const [description, ...directives] = (match[3] ?? '').split(/(?<=(?:^|[^\\])(?:\\\\)*) # ?/);
    const directive = directives.find((part) => /^(SKIP|TODO)\b/i.test(part)) ?? null;
    let diagnostics: unknown = null;
    if (lines[0] === '  ---') {
      lines.shift();
      const end = lines.indexOf('  ...');
      assert.ok(0 <= end, 'the block ends');
      const block = lines.splice(0, end);
      lines.shift();
      assert.ok(block.every((inner) => inner === '' || inner.startsWith('  ')));
      diagnostics = parse(block.map((inner) => inner.slice(2)).join('\n'));
    }
    points.push({
      ok: match[1] === undefined,
      number: Number(match[2]),
      description: unescape(description ?? ''),
      directive: directive === null ? null : unescape(directive),
      diagnostics,
    });
  }
  assert.deepEqual(
    points.map(({ number }) => number),
    points.map((_, index) => index + 1),
  );
  if (bailOut === null) assert.equal(points.length, plan);
  return { plan, points, bailOut };
}

function unescape(text: string): string {
  return text.replace(/\\([\\#])/g, '$1');
}

export interface JunitReport {
  readonly totals: Readonly<Record<string, string>>;
  readonly suites: readonly {
    readonly name: string;
    readonly cases: readonly { readonly name: string; readonly children: readonly string[]; readonly text: string }[];
  }[];
}

/** Reads a JUnit report and accepts nothing but its usual shape: well-formed, known elements, counts that are right. */
export function readJunit(text: string): JunitReport {
  const root = parseXml(text);
  assert.equal(root.name, 'testsuites');
  const count = (element: Element, name: string): number =>
    element.children.reduce((sum, child) => sum + (child.name === name ? 1 : 0) + count(child, name), 0);
  const check = (element: Element): void => {
    for (const [attribute, name] of [
      ['tests', 'testcase'],
      ['failures', 'failure'],
      ['errors', 'error'],
      ['skipped', 'skipped'],
    ] as const) {
      assert.equal(Number(element.attributes[attribute]), count(element, name), attribute);
    }
  };
  check(root);
  const suites = root.children.map((suite) => {
    assert.equal(suite.name, 'testsuite');
    check(suite);
    const cases = suite.children.map((testCase) => {
      assert.equal(testCase.name, 'testcase');
      assert.ok(testCase.attributes['classname'] !== undefined && testCase.attributes['time'] !== undefined);
      const children = testCase.children.map(({ name }) => name);
      assert.ok(children.every((name) => ['failure', 'error', 'skipped', 'system-out', 'system-err'].includes(name)));
      const inner = testCase.children.map((child) => child.text).join('\n');
      return { name: testCase.attributes['name'] ?? '', children, text: inner };
    });
    return { name: suite.attributes['name'] ?? '', cases };
  });
  const { name: _name, ...totals } = root.attributes;
  return { totals, suites };
}

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** As much of XML as reports have; what is not well-formed fails. */
function parseXml(text: string): Element {
  assert.doesNotMatch(text, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  assert.ok(text.startsWith(declaration));
  const top: Element = { name: '', attributes: {}, children: [], text: '' };
  const stack = [top];
  const tokens = /<(\/)?([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/)?>|([^<]+)/gy;
  tokens.lastIndex = declaration.length;
  while (tokens.lastIndex < text.length) {
    const at = tokens.lastIndex;
    const match = tokens.exec(text) ?? assert.fail(`not well-formed at ${text.slice(at, at + 40)}`);
    const [, closing, name, attributes, isEmpty, characters] = match;
    const current = stack.at(-1) ?? top;
    if (characters !== undefined) current.text += decode(characters);
    else if (closing !== undefined) {
      assert.equal(name, current.name);
      stack.pop();
    } else {
      const element = { name: name ?? '', attributes: readAttributes(attributes ?? ''), children: [], text: '' };
      current.children.push(element);
      if (isEmpty === undefined) stack.push(element);
    }
  }
  assert.equal(stack.length, 1);
  assert.equal(top.children.length, 1);
  return top.children[0] ?? top;
}

function readAttributes(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, decode(value ?? '')]),
  );
}

function decode(text: string): string {
  assert.doesNotMatch(text, /&(?!(amp|lt|gt|quot|#10);)/);
  const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#10': '\n' };
  return text.replace(/&([^;]+);/g, (_, name: string) => characters[name] ?? '');
}
