import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { ResponseError } from 'vscode-jsonrpc/node';
import type { ExplainedRow } from '../../src/core/reward/explainedRow';
import * as view from '../../src/protocol/breakdownView';
import { axeViolations } from './axeViolations';
import { growthOf } from './fixtureGrowth';
import { gatedList, gatedListNames, gatedPair, hostileRow, listOfFour, metersPair, metersSingle } from './fixtureRows';
import type { OpenedPage } from './openPage';
import { themes, type FixtureTheme } from './themes';
import { location } from './useBreakdown';
import { screenshots, usePages } from './usePages';

const empty: view.BreakdownState = { kind: 'empty' };
const loading: view.BreakdownState = {
  kind: 'loading',
  location,
  progress: { message: 'Converting weights', done: 1.2e9, total: 16e9, unit: 'bytes' },
};
const failed: view.BreakdownState = {
  kind: 'error',
  location,
  code: 'gate_not_found',
  message: 'The conversation has no assistant turn, so the gate has no position to read',
  hint: 'add the response to the row, or check the chat template',
  actions: ['revealRow', 'showLog', 'restartSidecar'],
};

function rowState(row: ExplainedRow, stale = false): view.BreakdownState {
  return { kind: 'row', location, row, stale };
}

const drawn: Readonly<Record<string, view.BreakdownState>> = {
  empty,
  loading,
  error: failed,
  pair: rowState(gatedPair),
  meters: rowState(metersSingle),
  contradicted: rowState(metersPair, true),
  list: rowState(listOfFour),
  answers: { ...rowState(gatedList), names: gatedListNames } as view.BreakdownState,
  hostile: rowState(hostileRow(2_000)),
};

describe('the breakdown page', function () {
  this.timeout(60_000);
  const pages = usePages('breakdown');

  interface OpenParams {
    readonly state: view.BreakdownState;
    readonly theme?: FixtureTheme;
    readonly width?: number;
    readonly context?: BrowserContextOptions;
    readonly handlers?: (page: OpenedPage) => void;
  }

  async function open({ state, theme = themes.dark, width = 720, context, handlers }: OpenParams): Promise<OpenedPage> {
    const opened = await pages.open({ theme, width, ...(context === undefined ? {} : { context }) });
    opened.connection.onRequest(view.ready, () => ({ state, locked: false }));
    opened.connection.onRequest(view.readGrowth, ({ responses }) => {
      if (state.kind !== 'row') return responses.map(() => null);
      const { row } = state;
      return responses.map((index) => growthOf(row.responses[index], row.kind === 'pair'));
    });
    handlers?.(opened);
    opened.connection.listen();
    await opened.load();
    const selector = { empty: '.message', loading: '.progress', error: '.message', row: 'pre' };
    await opened.page.locator(selector[state.kind]).first().waitFor({ state: 'attached' });
    return opened;
  }

  describe('has nothing to object to for axe', () => {
    for (const [themeName, theme] of Object.entries(themes)) {
      for (const [name, state] of Object.entries(drawn)) {
        it(`${name} in ${theme.name}`, async () => {
          const { page } = await open({ state, theme, width: 1000 });
          if (state.kind === 'row') {
            await page.locator('ald-growth-part').scrollIntoViewIfNeeded();
            await page.locator('ald-growth .sentence').first().waitFor();
          }
          await page.screenshot({ path: join(screenshots, `breakdown-${name}-${themeName}.png`), fullPage: true });
          assert.deepEqual(await axeViolations(page), []);
        });
      }
    }
  });

  it('breaks its content security policy nowhere but in the way the toolkit is known for', async () => {
    const { violations, page } = await open({ state: rowState(gatedPair) });
    await page.waitForTimeout(300);
    assert.ok(violations.length <= 1, violations.join('\n'));
    assert.ok(
      violations.every((violation) => violation.startsWith('style-src')),
      violations.join('\n'),
    );
    const before = violations.length;
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.pwned = 1';
      document.body.append(script);
    });
    await page.waitForTimeout(100);
    assert.equal(await page.evaluate(() => 'pwned' in window), false, 'the policy is in force');
    assert.equal(violations.length, before + 1, 'and what it refuses is seen here');
  });

  it('stays within 250 kB', () => {
    assert.ok(pages.built().bytes <= 250_000, `${pages.built().bytes} bytes`);
  });

  it('imports the toolkit through the kit alone', () => {
    const importers = Object.entries(pages.built().inputs)
      .filter(([path]) => !path.startsWith('node_modules'))
      .filter(([, { imports }]) => imports.some(({ path }) => path.includes('webview-ui-toolkit')))
      .map(([path]) => path);
    assert.deepEqual(importers, ['webview/shared/kit.ts']);
  });

  it('gives every mark its name, value and response, and sorts by magnitude', async () => {
    const { page } = await open({ state: rowState(metersPair) });
    const names = await page
      .getByRole('list', { name: 'Contributions' })
      .getByRole('listitem')
      .evaluateAll((marks) => marks.map((mark) => mark.getAttribute('aria-label')));
    assert.deepEqual(names.slice(0, 4), [
      'non-toxicity, +0.1663, Chosen',
      'non-toxicity, +0.1661, Rejected',
      'fluency, +0.1633, Chosen',
      'fluency, +0.1662, Rejected',
    ]);
    assert.equal(names.length, 12);
    const differences = await page
      .getByRole('list', { name: 'Difference' })
      .getByRole('listitem')
      .evaluateAll((marks) => marks.map((mark) => mark.getAttribute('aria-label')));
    assert.deepEqual(differences.slice(0, 2), ['compliance, −0.1585', 'on-topic, −0.0837']);
  });

  it('draws bars in proportion, from zero in the direction of the sign', async () => {
    const { page } = await open({ state: rowState(gatedPair) });
    const bars = await page
      .getByRole('list', { name: 'Difference' })
      .locator('.bar')
      .evaluateAll((marks) =>
        marks.map((mark) => [mark.getAttribute('x'), mark.getAttribute('width')].map((text) => parseFloat(text!))),
      );
    const [chosen, rejected] = gatedPair.responses;
    const differences = chosen.objectives
      .map(({ contribution }, index) => contribution - rejected.objectives[index].contribution)
      .sort((a, b) => Math.abs(b) - Math.abs(a));
    const [first, second] = bars as [[number, number], [number, number]];
    assert.ok(differences[1] < 0 && 0 < differences[0]);
    assert.ok(Math.abs(second[0] + second[1] - first[0]) < 1e-9, 'negative bars end where positive ones begin');
    assert.ok(Math.abs(second[1] / first[1] - -differences[1] / differences[0]) < 1e-6);
  });

  it('has one tab stop a chart; arrows, Home and End move inside', async () => {
    const { page } = await open({ state: rowState(gatedPair) });
    const focused = (): Promise<string | null> =>
      page.evaluate(() => {
        let active = document.activeElement;
        while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
        return active?.getAttribute('aria-label') ?? active?.textContent?.trim() ?? null;
      });
    const contributions = page.locator('ald-bar-chart').first();
    assert.equal(await contributions.locator('.mark[tabindex="0"]').count(), 1);
    await contributions.locator('.mark').first().focus();
    const first = await focused();
    assert.match(first!, /^helpsteer-verbosity, .*, Chosen$/);
    await page.keyboard.press('ArrowRight');
    assert.match((await focused())!, /^helpsteer-verbosity, .*, Rejected$/);
    await page.keyboard.press('ArrowDown');
    assert.match((await focused())!, /^code-readability, .*, Rejected$/);
    await page.keyboard.press('End');
    assert.match((await focused())!, /^beavertails-is_safe, .*, Rejected$/);
    await page.keyboard.press('Home');
    assert.equal(await focused(), first);
    await page.keyboard.press('Tab');
    assert.doesNotMatch((await focused()) ?? '', /, (Chosen|Rejected)$/);
    await page.keyboard.press('Shift+Tab');
    assert.equal(await focused(), first);
  });

  it('tells the exact value of a mark on hover and on focus, and hides it on Escape', async () => {
    const { page } = await open({ state: rowState(metersSingle) });
    const chart = page.locator('ald-bar-chart').first();
    await chart.locator('.mark').first().hover();
    const exact = metersSingle.responses[0].objectives.find(({ name }) => name === 'fluency')!;
    assert.match(await chart.locator('.tooltip').innerText(), new RegExp(`fluency\\s+${exact.contribution}`));
    assert.match(await chart.locator('.tooltip').innerText(), /coefficient 0\.1667 × reward 0\.9970: raises the score/);
    await page.mouse.move(1, 1);
    assert.equal(await chart.locator('.tooltip').count(), 0);
    await chart.locator('.mark').first().focus();
    assert.equal(await chart.locator('.tooltip').count(), 1);
    await page.keyboard.press('Escape');
    assert.equal(await chart.locator('.tooltip').count(), 0);
  });

  it('shows a chart as a table and copies its exact values', async () => {
    const copied: string[] = [];
    const { page } = await open({
      state: rowState(metersPair),
      handlers: ({ connection }) =>
        connection.onRequest(view.copyText, ({ text }) => {
          copied.push(text);
          return null;
        }),
    });
    const chart = page.locator('ald-bar-chart').first();
    await chart.getByRole('button', { name: 'Show as table' }).click();
    assert.equal(await chart.getByRole('listitem').count(), 0);
    assert.equal(await chart.getByRole('row').count(), 7);
    await chart.getByRole('button', { name: 'Copy table' }).click();
    await page.getByText('Copied').waitFor();
    const [head, row] = copied[0].split('\n');
    assert.equal(head, 'Objective\tChosen\tRejected');
    assert.equal(row, `non-toxicity\t${0.998 / 6}\t${0.9967 / 6}`);
  });

  it('follows a change of theme without drawing again', async () => {
    const { page } = await open({ state: rowState(metersSingle), theme: themes.dark });
    const bar = page.locator('ald-bar-chart .bar').first();
    const fill = (): Promise<string> => bar.evaluate((mark) => getComputedStyle(mark).fill);
    assert.equal(await fill(), 'rgb(89, 164, 249)');
    await page.evaluate(
      (colour) => document.documentElement.style.setProperty('--vscode-charts-blue', colour),
      'rgb(1, 2, 3)',
    );
    assert.equal(await fill(), 'rgb(1, 2, 3)');
  });

  it('tells chosen from rejected by pattern too', async () => {
    const { page } = await open({ state: rowState(metersPair), context: { forcedColors: 'active' } });
    const fills = await page
      .locator('ald-bar-chart')
      .first()
      .locator('.row .bar')
      .evaluateAll((marks) => marks.slice(0, 2).map((mark) => mark.getAttribute('fill')));
    assert.deepEqual(fills, [null, 'url(#hatch)']);
    await page.screenshot({ path: join(screenshots, 'breakdown-contradicted-forcedColors.png') });
  });

  it('moves nothing when motion is unwanted', async () => {
    const { page } = await open({ state: loading, context: { reducedMotion: 'reduce' } });
    const animations = await page.evaluate(() => document.getAnimations().length);
    assert.equal(animations, 0);
  });

  it('needs no sideways scrolling at 320 pixels', async () => {
    const { page } = await open({ state: rowState(gatedPair), width: 320 });
    await page.screenshot({ path: join(screenshots, 'breakdown-pair-320.png') });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320);
  });

  it('shows hostile and huge text as text', async () => {
    const { page } = await open({ state: rowState(hostileRow(100_000)) });
    assert.equal(await page.evaluate(() => 'pwned' in window), false);
    assert.equal(await page.locator('img').count(), 0);
    const shown = await page
      .locator('pre')
      .first()
      .evaluate((pre) => pre.textContent);
    assert.ok(shown.includes('</script><script>window.pwned = 1</script><img src=x onerror="window.pwned = 1">'));
    assert.ok(100_000 < shown.length);
    assert.ok(shown.includes('U+202E'), 'a direction override is made visible');
    assert.ok(!shown.includes('\u202E'));
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 720);
  });

  it('marks the special tokens of the tokenizer and nothing else', async () => {
    const { page } = await open({ state: rowState(gatedPair) });
    const marked = await page.locator('pre').first().locator('.special').allInnerTexts();
    assert.deepEqual(marked, [
      ...['<|begin_of_text|>', '<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'],
      ...['<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'],
    ]);
  });

  it('says which model spoke, and that the meters are no judge', async () => {
    const { page } = await open({ state: rowState(metersSingle) });
    const header = await page.locator('header.top').innerText();
    for (const part of ['SmolLM2-135M-Instruct', 'starter meters', 'Not a judge of quality', 'cpu f32', '41d0be77']) {
      assert.ok(header.includes(part), part);
    }
    const { page: gated } = await open({ state: rowState(gatedPair) });
    assert.ok(!(await gated.locator('header.top').innerText()).includes('Not a judge'));
  });

  it('recomputes the scores from changed weights and hands them to the host', async () => {
    const changes: view.WeightsChange[] = [];
    const { page } = await open({
      state: rowState(metersSingle),
      handlers: ({ connection }) =>
        connection.onRequest(view.weightsChanged, (change) => {
          changes.push(change);
          return null;
        }),
    });
    const field = page.getByRole('textbox', { name: 'Weight of fluency' });
    await field.fill('2');
    await field.press('Enter');
    const rewards = metersSingle.responses[0].objectives;
    const expected = rewards.reduce((sum, { name, reward }) => sum + (name === 'fluency' ? 2 : 1 / 6) * reward, 0);
    await page.getByText(expected.toFixed(4)).first().waitFor();
    assert.equal(changes.length, 1);
    assert.equal(changes[0].modelHash, metersSingle.model.hash);
    assert.equal(changes[0].weights['fluency'], 2);
    assert.equal(changes[0].weights['on-topic'], 1 / 6);
    await field.fill('much');
    await field.press('Enter');
    await page.getByText('“much” is not a number.').waitFor();
    assert.equal(changes.length, 1);
    await page.getByRole('button', { name: 'Equal weights' }).click();
    await page.getByText('0.7802').first().waitFor();
    assert.equal(changes.at(-1)!.weights['fluency'], 1 / 6);
  });

  it('locks, reveals, restarts and shows the log through the host', async () => {
    const calls: string[] = [];
    const { page, connection } = await open({
      state: rowState(metersSingle),
      handlers: ({ connection }) => {
        const record = (name: string) => () => {
          calls.push(name);
          return null;
        };
        connection.onRequest(view.setLocked, ({ locked }) => {
          calls.push(`setLocked ${locked}`);
          return locked;
        });
        connection.onRequest(view.revealRow, record('revealRow'));
        connection.onRequest(view.restartSidecar, record('restartSidecar'));
        connection.onRequest(view.showLog, record('showLog'));
      },
    });
    const lock = page.getByRole('button', { name: 'Keep this row when the cursor moves' });
    await lock.click();
    await page.getByRole('button', { name: 'Keep this row when the cursor moves', pressed: true }).waitFor();
    await page.getByRole('button', { name: 'examples/preferences.jsonl:12' }).click();
    await connection.sendNotification(view.showBreakdown, { state: failed, locked: true });
    await page.getByRole('button', { name: 'Restart' }).click();
    await page.getByRole('button', { name: 'Show Log' }).click();
    await page.waitForTimeout(100);
    assert.deepEqual(calls, ['setLocked true', 'revealRow', 'restartSidecar', 'showLog']);
  });

  it('says so when the host could not do what was asked', async () => {
    const { page } = await open({
      state: rowState(metersSingle),
      handlers: ({ connection }) =>
        connection.onRequest(view.copyText, () => new ResponseError(1, 'the clipboard is not available')),
    });
    await page.getByRole('button', { name: 'Copy the whole breakdown as JSON' }).click();
    await page.getByText('That did not work: the clipboard is not available').waitFor();
  });

  it('shows the error when the host has no first view to give', async () => {
    const { page } = await open({
      state: failed,
      handlers: ({ connection }) =>
        connection.onRequest(view.ready, () => new ResponseError(1, 'the panel is closing')),
    });
    await page.getByRole('heading', { name: 'the panel is closing' }).waitFor();
  });

  it('keeps the last row, dimmed and out of reach, while the next is being scored', async () => {
    const { page, connection } = await open({ state: rowState(metersSingle) });
    await connection.sendNotification(view.showBreakdown, { state: loading, locked: false });
    await page.getByText('Converting weights').waitFor();
    assert.equal(await page.locator('.previous[inert] ald-bar-chart').count(), 1);
    await connection.sendNotification(view.showBreakdown, { state: rowState(gatedPair), locked: false });
    await page.getByRole('heading', { name: 'Row synonyms-01' }).waitFor();
    assert.equal(await page.locator('.previous').count(), 0);
  });
});
