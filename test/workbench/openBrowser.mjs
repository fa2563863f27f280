import { findBrowser, howToInstallBrowser } from './findBrowser.mjs';

/** A headless browser with a fresh profile that reaches nothing but this machine. */
export async function openBrowser({ width = 1280, height = 800 } = {}) {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error(howToInstallBrowser);
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox', // containers often refuse the sandbox; only pages of this repository are opened
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
  const context = await browser.newContext({ viewport: { width, height } });
  return { browser, page: await context.newPage() };
}
