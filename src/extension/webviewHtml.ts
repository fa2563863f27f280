export interface WebviewHtmlParams {
  /** URI of the page's bundle, as the webview can load it. */
  readonly scriptUri: string;
  /** Fresh for every page: at least 128 random bits. */
  readonly nonce: string;
  readonly title: string;
  /** BCP 47; the editor's display language. */
  readonly language: string;
  /** Custom element that is the page. */
  readonly element: `ald-${string}`;
  /** Translations of the page's texts, by the text in English; `webview/shared/localise.ts` reads them. */
  readonly texts?: Readonly<Record<string, string>>;
}

/**
 * The document of a page. Nothing may load but the one script: styles come with it, icons are inline SVG, there are no
 * fonts, pictures, frames or connections. FAST reads the nonce from the `csp-nonce` meta element for its own probe.
 */
export function webviewHtml({ scriptUri, nonce, title, language, element, texts = {} }: WebviewHtmlParams): string {
  const policy = [`default-src 'none'`, `script-src 'nonce-${nonce}'`, `style-src 'nonce-${nonce}'`].join('; ');
  return `<!DOCTYPE html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta property="csp-nonce" content="${escapeHtml(nonce)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style nonce="${escapeHtml(nonce)}">body { margin: 0; padding: 0; }</style>
</head>
<body>
<${element}></${element}>
${textsElement(texts)}<script nonce="${escapeHtml(nonce)}" src="${escapeHtml(scriptUri)}"></script>
</body>
</html>
`;
}

/** JSON that is read and never run. It holds no `<`, so that nothing in it can end the element. */
function textsElement(texts: Readonly<Record<string, string>>): string {
  if (Object.keys(texts).length === 0) return '';
  return `<script type="application/json" id="texts">${JSON.stringify(texts).replaceAll('<', '\\u003c')}</script>\n`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
