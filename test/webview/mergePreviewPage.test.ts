import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ResponseError } from 'vscode-jsonrpc/node';
import * as wire from '../../src/protocol/mergePreviewView';
import { axeViolations } from './axeViolations';
import { fixtureDifference, fixtureView, fullScore, hmaPlan, tiesPlan } from './fixtureMerge';
import type { OpenedPage } from './openPage';
import { pseudoTexts, untranslated } from './pseudoLocale';
import { themes, type FixtureTheme } from './themes';
import { screenshots, usePages } from './usePages';

const ratios = [0.4, 0.3, 0.2];
const problems: readonly wire.ProblemView[] = [
  {
    severity: 'error',
    message: 'unknown key "weigth": did you mean "weight"?',
    line: 7,
    span: { start: 120, end: 126 },
  },
  { severity: 'warning', message: 'weights add up to 0.5', line: 12, span: { start: 200, end: 203 } },
];
const running = { kind: 'running', progress: { message: 'Layer 3', done: 3, total: 32 } } as const;

const hma = fixtureView(hmaPlan(ratios), {
  score: fullScore,
  difference: fixtureDifference(),
  actions: ['merge', 'search', 'score', 'forgetTrials', 'openRecipe'],
});
const views: Readonly<Record<string, wire.MergePreviewView>> = {
  hma,
  ties: fixtureView(tiesPlan(), { problems: problems.slice(1), freeBytes: 9e9 }),
  faulty: fixtureView(hmaPlan(ratios), { problems, stale: true, actions: ['openRecipe'] }),
  running: fixtureView(hmaPlan(ratios), {
    score: { ...fullScore, work: running },
    comparing: running,
    searching: running,
    actions: ['merge', 'stopSearch', 'stopScore', 'stopCompare', 'openRecipe'],
  }),
};
const variants: Readonly<Record<string, wire.MergePreviewView>> = {
  empty: { state: { kind: 'empty' }, locked: false },
  reading: fixtureView(null, { isReading: true, actions: ['openRecipe'] }),
  failed: fixtureView(null, {
    failure: { message: 'the scoring process ended.', hint: null },
    problems,
    actions: ['openRecipe'],
  }),
  layers: fixtureView(hmaPlan(Array.from({ length: 32 }, (_, layer) => layer / 31))),
};

describe('the preview of a merge', function () {
  this.timeout(60_000);
  const pages = usePages('mergePreview');

  interface OpenParams {
    readonly theme?: FixtureTheme;
    readonly width?: number;
    readonly texts?: Readonly<Record<string, string>>;
    readonly handlers?: (page: OpenedPage) => void;
  }

  async function open(view: wire.MergePreviewView, params: OpenParams = {}): Promise<OpenedPage> {
    const { theme = themes.dark, width = 1000, texts, handlers } = params;
    const opened = await pages.open({ theme, width, ...(texts === undefined ? {} : { texts }) });
    opened.connection.onRequest(wire.mergePreviewReady, () => view);
    handlers?.(opened);
    opened.connection.listen();
    await opened.load();
    const { state } = view;
    const isPlanned = state.kind === 'recipe' && state.plan !== null;
    await opened.page
      .locator(isPlanned ? '.facts' : 'main > *')
      .first()
      .waitFor({ state: 'attached' });
    return opened;
  }

  const slider = (page: Page, block: number) => page.locator(`ald-ratios input[data-block="${block}"]`);
  const cells = (page: Page) => page.locator('ald-heat-map').first().locator('.mark');

  /** Extension that keeps what it is asked, and plans what it is given. */
  function planning(): {
    readonly tried: (readonly number[])[];
    readonly written: (readonly number[])[];
    readonly handlers: (page: OpenedPage) => void;
  } {
    const tried: (readonly number[])[] = [];
    const written: (readonly number[])[] = [];
    return {
      tried,
      written,
      handlers: ({ connection }) => {
        connection.onRequest(wire.tryRatios, (params) => {
          tried.push(params.ratios);
          return hmaPlan(params.ratios);
        });
        connection.onRequest(wire.writeRatios, async (params) => {
          written.push(params.ratios);
          await connection.sendNotification(wire.showMergePreview, fixtureView(hmaPlan(params.ratios)));
          return null;
        });
      },
    };
  }

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
        await page.screenshot({ path: join(screenshots, `mergePreview-${kind}-${name}.png`), fullPage: true });
        assert.deepEqual(await axeViolations(page), []);
        assert.deepEqual(opened.violations, []);
      });
    }
  }

  for (const [kind, view] of Object.entries(variants)) {
    it(`has no accessibility violations: ${kind}`, async () => {
      const { page } = await open(view);
      await page.screenshot({ path: join(screenshots, `mergePreview-${kind}.png`), fullPage: true });
      assert.deepEqual(await axeViolations(page), []);
    });
  }

  for (const width of [380, 700]) {
    it(`fits into a column of ${width} pixels`, async () => {
      for (const view of [...Object.values(views), ...Object.values(variants)]) {
        const { page } = await open(view, { width });
        await page.waitForTimeout(100);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${overflow} pixels too wide`);
      }
    });
  }

  for (const [kind, view] of Object.entries({ ...views, ...variants })) {
    it(`shows every text in the display language: ${kind}`, async () => {
      const { page } = await open(view, { texts: pseudoTexts('mergePreview') });
      await page.waitForTimeout(150);
      assert.deepEqual(await untranslated(page, view), []);
    });
  }

  describe('the map', () => {
    it('has a cell for each layer and group of each model, named by its part in RLHF', async () => {
      const { page } = await open(hma);
      // Two models of 32 layers × 3 groups, with embedding, final norm and head.
      assert.equal(await cells(page).count(), 2 * (32 * 3 + 3));
      const labels = await cells(page).evaluateAll((marks) => marks.map((mark) => mark.getAttribute('aria-label')));
      assert.equal(labels[0], 'outside the layers, embedding, 0.40, zephyr-7b-sft · before RLHF');
      assert.equal(labels[1], 'layer 0, attention, 0.40, zephyr-7b-sft · before RLHF');
      assert.equal(labels.at(-1), 'outside the layers, head, 0.70, zephyr-7b-beta · after RLHF');
    });

    it('is one tab stop, with arrow keys between cells', async () => {
      const { page } = await open(hma);
      const stops = await page.locator('ald-heat-map').first().locator('.mark[tabindex="0"]').count();
      assert.equal(stops, 1);
      await cells(page).first().focus();
      for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'End']) await page.keyboard.press(key);
      const focused = await page.evaluate(() => {
        const map = document.querySelector('ald-mergepreview')?.shadowRoot?.querySelector('ald-heat-map');
        return map?.shadowRoot?.activeElement?.getAttribute('aria-label');
      });
      assert.equal(focused, 'layer 31, MLP, 0.20, zephyr-7b-sft · before RLHF');
      assert.match(await page.locator('ald-heat-map .tooltip').innerText(), /Share of this model/);
      await page.keyboard.press('Escape');
      assert.equal(await page.locator('ald-heat-map .tooltip').count(), 0);
    });

    it('has a table behind it, with runs of equal numbers in one row', async () => {
      const { page } = await open(hma);
      await page.getByRole('button', { name: 'Show as table' }).first().click();
      const rows = page.locator('ald-heat-map').first().locator('tbody tr');
      // 3 groups × 3 blocks and 3 tensors outside, of 2 models.
      assert.equal(await rows.count(), 2 * (3 * 3 + 3));
      assert.match(await rows.nth(1).innerText(), /attention\s+layers 0–9\s+0\.40/);
    });

    it('shows parameters where the method is no average, negative ones hatched', async () => {
      const { page } = await open(views['ties'] ?? hma);
      assert.match(await page.locator('ald-heat-map .note').first().innerText(), /parameter weight/);
      assert.ok(0 < (await page.locator('ald-heat-map rect.below').count()));
      await page.locator('ald-heat-map tk-dropdown').click();
      await page.getByRole('option', { name: 'density' }).click();
      await page.getByText('parameter density').waitFor();
      assert.equal(await page.locator('ald-heat-map rect.below').count(), 0);
    });

    it('leads from a layer to the slider of its block', async () => {
      const { page } = await open(hma);
      await cells(page)
        .nth(1 + 15)
        .click();
      const block = await page.evaluate(() => {
        const ratios = document.querySelector('ald-mergepreview')?.shadowRoot?.querySelector('ald-ratios');
        const focused = ratios?.shadowRoot?.activeElement;
        return focused instanceof HTMLElement ? focused.dataset['block'] : undefined;
      });
      assert.equal(block, '1');
    });
  });

  describe('the sliders', () => {
    it('say whose share they are, and where they stand', async () => {
      const { page } = await open(hma);
      assert.equal(await slider(page, 0).getAttribute('aria-label'), 'Layers 0–9, share of the model before RLHF');
      assert.equal(await slider(page, 0).getAttribute('aria-valuetext'), '0.40');
      assert.match(await page.locator('ald-ratios .note').innerText(), /zephyr-7b-sft, the model before RLHF/);
    });

    it('draw the plan at each step of a drag, and write once when let go, with the mean held', async () => {
      const host = planning();
      const { page } = await open(hma, host);
      const box = (await slider(page, 0).boundingBox()) ?? assert.fail('no slider');
      const y = box.y + box.height / 2;
      await page.mouse.move(box.x + 0.4 * box.width, y);
      await page.mouse.down();
      for (const share of [0.45, 0.5, 0.55, 0.6]) await page.mouse.move(box.x + share * box.width, y, { steps: 3 });
      await page.waitForTimeout(100);
      assert.ok(2 <= host.tried.length, `${host.tried.length} plans`);
      assert.equal(host.written.length, 0);
      await page.mouse.up();
      await page.waitForTimeout(200);
      assert.equal(host.written.length, 1);
      const [written = []] = host.written;
      assert.ok(0.55 < (written[0] ?? 0), String(written));
      assert.ok(Math.abs(written.reduce((sum, ratio) => sum + ratio, 0) - 0.9) < 1e-9, String(written));
      const label = await cells(page).nth(1).getAttribute('aria-label');
      assert.equal(Number(label?.split(', ')[2]), written[0]);
    });

    it('write once after the last of several keys, and at once when the focus leaves', async () => {
      const host = planning();
      const { page } = await open(hma, host);
      await slider(page, 2).focus();
      for (let press = 0; press < 4; press += 1) await page.keyboard.press('ArrowRight');
      assert.equal(host.written.length, 0);
      await page.waitForTimeout(1000);
      assert.deepEqual(
        host.written.map((written) => written[2]),
        [0.24],
      );
      await page.keyboard.press('Shift+ArrowRight');
      await page.getByLabel('Hold the mean').focus();
      await page.waitForTimeout(200);
      assert.equal(host.written.length, 2);
      assert.equal(host.written[1]?.[2], 0.34);
    });

    it('leave the others alone where the mean is not held', async () => {
      const host = planning();
      const { page } = await open(hma, host);
      await page.getByLabel('Hold the mean').uncheck();
      const field = page.getByRole('textbox', { name: 'Layers 0–9, share of the model before RLHF' });
      await field.fill('0.75');
      await field.press('Enter');
      await page.waitForTimeout(200);
      assert.deepEqual(host.written, [[0.75, 0.3, 0.2]]);
    });

    it('say what is no ratio, and write nothing', async () => {
      const host = planning();
      const { page } = await open(hma, host);
      const field = page.getByRole('textbox', { name: 'Layers 0–9, share of the model before RLHF' });
      await field.fill('1.5');
      await field.press('Enter');
      await page.getByText('“1.5” is not a number from 0 to 1').waitFor();
      assert.deepEqual(host.written, []);
    });

    it('go back where nothing could be written, and say why', async () => {
      const { page } = await open(hma, {
        handlers: ({ connection }) => {
          connection.onRequest(wire.tryRatios, (params) => hmaPlan(params.ratios));
          connection.onRequest(wire.writeRatios, () => new ResponseError(1, 'the recipe cannot be edited'));
        },
      });
      const field = page.getByRole('textbox', { name: 'Layers 0–9, share of the model before RLHF' });
      await field.fill('0.5');
      await field.press('Enter');
      await page.getByText('the recipe cannot be edited').waitFor();
      assert.equal(await slider(page, 0).inputValue(), '0.4');
    });

    it('follow the recipe, and ask for other blocks', async () => {
      const asked: number[] = [];
      const { page, connection } = await open(hma, {
        handlers: (opened) =>
          opened.connection.onRequest(wire.cutBlocks, ({ blocks }) => {
            asked.push(blocks);
            return null;
          }),
      });
      await connection.sendNotification(wire.showMergePreview, fixtureView(hmaPlan([0.1, 0.9])));
      await slider(page, 2).waitFor({ state: 'detached' });
      assert.equal(await slider(page, 1).inputValue(), '0.9');
      await page.locator('ald-ratios tk-dropdown').click();
      await page.getByRole('option', { name: 'each layer' }).click();
      await page.waitForTimeout(100);
      assert.deepEqual(asked, [32]);
    });

    it('take over the ratios of the reference code, where the recipe can have them', async () => {
      const asked: string[] = [];
      const view = fixtureView(hmaPlan(ratios), { actions: ['importRatios', 'openRecipe'] });
      const { page } = await open(view, {
        handlers: ({ connection }) =>
          connection.onRequest(wire.actOnMergePreview, ({ action }) => {
            asked.push(action);
            return null;
          }),
      });
      await page.getByRole('button', { name: 'Import…' }).click();
      await page.waitForTimeout(100);
      assert.deepEqual(asked, ['importRatios']);
    });
  });

  it('leads from a problem to its place, and says that the plan is an older one', async () => {
    const revealed: unknown[] = [];
    const { page } = await open(views['faulty'] ?? hma, {
      handlers: ({ connection }) =>
        connection.onRequest(wire.revealInRecipe, ({ span }) => {
          revealed.push(span);
          return null;
        }),
    });
    await page.getByText('The recipe has errors').waitFor();
    await page.getByRole('button', { name: /unknown key/i }).click();
    await page.waitForTimeout(100);
    assert.deepEqual(revealed, [{ start: 120, end: 126 }]);
    assert.equal(await slider(page, 0).isDisabled(), true);
    assert.equal(await page.getByRole('button', { name: 'Merge…' }).count(), 0);
  });

  it('says what does not come into the output, and what the disk has no room for', async () => {
    const { page } = await open(views['ties'] ?? hma);
    await page.getByText('2 tensors do not come into the output').click();
    assert.match(await page.locator('details.dropped').innerText(), /OpenHermes[^]*regression_layer\.weight/);
    assert.equal(await page.getByText('less than the output').count(), 1);
  });

  it('offers what can be done, and tells the extension', async () => {
    const asked: string[] = [];
    const { page } = await open(hma, {
      handlers: ({ connection }) =>
        connection.onRequest(wire.actOnMergePreview, ({ action }) => {
          asked.push(action);
          return null;
        }),
    });
    for (const name of ['Merge…', 'Search for Ratios…', 'Measure', 'Forget Points']) {
      await page.getByRole('button', { name, exact: true }).click();
    }
    await page.waitForTimeout(100);
    assert.deepEqual(asked, ['merge', 'search', 'score', 'forgetTrials']);
  });

  it('puts a point of the plane back, by keyboard too', async () => {
    const restored: number[] = [];
    const { page } = await open(hma, {
      handlers: ({ connection }) =>
        connection.onRequest(wire.restoreTrial, ({ trial }) => {
          restored.push(trial);
          return null;
        }),
    });
    const points = page.locator('ald-scatter .mark');
    assert.equal(await points.count(), 6);
    assert.equal(await page.locator('ald-scatter .mark .ring').count(), 1);
    await points.nth(5).click();
    await points.first().focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await page.waitForTimeout(100);
    // The least perplexity is that of the model before RLHF alone.
    assert.deepEqual(restored, [5, 1]);
  });

  it('locks, and says so', async () => {
    const { page } = await open(hma, {
      handlers: ({ connection }) =>
        connection.onRequest(wire.setMergePreviewLocked, async ({ locked }) => {
          await connection.sendNotification(wire.showMergePreview, { ...hma, locked });
          return locked;
        }),
    });
    await page.getByRole('button', { name: /^Lock/ }).click();
    await page.getByRole('button', { name: /^Unlock/ }).click();
    await page.getByRole('button', { name: /^Lock/ }).waitFor();
  });

  it('draws a plan of three models of 32 layers within 300 ms of being sent it', async () => {
    const { page, connection } = await open(variants['empty'] ?? hma);
    await page.evaluate(() => {
      const state = window as unknown as { began: number; drawn: number };
      window.addEventListener('message', () => (state.began = performance.now()), { capture: true, once: true });
      const root = document.querySelector('ald-mergepreview')?.shadowRoot;
      new MutationObserver((_, observer) => {
        if (root?.querySelector('ald-heat-map') === null) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => (state.drawn = performance.now())));
      }).observe(root as ShadowRoot, { childList: true, subtree: true });
    });
    await connection.sendNotification(wire.showMergePreview, fixtureView(tiesPlan()));
    await page.waitForFunction(() => (window as unknown as { drawn?: number }).drawn !== undefined);
    const took = await page.evaluate(() => {
      const { began, drawn } = window as unknown as { began: number; drawn: number };
      return drawn - began;
    });
    assert.ok(took < 300, `${took.toFixed(0)} ms`);
  });
});
