import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

/** A translation of every text of a page that shows whether it was used: ⟦Ŝĥöŵ {0}⟧. */
export function pseudoTexts(page: string): Readonly<Record<string, string>> {
  const pages = JSON.parse(readFileSync('l10n/pages.json', 'utf8')) as Readonly<Record<string, readonly string[]>>;
  const texts = pages[page] ?? [];
  if (texts.length === 0) throw new Error(`l10n/pages.json has no texts of the page ${page}`);
  return Object.fromEntries(texts.map((text) => [text, `⟦${text.replace(/[aeiou]/g, (vowel) => `${vowel}\u0301`)}⟧`]));
}

/**
 * What a person is shown or told on the page that came neither from `pseudoTexts` nor from the data: lines of texts,
 * labels and titles without the parts that were translated, and without numbers.
 */
export async function untranslated(page: Page, data: unknown): Promise<readonly string[]> {
  const known = stringsOf(data).join('\n').toLowerCase();
  const shown = await page.evaluate(() => {
    const texts: string[] = [];
    const visit = (parent: Element | ShadowRoot): void => {
      let text = '';
      for (const node of parent.childNodes) {
        if (node instanceof Text) text += node.data;
        if (!(node instanceof Element) || node instanceof HTMLStyleElement || node instanceof HTMLScriptElement)
          continue;
        texts.push(text);
        text = '';
        for (const name of ['aria-label', 'title', 'aria-description', 'aria-roledescription', 'placeholder']) {
          texts.push(node.getAttribute(name) ?? '');
        }
        if (node.shadowRoot !== null) visit(node.shadowRoot);
        visit(node);
      }
      texts.push(text);
    };
    visit(document.body);
    return texts;
  });
  const left = shown.flatMap((text) => withoutTranslations(text).split('\n')).map(withoutNumbers);
  return [...new Set(left)].filter((text) => /\p{L}{2}/u.test(text) && !known.includes(text.toLowerCase())).sort();
}

function withoutTranslations(text: string): string {
  const shorter = text.replace(/⟦[^⟦⟧]*⟧/gu, '\n');
  return shorter === text ? text : withoutTranslations(shorter);
}

/** Numbers with their units, and signs, at either end. */
function withoutNumbers(text: string): string {
  const signs = String.raw`[-−+×·=():,.%\s]*`;
  const number = String.raw`(?<!\p{L})[-−+]?\d[\d.,]*(?:e[-−+]?\d+)?(?: ?(?:kB|MB|GB|min|ms|s|h)\b)?`;
  const ends = new RegExp(`^(?:${signs}${number})*${signs}|(?:${number}${signs})+$`, 'gu');
  return text.trim().replace(ends, '').trim();
}

function stringsOf(data: unknown): readonly string[] {
  if (typeof data === 'string') return [data.replace(/\s+/g, ' ')];
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([key, value]) => [key, ...stringsOf(value)]);
}
