import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { ResponseError } from 'vscode-jsonrpc/node';
import * as wire from '../../src/protocol/comparisonView';
import { findBrowser } from '../workbench/findBrowser.mjs';
import { axeViolations } from './axeViolations';
import { buildPage, type BuiltPage } from './buildPage';
import { fixtureComparison, halfWay } from './fixtureComparison';
import { gatedModel, metersModel } from './fixtureRows';
import { openPage, type OpenedPage } from './openPage';
import { pseudoTexts, untranslated } from './pseudoLocale';
import { themes, type FixtureTheme } from './themes';

const screenshots = join('out', 'screenshots');

const meters = fixtureComparison({ model: metersModel, inputs: 5, answers: 4, shift: 0.4 });
const gated = fixtureComparison({ model: gatedModel, inputs: 4, answers: 3, shift: 0 });
const one: wire.ComparisonView = {
  ...fixtureComparison({ model: metersModel, inputs: 1, answers: 4, shift: 0 }),
  title: 'one.prompty',
};
const half = halfWay(fixtureComparison({ model: metersModel, inputs: 5, answers: 4, shift: 0.4, compared: 1 }));
const running: wire.ComparisonView = {
  ...half,
  state: { kind: 'running', progress: { message: 'Input 2 of 5, working file: answer 2 of 4', done: 3, total: 10 } },
  actions: ['stop'],
};
const starting: wire.ComparisonView = {
  ...running,
  state: { kind: 'running', progress: { message: 'Opening the model' } },
  comparison: null,
  model: null,
  inputs: meters.inputs.map((input) => ({ ...input, first: half.inputs[3].first, second: half.inputs[3].second })),
};
const stopped: wire.ComparisonView = {
  ...half,
  state: { kind: 'stopped' },
  actions: ['resume', 'runAgain', 'save', 'copyJson', 'copyCsv'],
};
const failed: wire.ComparisonView = {
  ...stopped,
  state: {
    kind: 'failed',
    code: 'unsupported',
    message: 'http://127.0.0.1:9 did not answer',
    hint: 'start the server, or choose another generator',
  },
  actions: ['resume', 'openGeneratorSettings', 'runAgain', 'save', 'copyJson', 'copyCsv'],
};
const broken: wire.ComparisonView = {
  ...starting,
  generation: null,
  inputs: [],
  state: {
    kind: 'failed',
    code: 'format',
    message: 'HEAD cannot be read, line 3: the front matter is not YAML: missing quote',
    hint: null,
  },
  actions: ['runAgain'],
};
const stale: wire.ComparisonView = {
  ...gated,
  stale: 'prompts/support.prompt.md has been deleted since: the numbers are those of before.',
  notes: [
    'Only the working file has the variable tone: it is the same for both, and HEAD does not use it.',
    'HEAD, line 12: the variable audience has no value in 2 inputs.',
  ],
};
const idle: wire.ComparisonView = { ...broken, state: { kind: 'idle' } };
const same: wire.ComparisonView = { ...one, inputs: one.inputs.map((input) => ({ ...input, samePrompt: true })) };

/** Looked at in every theme; the others differ from them in words alone. */
const drawn: Readonly<Record<string, wire.ComparisonView>> = { meters, gated, running, failed, broken, stale };
const variants: Readonly<Record<string, wire.ComparisonView>> = { one, same, starting, stopped, idle };

describe('the page that compares versions', function () {
  this.timeout(60_000);
  let built: BuiltPage;
  let browser: Browser;
  let opened: OpenedPage | undefined;

  before(async () => {
    built = await buildPage('comparison');
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
    readonly theme?: FixtureTheme;
    readonly width?: number;
    readonly handlers?: (page: OpenedPage) => void;
    readonly texts?: Readonly<Record<string, string>>;
  }

  async function open(view: wire.ComparisonView, params: OpenParams = {}): Promise<OpenedPage> {
    const { theme = themes.dark, width = 1200, handlers, texts = {} } = params;
    opened = await openPage({ browser, script: built.script, element: 'ald-comparison', theme, width, texts });
    opened.connection.onRequest(wire.comparisonReady, () => ({ view, saved: { comparison: 'kept' } }));
    handlers?.(opened);
    opened.connection.listen();
    await opened.load();
    await opened.page.locator('h1').waitFor();
    return opened;
  }

  const expanders = (page: Page) => page.locator('button.expander');
  const heading = (page: Page) => page.locator('#verdict').innerText();

  describe('has nothing to object to for axe', () => {
    for (const [themeName, theme] of Object.entries(themes)) {
      const shown = theme === themes.dark ? { ...drawn, ...variants } : drawn;
      for (const [name, view] of Object.entries(shown)) {
        it(`${name} in ${theme.name}`, async () => {
          const { page } = await open(view, { theme });
          if (0 < view.inputs.length)
            await expanders(page)
              .nth(Math.min(1, view.inputs.length - 1))
              .click();
          await page.screenshot({ path: join(screenshots, `comparison-${name}-${themeName}.png`), fullPage: true });
          assert.deepEqual(await axeViolations(page), []);
        });
      }
    }
  });

  it('says nothing that cannot be translated', async () => {
    for (const view of [gated, one, running, stale, idle]) {
      const { page } = await open(view, { texts: pseudoTexts('comparison') });
      if (0 < view.inputs.length) await expanders(page).first().click();
      // Spoken, a number follows the name that it belongs to.
      const spoken = (view.model?.objectives ?? []).map(({ name }) => `${name},`);
      assert.deepEqual(await untranslated(page, [view, spoken, 'cpu f32']), []);
      await opened?.close();
    }
  });

  it('stays within 250 kB', () => {
    assert.ok(built.bytes <= 250_000, `${built.bytes} bytes`);
  });

  it('breaks its content security policy nowhere but in the way the toolkit is known for', async () => {
    const { violations, page } = await open(gated);
    await page.waitForTimeout(300);
    assert.ok(violations.length <= 1, violations.join('\n'));
    assert.ok(violations.every((violation) => violation.startsWith('style-src')));
  });

  for (const width of [320, 400, 700]) {
    it(`is no wider than a window of ${width} pixels`, async () => {
      for (const view of [gated, failed, stale]) {
        const { page, close } = await open(view, { width });
        await expanders(page).first().click();
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        await page.screenshot({ path: join(screenshots, `comparison-${width}.png`), fullPage: true });
        await close();
        assert.ok(overflow <= 0, `${overflow} pixels too wide`);
      }
    });
  }

  it('keeps the tools of an open input in view in a narrow column', async () => {
    const { page } = await open(one, { width: 540 });
    await expanders(page).first().click();
    const area = (await page.locator('.scroll').last().boundingBox()) ?? assert.fail('no table');
    const tool = (await page.locator('td.tools ald-button').boundingBox()) ?? assert.fail('no tool');
    assert.ok(tool.x + tool.width <= area.x + area.width + 1, `${tool.x + tool.width} of ${area.x + area.width}`);
  });

  describe('is never more confident than the numbers', () => {
    it('says which version scores higher only where the interval excludes 0', async () => {
      const { page } = await open(meters);
      assert.equal(meters.comparison?.score.verdict, 'higher');
      assert.equal(await heading(page), 'working file scores higher');
    });

    it('says that there is no clear difference where it includes 0', async () => {
      const { page } = await open(gated);
      assert.equal(await heading(page), 'No clear difference');
      assert.match(await page.locator('.verdict .basis').innerText(), /^Over 4 inputs\./);
    });

    it('says of one input that it says nothing about others', async () => {
      const { page } = await open(one);
      assert.match(await page.locator('.verdict .basis').innerText(), /nothing about other inputs/);
    });

    it('says that versions with the same prompt differ by chance', async () => {
      const { page } = await open(same);
      assert.equal(await page.getByText('Both versions render the same prompt').count(), 1);
    });

    it('warns of many intervals at once', async () => {
      const { page } = await open(gated);
      assert.equal(await page.getByText('of twenty objectives that do not differ').count(), 1);
    });

    it('says that meters are no judge', async () => {
      const { page } = await open(meters);
      assert.equal(await page.getByText('Not a judge of quality').count(), 1);
    });
  });

  it('draws every objective with its interval, and switches between contributions and rewards', async () => {
    const { page } = await open(meters);
    const marks = page.locator('ald-bar-chart .mark');
    assert.equal(await marks.count(), 6);
    assert.equal(await page.locator('ald-bar-chart .whisker').count(), 6);
    const first = await marks.first().getAttribute('aria-label');
    assert.match(first ?? '', /^[\w-]+, [+−][\d.]+ \([+−][\d.]+, [+−][\d.]+\)$/);
    await page.locator('ald-bar-chart tk-dropdown').click();
    await page.getByRole('option', { name: 'Rewards' }).click();
    await page.getByText('before weighting').waitFor();
    assert.notEqual(await marks.first().getAttribute('aria-label'), first);
  });

  it('shows the gate for gated models alone', async () => {
    const { page } = await open(gated);
    assert.equal(await page.locator('ald-bar-chart').count(), 2);
    assert.equal(await page.getByText('from the weights of the gate').count(), 1);
    await opened?.close();
    const { page: other } = await open(meters);
    assert.equal(await other.locator('ald-bar-chart').count(), 1);
  });

  it('opens the answers of an input by keyboard, and asks for the breakdown of one', async () => {
    const asked: wire.AnswersReference[] = [];
    const { page } = await open(meters, {
      handlers: ({ connection }) =>
        connection.onRequest(wire.explainAnswers, (answer) => {
          asked.push(answer);
          return null;
        }),
    });
    const expander = expanders(page).nth(2);
    await expander.focus();
    await page.keyboard.press('Enter');
    assert.equal(await expander.getAttribute('aria-expanded'), 'true');
    const answers = page.locator('tr.answers section').nth(1);
    const scores = (await answers.locator('.about strong').allInnerTexts()).map(Number);
    assert.equal(scores.length, 4);
    assert.deepEqual(
      scores,
      [...scores].sort((a, b) => b - a),
    );
    await answers.getByRole('button', { name: 'Show the breakdown of answer 2' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForTimeout(100);
    assert.deepEqual(asked, [{ input: 2, side: 'second', answer: 1 }]);
    await expander.click();
    assert.equal(await page.locator('tr.answers').count(), 0);
  });

  it('shows answers as text, whatever they hold', async () => {
    const { page } = await open(meters);
    await expanders(page).first().click();
    assert.equal(await page.locator('tr.answers script').count(), 0);
    assert.ok(0 < (await page.getByText('<script>alert("an answer is text")</script>').count()));
  });

  it('cuts long answers, and shows them to their ends when asked', async () => {
    const { page } = await open(meters);
    await expanders(page).first().click();
    const text = page.locator('tr.answers .text').filter({ hasText: 'Fill the kettle' }).first();
    const before = (await text.boundingBox())?.height ?? 0;
    await page.getByLabel('Show whole texts').check();
    assert.ok(before + 20 < ((await text.boundingBox())?.height ?? 0));
  });

  it('shows what is under way, failed and waiting, and keeps it apart from the numbers', async () => {
    const { page } = await open(running);
    assert.equal(await page.getByRole('progressbar').getAttribute('aria-valuenow'), '30');
    await expanders(page).nth(1).click();
    assert.equal(await page.getByText('the answer is empty').count(), 1);
    assert.equal(await page.getByText('not scored yet').count(), 1);
    const cells = await page.locator('table.inputs tbody tr').nth(3).innerText();
    assert.match(cells, /failed\s+waiting/);
  });

  it('offers what can be done, and tells the extension', async () => {
    const asked: string[] = [];
    const { page } = await open(stopped, {
      handlers: ({ connection }) =>
        connection.onRequest(wire.actOnComparison, ({ action }) => {
          asked.push(action);
          return null;
        }),
    });
    for (const name of ['Resume', 'Run Again', 'Save As…', 'Copy as JSON', 'Copy as CSV']) {
      await page.getByRole('button', { name, exact: true }).click();
    }
    await page.getByText('Copied').waitFor();
    assert.deepEqual(asked, ['resume', 'runAgain', 'save', 'copyJson', 'copyCsv']);
  });

  it('asks for the text difference of an input and for the file of a version', async () => {
    const asked: unknown[] = [];
    const { page } = await open(meters, {
      handlers: ({ connection }) => {
        const keep = (params: unknown): null => {
          asked.push(params);
          return null;
        };
        connection.onRequest(wire.showTextDifference, keep);
        connection.onRequest(wire.openVersion, keep);
      },
    });
    await page.getByRole('button', { name: 'Show the difference of the rendered prompts: Input 2' }).click();
    await page.getByRole('button', { name: 'HEAD', exact: true }).click();
    await page.waitForTimeout(100);
    assert.deepEqual(asked, [{ input: 1 }, { side: 'first' }]);
  });

  it('says what could not be done', async () => {
    const { page } = await open(meters, {
      handlers: ({ connection }) =>
        connection.onRequest(wire.actOnComparison, () => new ResponseError(1, 'the disk is full')),
    });
    await page.getByRole('button', { name: 'Save As…' }).click();
    await page.getByText('That did not work: the disk is full').waitFor();
  });

  it('keeps what is open, and what the extension needs after a reload, when new numbers come', async () => {
    const { page, connection } = await open(running);
    await expanders(page).first().click();
    await connection.sendNotification(wire.showComparison, meters);
    await page.getByRole('progressbar').waitFor({ state: 'detached' });
    assert.equal(await expanders(page).first().getAttribute('aria-expanded'), 'true');
    const saved = await page.evaluate(() => (window as unknown as { readonly savedState: unknown }).savedState);
    assert.deepEqual(saved, { comparison: 'kept' });
  });
});
