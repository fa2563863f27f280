import type { BrowserContextOptions, Page } from 'playwright-core';
import type { ExplainedRow } from '../../src/core/reward/explainedRow';
import * as view from '../../src/protocol/breakdownView';
import { growthOf } from './fixtureGrowth';
import type { OpenedPage } from './openPage';
import { themes, type FixtureTheme } from './themes';
import { usePages, type Pages } from './usePages';

export interface OpenBreakdownParams {
  readonly row: ExplainedRow;
  /** Of the state in which the row is. */
  readonly changes?: Partial<Extract<view.BreakdownState, { kind: 'row' }>>;
  readonly theme?: FixtureTheme;
  readonly width?: number;
  readonly context?: BrowserContextOptions;
  /** Further handlers, or others. */
  readonly handlers?: (page: OpenedPage) => void;
}

export interface Breakdown {
  readonly pages: Pages;
  /** Shows a row, with an extension that gives its growth and saves what it exports. */
  readonly open: (params: OpenBreakdownParams) => Promise<Page>;
  /** Responses of which the growth was asked for, and what was to be saved, since the page was opened. */
  readonly grown: (readonly number[])[];
  readonly exported: view.ExportParams[];
}

export const location: view.RowLocation = { file: 'examples/preferences.jsonl', line: 12 };

/** The breakdown page with one row in view. */
export function useBreakdown(): Breakdown {
  const pages = usePages('breakdown');
  const grown: (readonly number[])[] = [];
  const exported: view.ExportParams[] = [];
  return {
    pages,
    grown,
    exported,
    open: async ({ row, changes, theme = themes.dark, width = 720, context, handlers }) => {
      grown.length = 0;
      exported.length = 0;
      const opened = await pages.open({ theme, width, ...(context === undefined ? {} : { context }) });
      const state: view.BreakdownState = { kind: 'row', location, row, stale: false, ...changes };
      opened.connection.onRequest(view.ready, () => ({ state, locked: false }));
      opened.connection.onRequest(view.readGrowth, ({ responses }) => {
        grown.push(responses);
        return responses.map((index) => growthOf(row.responses[index], row.kind === 'pair'));
      });
      opened.connection.onRequest(view.saveExport, (params) => {
        exported.push(params);
        return `breakdown.${params.format}`;
      });
      opened.connection.onRequest(view.copyText, () => null);
      handlers?.(opened);
      opened.connection.listen();
      await opened.load();
      // The exact text is the last part, and comes a frame behind the first chart.
      await opened.page.locator('pre').first().waitFor();
      return opened.page;
    },
  };
}

/** Printed numbers, as they are read. */
export function printedNumber(text: string): number {
  return Number(text.replace('−', '-').replace('+', ''));
}

/** Chooses the waterfall; the names and numbers of its rows. */
export async function showWaterfall(page: Page): Promise<{ readonly names: string[]; readonly values: string[] }> {
  await page.getByRole('radio', { name: 'Waterfall' }).click();
  const chart = page.locator('ald-bar-chart').first();
  return {
    names: await chart.locator('.row:not(.axis) .name').allInnerTexts(),
    values: await chart.locator('.values span').allInnerTexts(),
  };
}
