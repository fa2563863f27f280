import { randomBytes } from 'node:crypto';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { connectWebview } from '../../src/extension/webviewConnection';
import { webviewHtml } from '../../src/extension/webviewHtml';
import type { FixtureTheme } from './themes';

export interface OpenPageParams {
  readonly browser: Browser;
  readonly script: string;
  readonly element: `ald-${string}`;
  readonly theme: FixtureTheme;
  readonly width?: number;
  readonly height?: number;
  readonly context?: BrowserContextOptions;
  /** Translations of the page's texts. */
  readonly texts?: Readonly<Record<string, string>>;
}

export interface OpenedPage {
  readonly page: Page;
  /** The extension's end of the wire: register handlers, then `listen()`, then call `load()`. */
  readonly connection: MessageConnection;
  readonly load: () => Promise<void>;
  /** What the page's policy refused: directive and where. */
  readonly violations: readonly string[];
  /** Uncaught errors and console errors. */
  readonly errors: readonly string[];
  readonly close: () => Promise<void>;
}

const origin = 'https://page.test';

/**
 * Opens a page as a webview does: the very HTML with its policy, the theme's variables on the root element before any
 * script runs, `acquireVsCodeApi`, and messages by `postMessage` to the extension's own end of the connection.
 */
export async function openPage(params: OpenPageParams): Promise<OpenedPage> {
  const { browser, script, element, theme, width = 720, height = 900 } = params;
  const context = await browser.newContext({ viewport: { width, height }, ...params.context });
  const page = await context.newPage();
  const violations: string[] = [];
  const errors: string[] = [];
  const listeners = new Set<(message: unknown) => void>();

  await page.exposeFunction('sendToHost', (message: unknown) => listeners.forEach((listener) => listener(message)));
  await page.exposeFunction('reportViolation', (violation: string) => violations.push(violation));
  await page.addInitScript(imitateWebview, { tokens: theme.tokens, kind: theme.kind });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('Content Security Policy')) errors.push(message.text());
  });
  const html = webviewHtml({
    scriptUri: `${origin}/page.js`,
    nonce: randomBytes(16).toString('hex'),
    title: 'Breakdown',
    language: 'en',
    element,
    ...(params.texts === undefined ? {} : { texts: params.texts }),
  });
  await page.route(`${origin}/**`, (route) =>
    new URL(route.request().url()).pathname === '/page.js'
      ? route.fulfill({ contentType: 'text/javascript; charset=utf-8', body: script })
      : route.fulfill({ contentType: 'text/html; charset=utf-8', body: html }),
  );

  const connection = connectWebview({
    postMessage: async (message: unknown) => {
      if (page.isClosed()) return false;
      await page.evaluate((data) => window.postMessage(data, '*'), message);
      return true;
    },
    onDidReceiveMessage: (listener) => {
      const receive = (message: unknown): void => void listener(message);
      listeners.add(receive);
      return { dispose: () => listeners.delete(receive) };
    },
  });
  return {
    page,
    connection,
    load: async () => {
      await page.goto(`${origin}/`);
    },
    violations,
    errors,
    close: async () => {
      connection.dispose();
      await context.close();
    },
  };
}

/** Runs in the page before everything else. */
function imitateWebview({ tokens, kind }: { tokens: Readonly<Record<string, string>>; kind: string }): void {
  const host = window as unknown as {
    sendToHost(message: unknown): void;
    reportViolation(violation: string): void;
    acquireVsCodeApi(): unknown;
    savedState?: unknown;
  };
  document.addEventListener('securitypolicyviolation', (event) =>
    host.reportViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`),
  );
  host.acquireVsCodeApi = () => ({
    postMessage: (message: unknown) => host.sendToHost(message),
    getState: () => host.savedState,
    setState: (state: unknown) => {
      host.savedState = state;
    },
  });
  const applyTheme = (): void => {
    for (const [name, value] of Object.entries(tokens)) {
      document.documentElement.style.setProperty(`--vscode-${name}`, value);
    }
    document.body?.classList.add(kind);
    document.body?.setAttribute('data-vscode-theme-kind', kind);
  };
  new MutationObserver((_, observer) => {
    if (document.body === null) return;
    observer.disconnect();
    applyTheme();
  }).observe(document, { childList: true, subtree: true });
}
