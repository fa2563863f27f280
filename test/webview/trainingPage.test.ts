import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import * as wire from '../../src/protocol/trainingView';
import { axeViolations } from './axeViolations';
import {
  fixtureGate,
  fixtureHead,
  fixtureReport,
  fixtureState,
  fixtureVariants,
  fixtureViews,
} from './fixtureTraining';
import type { OpenedPage } from './openPage';
import { pseudoTexts, untranslated } from './pseudoLocale';
import { themes, type FixtureTheme } from './themes';
import { screenshots, usePages } from './usePages';

const views: Readonly<Record<string, wire.TrainingView>> = fixtureViews;
const variants: Readonly<Record<string, wire.TrainingView>> = fixtureVariants;

describe('the page of a head', function () {
  this.timeout(60_000);
  const pages = usePages('training');

  interface OpenParams {
    readonly theme?: FixtureTheme;
    readonly width?: number;
    readonly texts?: Readonly<Record<string, string>>;
    readonly handlers?: (page: OpenedPage) => void;
  }

  async function open(view: wire.TrainingView, params: OpenParams = {}): Promise<OpenedPage> {
    const { theme = themes.dark, width = 1000, texts, handlers } = params;
    const opened = await pages.open({ theme, width, ...(texts === undefined ? {} : { texts }) });
    opened.connection.onRequest(wire.trainingReady, () => view);
    handlers?.(opened);
    opened.connection.listen();
    await opened.load();
    await opened.page.locator('main h1').waitFor({ state: 'attached' });
    await opened.page.waitForTimeout(100);
    return opened;
  }

  const lossChart = (page: Page) => page.locator('ald-line-chart').first();
  const tableNamed = (page: Page, name: string) => page.getByRole('region', { name }).locator('table');

  it('stays within its budget, and carries no library that it does not need', () => {
    const { bytes, inputs } = pages.built();
    assert.ok(bytes <= 250_000, `${bytes} bytes`);
    assert.deepEqual(
      Object.keys(inputs).filter((path) => /vscode-jsonrpc|node_modules\/(yaml|zod)/.test(path)),
      [],
    );
  });

  for (const [name, theme] of Object.entries(themes)) {
    for (const [kind, view] of Object.entries(views)) {
      it(`has no accessibility violations and keeps the policy: ${kind}, ${theme.name}`, async () => {
        const opened = await open(view, { theme });
        const { page } = opened;
        await page.screenshot({ path: join(screenshots, `training-${kind}-${name}.png`), fullPage: true });
        assert.deepEqual(await axeViolations(page), []);
        assert.deepEqual(opened.violations, []);
      });
    }
  }

  for (const [kind, view] of Object.entries(variants)) {
    it(`has no accessibility violations: ${kind}`, async () => {
      const { page } = await open(view);
      await page.screenshot({ path: join(screenshots, `training-${kind}.png`), fullPage: true });
      assert.deepEqual(await axeViolations(page), []);
    });
  }

  for (const width of [380, 700]) {
    it(`fits into a column of ${width} pixels`, async () => {
      for (const [kind, view] of Object.entries({ ...views, ...variants })) {
        const { page } = await open(view, { width });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${kind}: ${overflow} pixels too wide`);
      }
    });
  }

  for (const [kind, view] of Object.entries({ ...views, ...variants })) {
    it(`shows every text in the display language: ${kind}`, async () => {
      const { page } = await open(view, { texts: pseudoTexts('training') });
      const names = [...fixtureReport.objectives.map(({ name }) => name), 'Training the gate'];
      const left = (await untranslated(page, view)).map((text) => text.replace(/[ ,·]+$/, ''));
      assert.deepEqual(
        left.filter((text) => !names.includes(text)),
        [],
      );
    });
  }

  describe('while a head is trained', () => {
    it('says how far it is, which stages are done, and which one is at work', async () => {
      const { page } = await open(fixtureViews.running);
      assert.equal(await page.getByRole('progressbar').getAttribute('aria-valuenow'), '42');
      const stages = page.getByRole('list', { name: 'Stages' }).getByRole('listitem');
      assert.deepEqual(
        (await stages.allTextContents()).map((text) => text.trim()),
        [
          'Data, done',
          'Features, done',
          'Ratings, done',
          'Verbosity, done',
          'Gate, running',
          'Checks, waiting',
          'Head file, waiting',
        ],
      );
      assert.equal(await page.locator('[aria-current="step"]').count(), 1);
    });

    it('draws the curve on as it grows, and the keyboard stays where it is', async () => {
      const { page, connection } = await open(fixtureViews.running);
      assert.equal(await lossChart(page).locator('.mark').count(), 17);
      await lossChart(page).locator('.mark').first().focus();
      for (const key of ['ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
      const view: wire.TrainingView = {
        ...fixtureViews.running,
        subject: {
          ...fixtureViews.running.subject,
          training: fixtureState({ ...fixtureReport, gate: fixtureGate(19), checks: [] }, 'gate'),
        },
      };
      await connection.sendNotification(wire.showTraining, view);
      await lossChart(page).locator('.mark').nth(18).waitFor({ state: 'attached' });
      const focused = await page.evaluate(
        () =>
          document
            .querySelector('ald-training')
            ?.shadowRoot?.querySelector('ald-line-chart')
            ?.shadowRoot?.activeElement?.getAttribute('aria-label') ?? null,
      );
      assert.match(focused ?? '', /^Step 150, Training 0\.\d+, Held out 0\.\d+$/);
    });

    it('asks the extension to stop', async () => {
      const asked: string[] = [];
      const { page } = await open(fixtureViews.running, {
        handlers: ({ connection }) =>
          connection.onRequest(wire.actOnTraining, ({ action }) => {
            asked.push(action);
            return null;
          }),
      });
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.waitForTimeout(100);
      assert.deepEqual(asked, ['stop']);
    });
  });

  describe('the curve', () => {
    it('is one tab stop with arrow keys between steps, and says which step was kept', async () => {
      const { page } = await open(fixtureViews.trained);
      const marks = lossChart(page).locator('.mark');
      assert.equal(await lossChart(page).locator('.mark[tabindex="0"]').count(), 1);
      await marks.first().focus();
      await page.keyboard.press('End');
      assert.match((await lossChart(page).locator('.tooltip').innerText()) ?? '', /^Step 2,000/);
      assert.match((await marks.nth(23).getAttribute('aria-label')) ?? '', /^Step 1,200, .*, kept$/);
      await page.keyboard.press('Escape');
      assert.equal(await lossChart(page).locator('.tooltip').count(), 0);
    });

    it('has a table behind it with the exact numbers', async () => {
      const copied: string[] = [];
      const { page } = await open(fixtureViews.trained, {
        handlers: ({ connection }) =>
          connection.onRequest(wire.copyTrainingText, ({ text }) => {
            copied.push(text);
            return null;
          }),
      });
      await lossChart(page).getByRole('button', { name: 'Show as table' }).click();
      assert.equal(await lossChart(page).locator('tbody tr').count(), 40);
      await lossChart(page).getByRole('button', { name: 'Copy table' }).click();
      await page.getByText('Copied').waitFor();
      const [header, first] = copied.join('').split('\n');
      assert.equal(header, 'Step\tTraining\tHeld out');
      assert.equal(first, [50, fixtureGate().curve[0]?.loss, fixtureGate().curve[0]?.heldOutLoss].join('\t'));
    });

    it('of one point alone, or of points without a held-out figure, is drawn all the same', async () => {
      const gate = { ...fixtureGate(1), meanGates: [] };
      const curve = [{ step: 0, loss: 0.69, heldOutLoss: null, heldOutAccuracy: null }];
      const { page } = await open({
        ...fixtureViews.running,
        subject: {
          ...fixtureViews.running.subject,
          training: fixtureState({ ...fixtureReport, gate: { ...gate, curve } }, 'gate'),
        },
      });
      assert.equal(await lossChart(page).locator('.mark').count(), 1);
      assert.match((await lossChart(page).locator('polyline').first().getAttribute('points')) ?? '', /^0,[\d.]+$/);
    });
  });

  it('draws the figures of a finished training within 300 ms of being sent them', async () => {
    const { page, connection } = await open(fixtureVariants.starting);
    await page.evaluate(() => {
      const state = window as unknown as { began: number; drawn: number };
      window.addEventListener('message', () => (state.began = performance.now()), { capture: true, once: true });
      const root = document.querySelector('ald-training')?.shadowRoot;
      new MutationObserver((_, observer) => {
        if (root?.querySelector('ald-line-chart') === null) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => (state.drawn = performance.now())));
      }).observe(root as ShadowRoot, { childList: true, subtree: true });
    });
    await connection.sendNotification(wire.showTraining, fixtureViews.trained);
    await page.waitForFunction(() => (window as unknown as { drawn?: number }).drawn !== undefined);
    const took = await page.evaluate(() => {
      const { began, drawn } = window as unknown as { began: number; drawn: number };
      return drawn - began;
    });
    assert.ok(took < 300, `${took.toFixed(0)} ms`);
  });

  describe('figures', () => {
    it('stand beside what they have to beat, and warn where they do not', async () => {
      const { page } = await open(fixtureViews.trained);
      const rows = tableNamed(page, 'Objectives').first().locator('tbody tr');
      assert.equal(await rows.count(), 6);
      assert.match(
        await rows.nth(1).innerText(),
        /compliance\s+1,528\s+AUC\s+0\.998\s+± 0\.021\s+0\.585\s+0\.986\s+1,000/,
      );
      assert.equal(await rows.nth(1).getByText('No better than length').count(), 0);
      assert.equal(await rows.nth(5).getByText('No better than length').count(), 1);
      assert.match((await rows.nth(1).locator('td').last().getAttribute('title')) ?? '', /1,000: 0\.4500/);
    });

    it('of the correction for length say where it did not reach its aim', async () => {
      const { page } = await open(fixtureViews.trained);
      const rows = tableNamed(page, 'Verbosity').locator('tbody tr');
      assert.match(await rows.first().innerText(), /compliance\s+0\.310\s+0\.35\s+0\.021/);
      assert.equal(await rows.getByText('Not reached').count(), 1);
    });

    it('of each round say what was kept, swapped and reached', async () => {
      const { page } = await open(fixtureViews.trained);
      const rows = tableNamed(page, 'Unlabelled pairs').locator('tbody tr');
      assert.match(await rows.first().innerText(), /^Labelled alone\s+70\.1 %/);
      assert.match(await rows.nth(1).innerText(), /Round 1\s+900 30\.8 %\s+410\s+87\.0 %\s+74\.2 %/);
    });

    it('of an evaluation have intervals, baselines, subsets and errors by group', async () => {
      const { page } = await open(fixtureViews.evaluated);
      assert.match(await page.locator('.facts').innerText(), /74\.2 %[\s\S]*71\.7 % to 76\.7 % · 3 ties[\s\S]*\+17\.1/);
      const labels = await page
        .locator('ald-bar-chart .mark')
        .evaluateAll((marks) => marks.map((mark) => mark.getAttribute('aria-label')));
      assert.deepEqual(labels, ['Head, 74.2 %', 'Length, 57.1 %', 'Words, 64.8 %', 'Length-controlled, 72.5 %']);
      assert.match(await tableNamed(page, 'Subsets').innerText(), /chat-hard\s+300\s+58\.0 %/);
      const groups = tableNamed(page, 'Errors by group: non-toxicity').locator('tbody tr');
      assert.match(await groups.last().innerText(), /female\s+44\s+15\.0 %\s+0\s+–/);
    });
  });

  describe('a head file', () => {
    it('shows its objectives, and its card as text that runs nothing', async () => {
      const { page, violations } = await open(fixtureViews.head);
      assert.equal(await page.getByText('in use').count(), 1);
      const card = page.locator('.card');
      assert.equal(await card.locator('table tbody tr').count(), 2);
      assert.equal(await card.locator('ul li').count(), 2);
      assert.equal(await card.locator('script, a').count(), 0);
      assert.match(await card.innerText(), /<script>alert\(1\)<\/script> is text/);
      assert.match(await card.locator('p').first().innerText(), /that rates five things\. See my\.head\.yml\./);
      assert.deepEqual(violations, []);
    });

    it('says that weights depend on the prompt where there is a gate', async () => {
      const head = {
        ...fixtureHead,
        metadata: { ...fixtureHead.metadata, gate: { text: 'x', temperature: 10 } },
        gateShape: [576, 64, 6],
      };
      const { page } = await open({ ...fixtureViews.head, head });
      assert.equal(await page.getByText('by prompt').count(), 6);
      assert.match(await page.locator('.model').innerText(), /6 objectives with a gate/);
    });

    it('that is not there any more says so', async () => {
      const { page } = await open(fixtureVariants.gone);
      assert.match(await page.getByRole('alert').first().innerText(), /does not exist/);
    });
  });
});
