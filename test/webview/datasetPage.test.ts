import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { ResponseError } from 'vscode-jsonrpc/node';
import * as wire from '../../src/protocol/datasetView';
import { findBrowser } from '../workbench/findBrowser.mjs';
import { axeViolations } from './axeViolations';
import { buildPage, type BuiltPage } from './buildPage';
import { fixtureDataset, fixturePairs, fixtureSingles, type FixtureDataset } from './fixtureDataset';
import { gatedModel, metersModel } from './fixtureRows';
import { openPage, type OpenedPage } from './openPage';
import { pseudoTexts, untranslated } from './pseudoLocale';
import { themes, type FixtureTheme } from './themes';

const screenshots = join('out', 'screenshots');

const pairs = fixtureDataset({ model: metersModel, rows: fixturePairs(metersModel, 5000, []) });
const gated = fixtureDataset({
  model: gatedModel,
  rows: fixturePairs(gatedModel, 1200, [
    'alpacaeval-easy',
    'donotanswer',
    'hep-python',
    'math-prm',
    'xstest-should-refuse',
  ]),
});
const singles = fixtureDataset({ model: metersModel, rows: fixtureSingles(metersModel, 300), file: 'answers.jsonl' });
const bad = fixtureDataset({
  model: metersModel,
  rows: Array.from({ length: 3 }, (_, index) => ({
    scored: {
      id: String(index + 1),
      error: { code: 'row' as const, message: `row ${index + 1}: \`prompt\` is missing` },
    },
    subset: null,
    excerpt: '',
  })),
});
const nothing = fixtureDataset({ model: metersModel, rows: [] });

/** The run of `dataset` in another state. */
function inState(
  dataset: FixtureDataset,
  state: wire.RunState,
  actions: readonly wire.DatasetAction[],
): wire.DatasetView {
  const view = dataset.view();
  return { ...view, run: { ...view.run, state }, actions };
}

const progress = {
  message: '5000 rows, 51 errors, 38.1 rows/s, 9214 tokens/s, 4 min 12 s left',
  done: 41_000,
  total: 100_000,
  unit: 'bytes',
} as const;
const running = inState(pairs, { kind: 'running', progress }, ['stop', 'openSource']);
const starting: wire.DatasetView = {
  ...inState(nothing, { kind: 'running', progress: null }, ['stop', 'openSource']),
  overview: null,
};
const failed: wire.DatasetView = {
  ...inState(
    nothing,
    {
      kind: 'failed',
      code: 'not_found',
      message: 'the starter model has not been fetched',
      hint: 'fetch it with the command “Fetch the Starter Model”',
    },
    ['fetchStarter', 'chooseModel'],
  ),
  overview: null,
};
const interrupted: wire.DatasetView = {
  ...inState(pairs, { kind: 'interrupted', reason: 'the scoring process ended before it answered (signal SIGKILL)' }, [
    'resume',
    'openSource',
  ]),
  sourceProblem: 'The file has changed since it was scored: rows may have moved, and their scores are those of before.',
};

const drawn: Readonly<Record<string, { readonly view: wire.DatasetView; readonly dataset: FixtureDataset }>> = {
  pairs: { view: pairs.view(), dataset: pairs },
  gated: { view: gated.view(), dataset: gated },
  singles: { view: singles.view(), dataset: singles },
  running: { view: running, dataset: pairs },
  starting: { view: starting, dataset: nothing },
  interrupted: { view: interrupted, dataset: pairs },
  failed: { view: failed, dataset: nothing },
  errors: { view: bad.view(), dataset: bad },
  empty: { view: nothing.view(), dataset: nothing },
};

describe('the data-set page', function () {
  this.timeout(60_000);
  let built: BuiltPage;
  let browser: Browser;
  let opened: OpenedPage | undefined;

  before(async () => {
    built = await buildPage('dataset');
    browser = await chromium.launch({ executablePath: findBrowser() ?? '', args: ['--no-sandbox', '--disable-gpu'] });
    mkdirSync(screenshots, { recursive: true });
  });
  after(() => browser?.close());
  afterEach(async () => {
    const errors = opened?.errors ?? [];
    await opened?.close();
    opened = undefined;
    assert.deepEqual(errors, []);
  });

  interface OpenParams {
    readonly dataset?: FixtureDataset;
    readonly view?: wire.DatasetView;
    readonly theme?: FixtureTheme;
    readonly width?: number;
    readonly context?: BrowserContextOptions;
    readonly texts?: Readonly<Record<string, string>>;
    readonly handlers?: (page: OpenedPage) => void;
  }

  async function open(params: OpenParams = {}): Promise<OpenedPage> {
    const {
      dataset = pairs,
      view = dataset.view(),
      theme = themes.dark,
      width = 1000,
      context,
      texts,
      handlers,
    } = params;
    opened = await openPage({
      browser,
      script: built.script,
      element: 'ald-dataset',
      theme,
      width,
      ...(context === undefined ? {} : { context }),
      ...(texts === undefined ? {} : { texts }),
    });
    opened.connection.onRequest(wire.datasetReady, () => view);
    opened.connection.onRequest(wire.readDatasetPage, (page) => dataset.page(page));
    handlers?.(opened);
    opened.connection.listen();
    await opened.load();
    await opened.page.locator('h1').waitFor();
    if (view.overview !== null && 0 < view.overview.rows) await rows(opened.page).first().waitFor();
    return opened;
  }

  /** The rows of the table that are drawn. */
  const rows = (page: Page) => page.locator('ald-row-table .row:has(.cell + .cell)');
  const grid = (page: Page) => page.getByRole('grid', { name: 'Rows' });
  const column = (page: Page, name: string) => page.locator(`ald-row-table .row .col-${name}`).allInnerTexts();
  const parsed = (text: string): number => Number(text.trim().replace('−', '-').replace('+', ''));

  describe('has nothing to object to for axe', () => {
    for (const [themeName, theme] of Object.entries(themes)) {
      for (const [name, { view, dataset }] of Object.entries(drawn)) {
        it(`${name} in ${theme.name}`, async () => {
          const { page } = await open({ view, dataset, theme });
          await page.screenshot({ path: join(screenshots, `dataset-${name}-${themeName}.png`), fullPage: true });
          assert.deepEqual(await axeViolations(page), []);
        });
      }
    }
  });

  it('has every text of its own in the language of the editor', async () => {
    const query = { kind: 'pair', sort: 'rank', descending: false, subset: null, range: null } as const;
    const firstRows = { query, offset: 0, count: 100 };
    for (const view of [gated.view(), running, interrupted]) {
      const { page } = await open({ view, dataset: gated, texts: pseudoTexts('dataset') });
      assert.deepEqual(await untranslated(page, [view, gated.page(firstRows), 'cpu f32']), []);
      await opened?.close();
    }
  });

  it('stays within 250 kB', () => {
    assert.ok(built.bytes <= 250_000, `${built.bytes} bytes`);
  });

  it('breaks its content security policy nowhere but in the way the toolkit is known for', async () => {
    const { violations, page } = await open({ dataset: gated });
    await page.waitForTimeout(300);
    assert.ok(violations.length <= 1, violations.join('\n'));
    assert.ok(violations.every((violation) => violation.startsWith('style-src')));
  });

  it('shows the worst rows first, with exact values behind the rounded ones', async () => {
    const { page } = await open();
    const margins = (await column(page, 'margin')).map(parsed);
    assert.ok(10 < margins.length);
    assert.deepEqual(
      margins,
      [...margins].sort((a, b) => a - b),
    );
    const [worst] = pairs.page({
      query: { kind: 'pair', sort: 'rank', descending: false, subset: null, range: null },
      offset: 0,
      count: 1,
    }).rows;
    assert.ok(worst);
    assert.equal(margins[0], Number(worst.rank?.toFixed(4)));
    assert.equal(await page.locator('.row .col-margin').first().getAttribute('title'), String(worst.rank));
  });

  it('says what the accuracy is, of how many pairs, and how sure that is', async () => {
    const { page } = await open();
    const { accuracy, wins, n } = pairs.view().overview?.pairs ?? assert.fail();
    const facts = page.locator('.facts');
    assert.match(await facts.innerText(), new RegExp(`Accuracy\\s+${(100 * accuracy).toFixed(1)} %`));
    assert.match(await facts.innerText(), /\d\d\.\d % to \d\d\.\d %/);
    const hint = (await facts.locator('.big').first().getAttribute('title')) ?? '';
    assert.ok(hint.includes(String(accuracy)) && hint.includes(wins.toLocaleString('en')), hint);
    assert.ok(hint.includes(n.toLocaleString('en')));
  });

  it('explains every figure on hover', async () => {
    const { page } = await open({ dataset: gated });
    const silent = await page
      .locator('.facts .big, .facts dd span, .figures span')
      .evaluateAll((figures) =>
        figures
          .filter((figure) => figure.closest('[aria-hidden]') === null && figure.closest('[title]') === null)
          .map((figure) => figure.textContent),
      );
    assert.deepEqual(silent, []);
  });

  it('sorts by a column, and the other way on a second click', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'Chosen', exact: true }).click();
    await page.locator('[role="columnheader"].col-chosen[aria-sort="ascending"]').waitFor();
    await rows(page).first().waitFor();
    const ascending = (await column(page, 'chosen')).map(parsed);
    assert.deepEqual(
      ascending,
      [...ascending].sort((a, b) => a - b),
    );
    await page.getByRole('button', { name: 'Chosen', exact: true }).click();
    await page.locator('[role="columnheader"].col-chosen[aria-sort="descending"]').waitFor();
    await rows(page).first().waitFor();
    const descending = (await column(page, 'chosen')).map(parsed);
    assert.deepEqual(
      descending,
      [...descending].sort((a, b) => b - a),
    );
    assert.ok((ascending[0] ?? 0) < (descending[0] ?? 0));
  });

  it('draws only what is in view, and asks for pages as it is scrolled', async () => {
    const asked: wire.PageParams[] = [];
    const { page } = await open({
      handlers: ({ connection }) =>
        connection.onRequest(wire.readDatasetPage, (params) => {
          asked.push(params);
          return pairs.page(params);
        }),
    });
    assert.ok((await rows(page).count()) < 60);
    assert.deepEqual(
      asked.map(({ offset, count }) => [offset, count]),
      [[0, 100]],
    );
    await grid(page).evaluate((element) => (element.scrollTop = 24 * 3000));
    await page.locator('#row-3000 .col-margin').waitFor();
    assert.ok(asked.some(({ offset }) => offset === 3000));
    assert.ok((await rows(page).count()) < 60);
    const total = pairs.view().overview?.kinds.pair ?? 0;
    assert.equal(await grid(page).getAttribute('aria-rowcount'), String(total + 1));
    await page.getByText(`${total.toLocaleString('en')} rows`).waitFor();
  });

  it('goes through the rows by keyboard with one tab stop, opens, shows and explains them', async () => {
    const opened: unknown[] = [];
    const { page } = await open({
      handlers: ({ connection }) => {
        connection.onRequest(wire.openDatasetRow, (row) => {
          opened.push(['open', row.id, row.line, row.focus]);
          return null;
        });
        connection.onRequest(wire.explainDatasetRow, (row) => {
          opened.push(['explain', row.id, row.line]);
          return null;
        });
      },
    });
    const table = grid(page);
    await table.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    assert.equal(await table.getAttribute('aria-activedescendant'), 'row-2');
    await page.keyboard.press('Enter');
    await page.keyboard.press(' ');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.press('End');
    const last = (pairs.view().overview?.kinds.pair ?? 0) - 1;
    await page.locator(`#row-${last} .col-margin`).waitFor();
    assert.equal(await table.getAttribute('aria-activedescendant'), `row-${last}`);
    await page.keyboard.press('Home');
    await page.locator('#row-0.active').waitFor();
    await page.locator('#row-0').getByRole('button', { name: 'Why?' }).click();
    await page.waitForTimeout(100);
    const worst = pairs.page({
      query: { kind: 'pair', sort: 'rank', descending: false, subset: null, range: null },
      offset: 0,
      count: 3,
    }).rows;
    const [first, , third] = worst;
    assert.deepEqual(opened, [
      ['open', third?.id, third?.line, true],
      ['open', third?.id, third?.line, false],
      ['explain', third?.id, third?.line],
      ['explain', first?.id, first?.line],
    ]);
  });

  it('shows the rows of a bar of the histogram, and all again', async () => {
    const { page } = await open();
    const bars = page.locator('ald-histogram').first().locator('.mark');
    const label = (await bars.nth(3).getAttribute('aria-label')) ?? '';
    const [, from, to, count] = /^(\S+) to (\S+), ([\d,]+) pairs?/.exec(label) ?? assert.fail(label);
    await bars.nth(3).focus();
    await page.keyboard.press('Enter');
    await page.locator('.chip').waitFor();
    await page.locator('ald-row-table .foot', { hasText: `${count} row` }).waitFor();
    const margins = (await column(page, 'margin')).map(parsed);
    assert.ok(
      margins.every((margin) => parsed(from ?? '') <= margin && margin <= parsed(to ?? '')),
      label,
    );
    await page.getByRole('button', { name: 'Show all again' }).click();
    await page.locator('.chip').waitFor({ state: 'detached' });
  });

  it('moves through a histogram with arrow keys from one tab stop', async () => {
    const { page } = await open({ dataset: gated });
    const chart = page.locator('ald-histogram[small]').first();
    assert.equal(await chart.locator('[tabindex="0"]').count(), 1);
    await chart.locator('.mark').first().focus();
    await page.keyboard.press('ArrowRight');
    const focused = await chart.evaluate((element) => element.shadowRoot?.activeElement?.getAttribute('data-index'));
    assert.equal(focused, '1');
    assert.match(await chart.locator('.tooltip').innerText(), /Chosen: \d+ response.*Rejected: \d+ response/s);
    await page.keyboard.press('End');
    await page.keyboard.press('Escape');
    assert.equal(await chart.locator('.tooltip').count(), 0);
  });

  it('draws the bars of chosen upwards and of rejected downwards, in proportion', async () => {
    const { page } = await open({ dataset: gated });
    const objective = gated.view().overview?.objectives[0] ?? assert.fail();
    const most = Math.max(...objective.bins.flatMap(({ counts }) => counts));
    const bin = objective.bins.findIndex(({ counts }) => counts[0] === most || counts[1] === most);
    const bars = await page
      .locator('ald-histogram[small]')
      .first()
      .locator(`[data-index="${bin}"] .bar`)
      .evaluateAll((marks) => marks.map((mark) => ['y', 'height'].map((name) => parseFloat(mark.getAttribute(name)!))));
    const [up, down] = bars as [[number, number], [number, number]];
    assert.ok(Math.abs(up[0] + up[1] - 50) < 1e-9 && down[0] === 50);
    const [chosen, rejected] = objective.bins[bin].counts;
    assert.ok(Math.abs(up[1] / down[1] - chosen / rejected) < 1e-9);
  });

  it('filters by subset, from the list and from the table of subsets', async () => {
    const { page } = await open({ dataset: gated });
    await page.getByRole('button', { name: 'math-prm' }).click();
    const expected = gated.view().overview?.subsets.find(({ name }) => name === 'math-prm');
    await page.locator('ald-row-table .foot', { hasText: `${expected?.pairs?.n} rows` }).waitFor();
    await page.getByRole('combobox', { name: 'Only rows of this subset' }).click();
    await page.getByRole('option', { name: 'All subsets' }).last().click();
    await page
      .locator('ald-row-table .foot', { hasText: `${gated.view().overview?.pairs?.n.toLocaleString('en')} rows` })
      .waitFor();
  });

  it('has a tab for errors, which says what is wrong with each row', async () => {
    const { page } = await open();
    await page.getByRole('tab', { name: /Errors/ }).click();
    await page.getByText('`rejected` is missing').first().waitFor();
    await page.getByRole('tab', { name: /Errors/ }).press('ArrowLeft');
    await page.getByRole('tab', { name: /Pairs/, selected: true }).waitFor();
    await page.locator('.row .col-margin').first().waitFor();
  });

  it('grows while the run goes on, and keeps the place and the order', async () => {
    let dataset = fixtureDataset({ model: metersModel, rows: fixturePairs(metersModel, 400, []) });
    const state: wire.RunState = { kind: 'running', progress };
    const { page, connection } = await open({
      view: inState(dataset, state, ['stop']),
      handlers: ({ connection }) => connection.onRequest(wire.readDatasetPage, (params) => dataset.page(params)),
    });
    await grid(page).focus();
    await page.keyboard.press('ArrowDown');
    dataset = fixtureDataset({ model: metersModel, rows: fixturePairs(metersModel, 900, []) });
    await connection.sendNotification(wire.showDataset, inState(dataset, state, ['stop']));
    await page.locator('ald-row-table .foot', { hasText: `${dataset.view().overview?.kinds.pair} rows` }).waitFor();
    assert.equal(await grid(page).getAttribute('aria-activedescendant'), 'row-1');
    assert.equal(await page.getByRole('progressbar').getAttribute('aria-valuenow'), '41');
  });

  it('offers what makes sense for the state of the run, and does it', async () => {
    const acted: string[] = [];
    const { page, connection } = await open({
      view: running,
      handlers: ({ connection }) =>
        connection.onRequest(wire.actOnDataset, ({ action }) => {
          acted.push(action);
          return action === 'saveAs' ? new ResponseError(1, 'the disk is full') : null;
        }),
    });
    await page.getByRole('button', { name: 'Stop' }).click();
    await connection.sendNotification(wire.showDataset, interrupted);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('rows may have moved').waitFor();
    await connection.sendNotification(wire.showDataset, pairs.view());
    await page.getByRole('button', { name: 'Save As…' }).click();
    await page.getByText('That did not work: the disk is full').waitFor();
    assert.deepEqual(acted, ['stop', 'resume', 'saveAs']);
  });

  it('remembers which run it shows, for after a reload', async () => {
    const { page } = await open();
    const saved = await page.evaluate(() => (window as unknown as { savedState: unknown }).savedState);
    assert.deepEqual(saved, { run: '20261122T100000' });
  });

  it('needs no sideways scrolling at 320 pixels', async () => {
    const { page } = await open({ dataset: gated, width: 320 });
    await page.screenshot({ path: join(screenshots, 'dataset-gated-320.png'), fullPage: true });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320);
  });

  it('moves nothing when motion is unwanted', async () => {
    const { page } = await open({ view: starting, dataset: nothing, context: { reducedMotion: 'reduce' } });
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  });

  it('shows hostile text as text', async () => {
    const hostile = '</script><img src=x onerror="window.pwned = 1">\u202E';
    const [row] = fixturePairs(metersModel, 1, []);
    assert.ok(row);
    const dataset = fixtureDataset({
      model: metersModel,
      rows: [{ ...row, subset: hostile, excerpt: hostile }],
      file: hostile,
    });
    const { page } = await open({ dataset });
    assert.equal(await page.evaluate(() => 'pwned' in window), false);
    assert.equal(await page.locator('img').count(), 0);
  });

  it('can be read with forced colours', async () => {
    const { page } = await open({ dataset: gated, context: { forcedColors: 'active' } });
    await page.screenshot({ path: join(screenshots, 'dataset-gated-forcedColors.png'), fullPage: true });
    const fills = await page
      .locator('ald-histogram[small]')
      .first()
      .locator('.bar')
      .evaluateAll((bars) => [...new Set(bars.map((bar) => bar.getAttribute('fill')))]);
    assert.deepEqual(fills.sort(), [null, 'url(#hatch)'].sort());
  });
});
