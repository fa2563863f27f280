import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import * as view from '../src/protocol/breakdownView';
import { buildPage } from '../test/webview/buildPage';
import { growthOf } from '../test/webview/fixtureGrowth';
import { gatedPair, metersPair, metersSingle } from '../test/webview/fixtureRows';
import { openPage } from '../test/webview/openPage';
import { themes } from '../test/webview/themes';
import { findBrowser } from '../test/workbench/findBrowser.mjs';
import { describeMachine } from './support/machine';
import { interleave, median } from './support/stopwatch';
import { printTable } from './support/table';

// The breakdown page in a real browser: main-thread time up to its first chart against a page that has the toolkit's
// button, dropdown, option and text field alone, in the same browser, in turn; and from a new score to its picture.

/** A page as poor as can be that has the toolkit: one of each control that the breakdown page may show. */
const toolkitAlone = `
import { provideVSCodeDesignSystem, vsCodeButton, vsCodeDropdown, vsCodeOption, vsCodeTextField } from '@vscode/webview-ui-toolkit';
provideVSCodeDesignSystem().withPrefix('tk').register(vsCodeButton(), vsCodeDropdown(), vsCodeOption(), vsCodeTextField());
const root = document.querySelector('ald-toolkit');
root.innerHTML = '<tk-button>Score</tk-button><tk-dropdown><tk-option>A</tk-option><tk-option>B</tk-option></tk-dropdown><tk-text-field></tk-text-field>';
`;

/** Milliseconds of the page's main thread. */
interface Figures {
  readonly mainThread: number;
  readonly wall: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
  const rounds = Number(values.rounds);
  const browser = await chromium.launch({
    executablePath: findBrowser() ?? '',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const breakdown = await buildPage('breakdown');
  const alone = await buildToolkitAlone();
  console.log(
    `${describeMachine()}; Chromium ${browser.version()}; ${rounds} pages each, in turn\n` +
      `breakdown page ${breakdown.bytes} bytes, toolkit alone ${Buffer.byteLength(alone)} bytes\n`,
  );
  const results = await interleave(
    [
      { name: 'toolkit alone', run: () => measureToolkit(browser, alone) },
      { name: 'breakdown, pair of 19 objectives', run: () => measureBreakdown(browser, breakdown.script, gatedPair) },
      { name: 'breakdown, six meters', run: () => measureBreakdown(browser, breakdown.script, metersSingle) },
    ],
    { rounds, warmUps: 2 },
  );
  const least = (name: string, figure: keyof Figures): number =>
    Math.min(...(results.get(name) ?? []).map((figures) => figures[figure]));
  const middle = (name: string, figure: keyof Figures): number =>
    median((results.get(name) ?? []).map((figures) => figures[figure]));
  const base = { least: least('toolkit alone', 'mainThread'), middle: middle('toolkit alone', 'mainThread') };
  printTable(
    ['until the first chart', 'main thread ms, least', 'median', 'ratio, least', 'ratio, median', 'wall ms, median'],
    [...results.keys()].map((name) => [
      name,
      least(name, 'mainThread').toFixed(1),
      middle(name, 'mainThread').toFixed(1),
      (least(name, 'mainThread') / base.least).toFixed(2),
      (middle(name, 'mainThread') / base.middle).toFixed(2),
      middle(name, 'wall').toFixed(0),
    ]),
  );
  console.log('');
  const updates = await measureUpdates(browser, breakdown.script, 2 * rounds);
  printTable(
    ['from the score to its picture', 'ms, median', '95th percentile', 'most'],
    [...updates].map(([name, times]) => [
      name,
      median(times).toFixed(1),
      percentile(times, 0.95).toFixed(1),
      Math.max(...times).toFixed(1),
    ]),
  );
  await browser.close();
}

async function buildToolkitAlone(): Promise<string> {
  const { outputFiles } = await build({
    bundle: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    format: 'iife',
    legalComments: 'none',
    minify: true,
    platform: 'browser',
    stdin: { contents: toolkitAlone, resolveDir: process.cwd(), loader: 'js' },
    target: 'es2022',
    write: false,
  });
  return outputFiles[0].text;
}

async function measureToolkit(browser: Browser, script: string): Promise<Figures> {
  const opened = await openPage({ browser, script, element: 'ald-toolkit', theme: themes.dark });
  try {
    opened.connection.listen();
    return await measure(opened.page, opened.load, ['tk-button', 'button']);
  } finally {
    await opened.close();
  }
}

async function measureBreakdown(browser: Browser, script: string, row: typeof gatedPair): Promise<Figures> {
  const opened = await openPage({ browser, script, element: 'ald-breakdown', theme: themes.dark });
  try {
    opened.connection.onRequest(view.ready, () => ({ state: stateOf(row), locked: false }));
    opened.connection.onRequest(view.readGrowth, ({ responses }) =>
      responses.map((index) => growthOf(row.responses[index])),
    );
    opened.connection.listen();
    return await measure(opened.page, opened.load, ['ald-breakdown', 'ald-bar-chart', '.mark']);
  } finally {
    await opened.close();
  }
}

/**
 * From the navigation until there is such an element, in whatever shadow tree, and the frame with it has been made: what
 * the tasks of the page's main thread took by then, as Chromium's own trace has it.
 */
async function measure(page: Page, load: () => Promise<void>, selector: readonly string[]): Promise<Figures> {
  await page.addInitScript(markFirst, { selector, mark });
  const browser = page.context().browser();
  await browser?.startTracing(page, {
    categories: ['disabled-by-default-devtools.timeline', 'blink.user_timing', 'toplevel'],
  });
  const marked = page.waitForEvent('console', { predicate: (message) => message.text() === mark });
  const start = performance.now();
  await Promise.all([marked, load()]);
  const wall = performance.now() - start;
  const trace = JSON.parse((await browser?.stopTracing())?.toString() ?? '{}') as {
    traceEvents?: readonly TraceEvent[];
  };
  return { mainThread: mainThreadTime(trace.traceEvents ?? []), wall };
}

const mark = 'first-chart';

/** Runs in the page before everything else. */
function markFirst({ selector, mark: name }: { readonly selector: readonly string[]; readonly mark: string }): void {
  const look = (): void => {
    let found: Element | null | undefined = document.documentElement;
    for (const part of selector) found = (found?.shadowRoot ?? found)?.querySelector(part);
    if (!found) requestAnimationFrame(look);
    // Behind the frame in which it is seen, before anything that was put off until then.
    else {
      performance.mark(name);
      console.log(name);
    }
  };
  requestAnimationFrame(look);
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  /** Of the thread alone, whatever else the machine did. */
  readonly tdur?: number;
}

/** Milliseconds of tasks on the thread that set the mark, up to the end of the one that did. */
function mainThreadTime(events: readonly TraceEvent[]): number {
  const marked = events.find(({ name }) => name === mark);
  if (marked === undefined) throw new Error('the trace does not have the mark');
  const tasks = events.filter(
    ({ name, pid, tid, ts }) => name === 'RunTask' && pid === marked.pid && tid === marked.tid && ts <= marked.ts,
  );
  return tasks.reduce((sum, { dur = 0, tdur = dur }) => sum + tdur, 0) / 1000;
}

/** In the page: from the message with a new score to the frame that shows it. */
async function measureUpdates(
  browser: Browser,
  script: string,
  rounds: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, number[]>();
  for (const [name, row] of [
    ['pair of 19 objectives', gatedPair],
    ['pair of six meters', metersPair],
  ] as const) {
    const opened = await openPage({ browser, script, element: 'ald-breakdown', theme: themes.dark });
    opened.connection.onRequest(view.ready, () => ({ state: stateOf(row), locked: false }));
    opened.connection.onRequest(view.readGrowth, ({ responses }) => responses.map(() => null));
    opened.connection.listen();
    await opened.load();
    await opened.page.locator('ald-bar-chart .mark').first().waitFor();
    const all: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const changed = { ...row, id: `${row.id}-${round}`, responses: [...row.responses].reverse() };
      all.push(await updateTime(opened.page, { state: stateOf(round % 2 === 0 ? changed : row), locked: false }));
    }
    times.set(name, all.slice(2));
    await opened.close();
  }
  return times;
}

function updateTime(page: Page, shown: view.BreakdownView): Promise<number> {
  return page.evaluate(
    ({ method, params }) =>
      new Promise<number>((resolve) => {
        // A frame begins; the message comes right after it, and what is drawn is in the next one.
        requestAnimationFrame(() =>
          setTimeout(() => {
            const start = performance.now();
            window.dispatchEvent(new MessageEvent('message', { data: { jsonrpc: '2.0', method, params } }));
            const charts = document.querySelector('ald-breakdown') as unknown as { updateComplete: Promise<unknown> };
            void charts.updateComplete
              .then(() => Promise.resolve())
              .then(() => {
                document.body.getBoundingClientRect(); // layout
                const channel = new MessageChannel();
                channel.port1.onmessage = () => resolve(performance.now() - start);
                channel.port2.postMessage(null);
              });
          }),
        );
      }),
    { method: view.showBreakdown.method, params: shown },
  );
}

function stateOf(row: typeof gatedPair): view.BreakdownState {
  return { kind: 'row', location: { file: 'preferences.jsonl', line: 1 }, row, stale: false };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

void main();
