import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { l10n } from 'vscode';

/**
 * The translations of a page's texts in the editor's display language; none in English, where a text is its own
 * translation. Which texts the page has says `l10n/pages.json` (`npm run texts` writes it).
 */
export function pageTexts(extensionPath: string, page: string): Readonly<Record<string, string>> {
  const { bundle } = l10n;
  if (bundle === undefined) return {};
  const file = join(extensionPath, 'l10n', 'pages.json');
  const pages = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, readonly string[]>>;
  const entries = (pages[page] ?? []).map((text) => [text, bundle[text]] as const);
  return Object.fromEntries(entries.filter(([, translation]) => translation !== undefined));
}
