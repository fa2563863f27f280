import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { seededRandom } from '../src/core/seededRandom';
import { writeTinyModel } from '../test/fixtures/tinyModel';
import { describeMachine } from './support/machine';
import { median } from './support/stopwatch';
import { printTable } from './support/table';

// A JSONL file of 20 MB in the browser workbench: time from a key press to the paint that shows it, with and without the
// extension, in turn; and the time from the text to the lenses above it while the scoring process is warm.

const ROW_CHARACTERS = 1000;
const KEY_PAUSE = 90;
const WARM_UP_KEYS = 25;

const SETTINGS = {
  // What the editor does of its own accord while one types differs by language: here it does nothing.
  'editor.quickSuggestions': false,
  'editor.wordBasedSuggestions': 'off',
  'editor.occurrencesHighlight': 'off',
  'files.autoSave': 'off',
  // Megabytes; above them it asks before it opens a file.
  'workbench.editorLargeFileConfirmation': 100,
};

interface Server {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** The programs with which the tests drive a workbench; they find their files by their own address. */
interface WorkbenchModules {
  startServer(options: Readonly<Record<string, unknown>>): Promise<Server>;
  workbenchUrl(server: Server, options: { readonly development?: string }): string;
  openBrowser(options: { readonly width: number; readonly height: number }): Promise<{ browser: Browser; page: Page }>;
  installWorkbench(): void;
  readonly Workbench: new (page: Page, url: string) => Driver;
}

interface Driver {
  open(): Promise<void>;
  openFile(name: string): Promise<void>;
}

interface Visit {
  /** Milliseconds, one a key. */
  readonly keys: readonly number[];
  /** From the moment at which the text of the large file is on the screen: the editor has to send it to its extensions. */
  readonly opened: LensTimes | null;
  /** From a jump to a place in it that has not been seen. */
  readonly jumped: LensTimes | null;
}

/** Milliseconds. */
interface LensTimes {
  readonly offered: number;
  readonly firstMargin: number;
  readonly allMargins: number;
  readonly rows: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '4' },
      keys: { type: 'string', default: '150' },
      megabytes: { type: 'string', default: '20' },
      line: { type: 'string', default: '12000' },
      model: { type: 'string', default: 'tiny' },
    },
  });
  const [rounds, keys, bytes] = [Number(values.rounds), Number(values.keys), 1e6 * Number(values.megabytes)];
  const folder = mkdtempSync(join(tmpdir(), 'alidade-benchmark-'));
  const servers: Server[] = [];
  try {
    const modules = await loadModules();
    modules.installWorkbench();
    const workspace = join(folder, 'workspace');
    mkdirSync(workspace);
    const lines = writePairs(join(workspace, 'large.jsonl'), bytes);
    writePairs(join(workspace, 'small.jsonl'), 3000);
    if (values.model === 'tiny') writeTinyModel({ folder: join(folder, 'tiny') });
    const rewardModel = values.model === 'tiny' ? join(folder, 'tiny') : values.model;
    // Settings of the machine: those that a browser sends along are not asked for them.
    const alidade = { 'alidade.rewardModel': rewardModel, 'alidade.device': 'cpu', 'alidade.lens.autoScore': 'always' };
    mkdirSync(join(workspace, '.vscode'));
    writeFileSync(join(workspace, '.vscode', 'settings.json'), JSON.stringify(alidade));
    const start = async (): Promise<Server> => {
      const isTiny = values.model === 'tiny';
      const env = isTiny ? { env: { ALIDADE_CACHE: join(folder, 'cache') } } : {};
      const server = await modules.startServer({ workspace, driver: true, settings: SETTINGS, ...env });
      servers.push(server);
      return server;
    };
    const [without, withIt] = [await start(), await start()];
    const line = Math.min(Number(values.line), lines - 10);
    const visits = { without: [] as Visit[], with: [] as Visit[] };
    for (let round = 0; round < rounds; round += 1) {
      const order = round % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const);
      for (const kind of order) {
        const server = kind === 'with' ? withIt : without;
        visits[kind].push(await visit(modules, server, { isWith: kind === 'with', keys, line }));
        console.error(`round ${round + 1}, ${kind}: ${describe(visits[kind].at(-1)?.keys ?? [])}`);
      }
    }
    report({ visits, keys, lines, bytes, model: values.model });
  } finally {
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function loadModules(): Promise<WorkbenchModules> {
  const load = async (name: string): Promise<object> =>
    (await import(pathToFileURL(join(process.cwd(), 'test', 'workbench', `${name}.mjs`)).href)) as object;
  const names = ['startServer', 'openBrowser', 'install', 'driveWorkbench'];
  return Object.assign({}, ...(await Promise.all(names.map(load)))) as WorkbenchModules;
}

/** Pairs of random words with their ids, about `bytes` of them. @returns the number of lines. */
function writePairs(path: string, bytes: number): number {
  const random = seededRandom(bytes);
  const words = (characters: number): string => {
    let text = '';
    while (text.length < characters) text += `${Math.floor(random() * 2 ** 24).toString(36)} `;
    return text.trim();
  };
  const lines: string[] = [];
  for (let length = 0; length < bytes; length += (lines.at(-1)?.length ?? 0) + 1) {
    const share = ROW_CHARACTERS * (0.5 + random());
    const pair = { prompt: words(0.2 * share), chosen: words(0.4 * share), rejected: words(0.4 * share) };
    lines.push(JSON.stringify({ id: `row-${lines.length}`, ...pair }));
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
  return lines.length;
}

interface VisitOptions {
  readonly isWith: boolean;
  readonly keys: number;
  readonly line: number;
}

async function visit(
  { openBrowser, Workbench, workbenchUrl }: WorkbenchModules,
  server: Server,
  { isWith, keys, line }: VisitOptions,
): Promise<Visit> {
  const { browser, page } = await openBrowser({ width: 1440, height: 900 });
  try {
    const workbench = new Workbench(page, workbenchUrl(server, isWith ? { development: process.cwd() } : {}));
    await workbench.open();
    await workbench.openFile('small.jsonl');
    if (isWith)
      await page.locator('.codelens-decoration a', { hasText: 'Margin' }).first().waitFor({ timeout: 60_000 });
    await workbench.openFile('large.jsonl');
    const opened = isWith ? await timeLenses(page) : null;
    await goTo(page, line);
    const jumped = isWith ? await timeLenses(page) : null;
    await page.waitForTimeout(3000);
    await type(page, WARM_UP_KEYS);
    await page.evaluate(watchKeys);
    await type(page, keys);
    await page.waitForTimeout(500);
    const times = await page.evaluate(() => (globalThis as unknown as { keyTimes: number[] }).keyTimes);
    if (times.length !== keys) throw new Error(`${times.length} keys were seen, ${keys} were pressed`);
    return { keys: times, opened, jumped };
  } catch (error) {
    const picture = join(process.cwd(), 'out', 'screenshots', 'typing-latency.png');
    await page.screenshot({ path: picture });
    throw new Error(`the workbench is not where it should be: see ${picture}`, { cause: error });
  } finally {
    await browser.close();
  }
}

async function goTo(page: Page, line: number): Promise<void> {
  await page.keyboard.press('Control+G');
  await page.keyboard.type(`${line}:60`);
  await page.keyboard.press('Enter');
}

async function type(page: Page, keys: number): Promise<void> {
  for (let key = 0; key < keys; key += 1) {
    await page.keyboard.press('abcdefghijklmnopqrstuvwxyz'[key % 26] ?? 'x');
    await page.waitForTimeout(KEY_PAUSE);
  }
}

/** Runs in the page: a key's time ends with the first task after the frame that its input has asked for. */
function watchKeys(): void {
  const keyTimes: number[] = [];
  Object.assign(globalThis, { keyTimes });
  addEventListener(
    'keydown',
    ({ timeStamp }) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => keyTimes.push(performance.now() - timeStamp);
        port2.postMessage(null);
      });
    },
    true,
  );
}

async function timeLenses(page: Page): Promise<LensTimes> {
  const start = performance.now();
  await page.evaluate(defineLensesInView);
  const when = async (isSo: (rows: number) => boolean): Promise<number> => {
    await page.waitForFunction(isSo, 2, { polling: 50, timeout: 60_000 });
    return performance.now() - start;
  };
  const offered = await when((few) => few < lensesInView().length);
  const firstMargin = await when(() => /Margin/.test(lensesInView()[0] ?? ''));
  // Two lines may lie half below the edge.
  const allMargins = await when((few) => {
    const margins = lensesInView().filter((text) => /Margin/.test(text)).length;
    const lines = [...document.querySelectorAll('.view-line')].filter(
      (line) => line.getBoundingClientRect().bottom <= innerHeight,
    );
    return few < margins && lines.length - few <= margins;
  });
  return { offered, firstMargin, allMargins, rows: await page.evaluate(() => lensesInView().length) };
}

/** Texts of the lenses on the screen, from above; the editor has more below it, which say nothing yet. */
declare function lensesInView(): readonly string[];

/** Runs in the page. */
function defineLensesInView(): void {
  const isInView = (lens: Element): boolean => {
    const { top, bottom } = lens.getBoundingClientRect();
    const { top: first, bottom: last } = lens.closest('.monaco-editor')?.getBoundingClientRect() ?? {
      top: 0,
      bottom: 0,
    };
    return first <= top && bottom <= last;
  };
  const list = (): readonly string[] =>
    [...document.querySelectorAll('.codelens-decoration')]
      .filter(isInView)
      .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
      .map(({ textContent }) => (textContent ?? '').trim())
      .filter((text) => text !== '');
  Object.assign(globalThis, { lensesInView: list });
}

interface ReportParams {
  readonly visits: Readonly<Record<'without' | 'with', readonly Visit[]>>;
  readonly keys: number;
  readonly lines: number;
  readonly bytes: number;
  readonly model: string;
}

function report({ visits, keys, lines, bytes, model }: ReportParams): void {
  const file = `${(bytes / 1e6).toFixed(0)} MB in ${lines} rows`;
  console.log(`${describeMachine()}; ${file}; ${visits.with.length} rounds of ${keys} keys; model ${model}\n`);
  const all = (kind: 'without' | 'with'): readonly number[] => visits[kind].flatMap((one) => one.keys);
  const [before, after] = [all('without'), all('with')];
  printTable(
    ['key press to paint, ms', 'median', '95th percentile', '99th', 'worst'],
    [
      ['without the extension', ...figures(before)],
      ['with it', ...figures(after)],
    ],
  );
  console.log(
    `\n95th percentile with the extension by that without: ${(quantile(after, 0.95) / quantile(before, 0.95)).toFixed(2)}\n`,
  );
  const table = (title: string, read: (one: Visit) => LensTimes | null): void => {
    const lenses = visits.with.flatMap((one) => read(one) ?? []);
    const row = (name: string, part: (times: LensTimes) => number): string[] => {
      const times = lenses.map((one) => part(one) / 1000);
      return [name, median(times).toFixed(2), Math.max(...times).toFixed(2)];
    };
    printTable(
      [`${title}, s (${lenses[0]?.rows ?? 0} rows in view)`, 'median', 'worst'],
      [
        row('lenses above the rows in view', ({ offered }) => offered),
        row('the first margin', ({ firstMargin }) => firstMargin),
        row('all margins', ({ allMargins }) => allMargins),
      ],
    );
  };
  table('after the text is there', ({ opened }) => opened);
  console.log('');
  table('after a jump', ({ jumped }) => jumped);
}

function describe(times: readonly number[]): string {
  return `median ${quantile(times, 0.5).toFixed(1)} ms, 95th percentile ${quantile(times, 0.95).toFixed(1)} ms`;
}

function figures(times: readonly number[]): string[] {
  return [0.5, 0.95, 0.99, 1].map((share) => quantile(times, share).toFixed(1));
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

void main();
