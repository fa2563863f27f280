import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { findBrowser } from '../workbench/findBrowser.mjs';
import { buildPage, type BuiltPage } from './buildPage';
import { openPage, type OpenedPage, type OpenPageParams } from './openPage';

/** Where pictures of pages are put, to be looked at. */
export const screenshots = join('out', 'screenshots');

export interface Pages {
  readonly built: () => BuiltPage;
  readonly browser: () => Browser;
  /** Opens the page; it is closed after the test, which fails if the page reported an error. */
  readonly open: (params: Omit<OpenPageParams, 'browser' | 'script' | 'element'>) => Promise<OpenedPage>;
  readonly close: () => Promise<void>;
}

/** One page of `webview/` in a browser for the tests of a suite, as it is shipped. */
export function usePages(name: string): Pages {
  let built: BuiltPage;
  let browser: Browser;
  let opened: OpenedPage | undefined;

  const close = async (): Promise<void> => {
    const errors = opened?.errors ?? [];
    await opened?.close();
    opened = undefined;
    assert.deepEqual(errors, []);
  };
  before(async () => {
    built = await buildPage(name);
    browser = await chromium.launch({ executablePath: findBrowser() ?? '', args: ['--no-sandbox', '--disable-gpu'] });
    mkdirSync(screenshots, { recursive: true });
  });
  after(() => browser?.close());
  afterEach(close);
  return {
    built: () => built,
    browser: () => browser,
    open: async (params) => {
      await close();
      opened = await openPage({ ...params, browser, script: built.script, element: `ald-${name}` });
      return opened;
    },
    close,
  };
}
