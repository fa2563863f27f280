import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import * as view from '../../src/protocol/breakdownView';
import { axeViolations } from './axeViolations';
import { gatedList, gatedPair, hostileRow, metersSingle } from './fixtureRows';
import { themes } from './themes';
import { showWaterfall, useBreakdown } from './useBreakdown';
import { screenshots } from './usePages';

describe('export of the breakdown page', function () {
  this.timeout(60_000);
  const { pages, open, exported } = useBreakdown();
  async function exportAs(page: Page, name: string): Promise<view.ExportParams> {
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name }).click();
    await page.getByText(/^Saved as breakdown\./).waitFor();
    return exported.at(-1)!;
  }

  for (const [name, row] of [
    ['a pair', gatedPair],
    ['hostile text', hostileRow(1000)],
  ] as const) {
    it(`gives an SVG that stands alone and is valid: ${name}`, async () => {
      const page = await open({ row, theme: themes.light });
      const { content } = await exportAs(page, 'Picture (SVG)');
      assert.doesNotMatch(content, /var\(|<script|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
      const alone = await pages.browser().newPage({ viewport: { width: 800, height: 800 } });
      const problem = await alone.evaluate((xml) => {
        const parsed = new DOMParser().parseFromString(xml, 'image/svg+xml');
        return parsed.querySelector('parsererror')?.textContent ?? null;
      }, content);
      assert.equal(problem, null);
      await alone.setContent(`<img src="data:image/svg+xml;base64,${Buffer.from(content).toString('base64')}">`);
      const size = await alone.locator('img').evaluate(async (image: HTMLImageElement) => {
        await image.decode();
        return [image.naturalWidth, image.naturalHeight];
      });
      assert.equal(size[0], 760);
      await alone.screenshot({ path: join(screenshots, `export-${row.id.slice(0, 8).replace(/\W/g, '')}.png`) });
      await alone.close();
    });
  }

  it('writes what the chart says, in the colours of the theme', async () => {
    const page = await open({ row: metersSingle, theme: themes.light });
    await showWaterfall(page);
    const { content } = await exportAs(page, 'Picture (SVG)');
    for (const text of ['Row 7', 'fluency', '0.7802', 'SmolLM2-135M-Instruct', '41d0be77'])
      assert.ok(content.includes(text), text);
    const background = await page.evaluate(() =>
      getComputedStyle(document.documentElement).getPropertyValue('--vscode-editor-background').trim(),
    );
    assert.ok(content.includes(`<rect width="760"`) && content.includes(`fill="${background}"/>`));
  });

  it('gives a PNG at twice the size', async () => {
    const page = await open({ row: gatedPair });
    const { content } = await exportAs(page, 'Picture (PNG)');
    const bytes = Buffer.from(content, 'base64');
    assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
    assert.equal(bytes.readUInt32BE(16), 1520);
  });

  it('gives every number as CSV, unrounded and safe in a spreadsheet', async () => {
    const page = await open({ row: gatedList, changes: { names: ['=1+1', 'a "quoted", one', 'c', 'd', 'e'] } });
    const { content } = await exportAs(page, 'Numbers (CSV)');
    const lines = content.split('\r\n');
    assert.equal(lines.length, 1 + 5 * 19 + 1);
    const [first] = gatedList.responses[0].objectives;
    assert.ok(
      lines[1].startsWith(`'=1+1,${first.name},${first.reward},${first.rating},${first.gate},${first.coefficient},`),
    );
    assert.ok(lines[20].startsWith('"a ""quoted"", one",'));
  });

  it('gives everything as JSON', async () => {
    const page = await open({ row: gatedPair });
    assert.deepEqual(JSON.parse((await exportAs(page, 'Everything (JSON)')).content), gatedPair);
  });

  it('is a menu for the keyboard', async () => {
    const page = await open({ row: gatedPair });
    const button = page.getByRole('button', { name: 'Export' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menu', { name: 'Export' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByText('Saved as breakdown.csv').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    assert.deepEqual(await axeViolations(page), []);
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('menu').count(), 0);
  });

  it('says nothing when the user would rather not', async () => {
    const page = await open({
      row: gatedPair,
      handlers: ({ connection }) => connection.onRequest(view.saveExport, () => null),
    });
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: 'Everything (JSON)' }).click();
    await page.waitForTimeout(200);
    assert.equal(await page.getByText(/Saved/).count(), 0);
  });
});
