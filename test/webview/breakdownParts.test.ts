import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { ResponseError } from 'vscode-jsonrpc/node';
import type { ExplainedRow } from '../../src/core/reward/explainedRow';
import * as view from '../../src/protocol/breakdownView';
import { axeViolations } from './axeViolations';
import { growthOf } from './fixtureGrowth';
import { gatedList, gatedListNames, gatedPair, hostileRow, listOfFour, metersPair, metersSingle } from './fixtureRows';
import { themes } from './themes';
import { printedNumber, showWaterfall, useBreakdown } from './useBreakdown';
import { screenshots } from './usePages';

describe('the parts of the breakdown page', function () {
  this.timeout(60_000);
  const { pages, open, grown } = useBreakdown();

  describe('waterfall', () => {
    for (const [name, row] of [
      ['one response', metersSingle],
      ['a gated pair', gatedPair],
      ['a pair of meters', metersPair],
      ['hostile numbers', hostileRow(100)],
    ] as const) {
      it(`adds up on screen: ${name}`, async () => {
        const page = await open({ row });
        const { names, values } = await showWaterfall(page);
        const numbers = values.map(printedNumber);
        const isPair = row.kind === 'pair';
        const [start, steps, end] = isPair
          ? [numbers[0], numbers.slice(1, -1), numbers.at(-1)!]
          : [0, numbers.slice(0, -1), numbers.at(-1)!];
        const decimals = values.at(-1)!.split('.')[1].length;
        assert.equal(steps.reduce((sum, step) => sum + step, start).toFixed(decimals), end.toFixed(decimals));
        assert.ok(Math.abs(end - row.responses[0].score) <= 0.5 * 10 ** -decimals * 1.001);
        assert.equal(names.at(-1), isPair ? 'Chosen' : 'Score');
        if (isPair) assert.equal(names[0], 'Rejected');
        const exact = isPair
          ? row.responses[0].objectives.map(
              ({ contribution }, index) => contribution - row.responses[1].objectives[index].contribution,
            )
          : row.responses[0].objectives.map(({ contribution }) => contribution);
        const largest = [...exact].sort((a, b) => Math.abs(b) - Math.abs(a));
        steps.slice(0, Math.min(8, exact.length)).forEach((step, index) => {
          assert.ok(Math.abs(step - largest[index]) <= 10 ** -decimals * 1.001, `${step} for ${largest[index]}`);
        });
      });
    }

    it('begins each step where the one before it ends', async () => {
      const page = await open({ row: metersSingle });
      await showWaterfall(page);
      const bars = await page
        .locator('ald-bar-chart .bar')
        .evaluateAll((marks) =>
          marks.map((mark) => [mark.getAttribute('x'), mark.getAttribute('width')].map((text) => parseFloat(text!))),
        );
      const [first, ...rest] = bars as [number, number][];
      let end = first[0] + first[1];
      for (const [x, width] of rest.slice(0, -1)) {
        assert.ok(Math.abs(x - end) < 1e-6);
        end = x + width;
      }
      const total = rest.at(-1)!;
      assert.ok(Math.abs(total[0] - first[0]) < 1e-6 && Math.abs(total[0] + total[1] - end) < 1e-6);
    });

    it('puts a long tail together, and shows it on Enter without counting it twice', async () => {
      const page = await open({ row: gatedPair });
      const { names } = await showWaterfall(page);
      assert.equal(names.length, 11);
      assert.equal(names.at(-2), '11 others');
      const chart = page.locator('ald-bar-chart').first();
      const others = chart.getByRole('listitem', { name: /^11 others/ });
      assert.equal(await others.getAttribute('aria-expanded'), 'false');
      await others.focus();
      await page.keyboard.press('Enter');
      await chart.getByRole('listitem', { name: /^beavertails-is_safe/ }).waitFor();
      assert.equal(await chart.getByRole('listitem', { name: /^11 others/ }).getAttribute('aria-expanded'), 'true');
      const values = await chart.locator('.values span').allInnerTexts();
      assert.equal(values.length, 22);
      const sum = values.slice(0, -1).reduce((total, text) => total + (text === '' ? 0 : printedNumber(text)), 0);
      assert.equal(sum.toFixed(4), printedNumber(values.at(-1)!).toFixed(4));
      await page.keyboard.press('Enter');
      assert.equal(await chart.locator('.values span').count(), 11);
    });

    it('is kept in the state of the page', async () => {
      const page = await open({ row: metersSingle });
      await showWaterfall(page);
      assert.deepEqual(await page.evaluate(() => (window as unknown as { savedState: unknown }).savedState), {
        chart: 'waterfall',
      });
      await page.addInitScript(() => {
        (window as unknown as { savedState: unknown }).savedState = { chart: 'waterfall' };
      });
      await page.reload();
      await page.getByRole('radio', { name: 'Waterfall', checked: true }).waitFor();
    });

    it('is chosen with the arrow keys', async () => {
      const page = await open({ row: metersSingle });
      await page.getByRole('radio', { name: 'Bars' }).focus();
      await page.keyboard.press('ArrowRight');
      await page.getByRole('radio', { name: 'Waterfall', checked: true }).waitFor();
      assert.equal(
        await page.getByRole('list', { name: 'Contributions' }).getByRole('listitem').last().getAttribute('aria-label'),
        'Score, 0.7802',
      );
    });

    it('is not offered for one objective, nor for more than two responses', async () => {
      assert.equal(await (await open({ row: listOfFour })).getByRole('radio').count(), 0);
      await pages.close();
      const page = await open({ row: gatedList });
      await page.getByRole('checkbox', { name: 'Compare Response 4' }).check();
      await page.getByText('Difference').waitFor({ state: 'detached' });
      assert.equal(await page.getByRole('radio').count(), 0);
    });
  });

  describe('all responses', () => {
    const rowsOf = (page: Page): Locator => page.locator('ald-response-list tbody tr');

    it('are ranked, and called as the list calls them', async () => {
      const page = await open({ row: gatedList, changes: { names: gatedListNames } });
      const scores = await rowsOf(page).locator('td.score').allInnerTexts();
      assert.deepEqual(
        scores,
        [...scores].sort((a, b) => Number(b) - Number(a)),
      );
      const ranked = gatedListNames
        .map((name, index) => ({ name, score: gatedList.responses[index].score }))
        .sort((a, b) => b.score - a.score)
        .map(({ name }) => name);
      assert.deepEqual(await rowsOf(page).locator('th label').allInnerTexts(), ranked);
      assert.deepEqual((await page.locator('.facts dt').allInnerTexts()).slice(0, 2), ranked.slice(0, 2));
    });

    it('are compared as they are ticked, four at most and one at least', async () => {
      const page = await open({ row: gatedList, changes: { names: gatedListNames } });
      const facts = (): Promise<string[]> => page.locator('.facts dt').allInnerTexts();
      const box = (name: string): Locator => page.getByRole('checkbox', { name: `Compare ${name}` });
      assert.equal((await facts()).at(-1), 'Margin');
      const boxes = page.getByRole('checkbox');
      await boxes.nth(2).check();
      await boxes.nth(3).check();
      assert.equal((await facts()).length, 4);
      await boxes.nth(4).click();
      await page.getByText('At most 4 can be compared.').waitFor();
      assert.equal(await boxes.nth(4).isChecked(), false);
      const bars = await page.getByRole('list', { name: 'Contributions' }).getByRole('listitem').count();
      assert.equal(bars, 19 * 4);
      for (const name of gatedListNames) if (await box(name).isChecked()) await box(name).click();
      assert.equal((await facts()).length, 1);
      const left = await Promise.all(gatedListNames.map((name) => box(name).isChecked()));
      assert.equal(left.filter(Boolean).length, 1);
    });

    it('have one tab stop; arrows, Home and End move, Space ticks', async () => {
      const page = await open({ row: gatedList });
      assert.equal(await page.locator('ald-response-list [tabindex="0"]').count(), 1);
      await page.locator('ald-response-list [tabindex="0"]').focus();
      const place = (): Promise<string | undefined> =>
        page.evaluate(() => {
          const list = document.querySelector('ald-breakdown')!.shadowRoot!.querySelector('ald-response-list');
          return (list?.shadowRoot?.activeElement as HTMLElement | null)?.dataset['place'];
        });
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      assert.equal(await place(), '2');
      await page.keyboard.press('Space');
      assert.equal(await page.locator('.facts dt').count(), 3);
      await page.keyboard.press('End');
      assert.equal(await place(), '4');
      await page.keyboard.press('Home');
      assert.equal(await place(), '0');
    });

    it('say in words in which objectives each is highest and lowest', async () => {
      const page = await open({ row: gatedList });
      const labels = await page
        .locator('ald-response-list svg')
        .evaluateAll((strips) => strips.map((strip) => strip.getAttribute('aria-label')!));
      const highest = labels.flatMap((label) =>
        (/highest in ([^;]*)/.exec(label)?.[1] ?? '').split(', ').filter((name) => name !== ''),
      );
      assert.deepEqual(highest.sort(), gatedList.model.objectives.map(({ name }) => name).sort());
    });
  });

  it('shows ratings on their own scales, each response with a mark of its own shape', async () => {
    const page = await open({ row: gatedPair });
    const scales = page.locator('table.objectives .rating svg');
    assert.equal(await scales.count(), 5);
    const [chosen, rejected] = gatedPair.responses.map(({ objectives }) => objectives[0].rating!);
    assert.equal(
      await scales.first().getAttribute('aria-label'),
      `helpsteer-helpfulness, from 0 to 4, HelpSteer rating, 0 to 4, Chosen: ${chosen.toFixed(4)}, Rejected: ${rejected.toFixed(4)}`,
    );
    assert.equal(await scales.first().locator('circle').count(), 1);
    assert.equal(await scales.first().locator('path').count(), 1);
    const x = Number(await scales.first().locator('circle').getAttribute('cx'));
    assert.ok(Math.abs(x - (6 + 84 * (chosen / 4))) < 1e-6);
  });

  describe('score as the text grows', () => {
    async function growth(page: Page): Promise<Locator> {
      await page.locator('ald-growth-part').scrollIntoViewIfNeeded();
      await page.locator('ald-growth .sentence').first().waitFor();
      return page.locator('ald-growth');
    }

    it('is asked for once it comes into view, for what is shown', async () => {
      const page = await open({ row: gatedList, changes: { names: gatedListNames } });
      await page.waitForTimeout(200);
      assert.deepEqual(grown, []);
      await growth(page);
      const ranked = gatedList.responses
        .map(({ score }, index) => ({ score, index }))
        .sort((a, b) => b.score - a.score);
      assert.deepEqual(grown, [[ranked[0].index, ranked[1].index]]);
      await page.getByRole('checkbox', { name: `Compare ${gatedListNames[ranked[4].index]}` }).check();
      await page.locator('ald-growth-part').scrollIntoViewIfNeeded();
      await page.locator('ald-growth').nth(2).waitFor();
      assert.deepEqual(grown.at(-1), [ranked[0].index, ranked[1].index, ranked[4].index]);
    });

    it('gives each sentence its change in words, number and pattern, and they add up', async () => {
      const page = await open({ row: gatedPair });
      const rejected = (await growth(page)).nth(1);
      const labels = await rejected
        .getByRole('listitem')
        .evaluateAll((marks) => marks.map((mark) => mark.getAttribute('aria-label')!));
      assert.match(labels[0], /^Sentence 1 of 2, starts at [\d.]+, I bought a new car last week\.$/);
      assert.match(
        labels[1],
        /^Sentence 2 of 2, [+−][\d.]+, from [\d.]+ to [\d.]+, It is red, and it goes very fast\.$/,
      );
      assert.match(labels[2], /^End of turn, \+0\.0500, from/);
      const printed = await rejected.locator('.delta').allInnerTexts();
      const sum = printed.map(printedNumber).reduce((total, value) => total + value, 0);
      assert.ok(Math.abs(sum - gatedPair.responses[1].score) < 2e-4);
      const lowered = rejected.locator('.sentence.lowers').first();
      assert.match(await lowered.evaluate((mark) => getComputedStyle(mark).borderBlockEndStyle), /dashed/);
    });

    it('has one tab stop; arrows move through the sentences and tell what changed most', async () => {
      const page = await open({ row: gatedPair });
      const rejected = (await growth(page)).nth(1);
      assert.equal(await rejected.locator('.sentences [tabindex="0"]').count(), 1);
      await rejected.locator('.sentence').first().focus();
      await page.keyboard.press('ArrowRight');
      assert.match(
        await rejected.locator('.tooltip').innerText(),
        /Sentence 2 of 2[^]*Most: helpsteer-helpfulness [+−]/,
      );
      assert.equal(await rejected.locator('.band.shown').count(), 1);
      await page.keyboard.press('End');
      assert.match(await rejected.locator('.tooltip').innerText(), /End of turn/);
      await page.keyboard.press('Escape');
      assert.equal(await rejected.locator('.tooltip').count(), 0);
    });

    it('ends the line at the score', async () => {
      const page = await open({ row: metersSingle });
      const chart = (await growth(page)).first();
      const label = await chart.getByRole('img').getAttribute('aria-label');
      assert.match(label!, new RegExp(`to ${metersSingle.responses[0].score.toFixed(4)}, between`));
      await chart.getByRole('button', { name: 'Show as table' }).click();
      assert.equal(await chart.getByRole('row').count(), 2);
    });

    it('says why it cannot be read, and reads it again', async () => {
      let count = 0;
      const page = await open({
        row: metersSingle,
        handlers: ({ connection }) =>
          connection.onRequest(view.readGrowth, ({ responses }) => {
            count += 1;
            if (count === 1) return new ResponseError(1, 'the process has ended');
            return responses.map((index) => growthOf(metersSingle.responses[index]));
          }),
      });
      await page.locator('ald-growth-part').scrollIntoViewIfNeeded();
      await page.getByText('the process has ended').waitFor();
      await page.getByRole('button', { name: 'Try Again' }).click();
      await growth(page);
    });

    it('is where the page begins when it was asked for', async () => {
      const page = await open({ row: gatedPair, changes: { part: 'growth' } });
      await page.locator('ald-growth .sentence').first().waitFor();
      const top = await page.locator('ald-growth-part').evaluate((part) => part.getBoundingClientRect().top);
      assert.ok(Math.abs(top) < 100, `${top}`);
    });

    it('is not there for a judge, which scores pairs alone', async () => {
      const row: ExplainedRow = { ...metersPair, model: { ...metersPair.model, headKind: 'judge' } };
      assert.equal(await (await open({ row })).locator('ald-growth-part').count(), 0);
    });
  });

  it('says of each part of the exact text how many tokens it has, and where text was cut', async () => {
    const page = await open({ row: gatedPair });
    const marks = await page.locator('pre').nth(1).locator('.mark').allInnerTexts();
    assert.deepEqual(marks, ['Prompt · 28 tokens', 'Response · 19 tokens', 'End of turn · 1 token']);
    assert.equal(await page.locator('pre').nth(0).locator('.cut').count(), 0);
    assert.equal(await page.locator('pre').nth(1).locator('.cut').innerText(), 'Text was cut off here');
  });

  it('keeps showing a row whose file is gone, and says so', async () => {
    const page = await open({ row: gatedPair, changes: { gone: true } });
    await page.getByText('The file has been deleted. What is shown was scored before.').waitFor();
    assert.ok(0 < (await page.locator('ald-bar-chart').count()));
  });

  it('needs no sideways scrolling at 320 pixels, whatever is shown', async () => {
    for (const row of [gatedList, metersPair]) {
      const page = await open({ row, width: 320 });
      if (row.kind === 'pair') await showWaterfall(page);
      await page.locator('ald-growth-part').scrollIntoViewIfNeeded();
      await page.locator('ald-growth .sentence').first().waitFor();
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320);
      await pages.close();
    }
  });

  for (const [name, theme] of Object.entries(themes)) {
    it(`has nothing to object to for axe as a waterfall in ${theme.name}`, async () => {
      const page = await open({ row: gatedPair, theme, width: 1000 });
      await showWaterfall(page);
      await page.screenshot({ path: join(screenshots, `breakdown-waterfall-${name}.png`), fullPage: true });
      assert.deepEqual(await axeViolations(page), []);
    });
  }

  it('tells raised from lowered without colours', async () => {
    const page = await open({ row: gatedPair, context: { forcedColors: 'active' } });
    await page.locator('ald-growth-part').scrollIntoViewIfNeeded();
    await page.locator('ald-growth .sentence').first().waitFor();
    const styles = await page
      .locator('ald-growth')
      .nth(1)
      .locator('.sentence')
      .evaluateAll((marks) => marks.map((mark) => getComputedStyle(mark).borderBlockEndStyle));
    assert.deepEqual(styles, ['dotted', 'dashed', 'solid']);
    await page.screenshot({ path: join(screenshots, 'breakdown-growth-forcedColors.png'), fullPage: true });
  });
});
