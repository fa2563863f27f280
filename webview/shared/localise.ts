/** Of the element that holds a page's translations as JSON; the extension writes it (`webviewHtml.ts`). */
const elementId = 'texts';

const translations = readTranslations();

/**
 * A text of the page in the display language of the editor, as `vscode.l10n.t` gives it to the extension: `{0}`, `{1}`, …
 * stand for the values. The text is one literal: `npm run texts` collects it.
 */
export function t(text: string, ...values: readonly (string | number)[]): string {
  return fillIn(translations[text] ?? text, values);
}

/** A placeholder without a value stays as it is. */
export function fillIn(text: string, values: readonly (string | number)[]): string {
  return text.replace(/\{(\d+)\}/g, (placeholder, index) => String(values[Number(index)] ?? placeholder));
}

function readTranslations(): Readonly<Record<string, string>> {
  const json = document.getElementById(elementId)?.textContent;
  return json ? (JSON.parse(json) as Record<string, string>) : {};
}
