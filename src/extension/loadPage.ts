import { randomBytes } from 'node:crypto';
import type { ExtensionContext, WebviewPanel } from 'vscode';
import { env, Uri } from 'vscode';
import { pageTexts } from './pageTexts';
import { webviewHtml } from './webviewHtml';

/** A folder of `webview/`. */
export type PageName = 'breakdown' | 'checkpoint' | 'comparison' | 'dataset' | 'mergePreview' | 'training';

/** Fills a panel with one of the pages, in the editor's display language. Connect to it first (`connectWebview`). */
export function loadPage(panel: WebviewPanel, page: PageName, context: ExtensionContext): void {
  const pages = Uri.joinPath(context.extensionUri, 'dist', 'webview');
  // Unlike the activity bar, a tab draws the picture as it is.
  const media = Uri.joinPath(context.extensionUri, 'media');
  panel.iconPath = { light: Uri.joinPath(media, 'tabLight.svg'), dark: Uri.joinPath(media, 'tabDark.svg') };
  panel.webview.options = { enableScripts: true, localResourceRoots: [pages] };
  panel.webview.html = webviewHtml({
    scriptUri: panel.webview.asWebviewUri(Uri.joinPath(pages, `${page}.js`)).toString(),
    nonce: randomBytes(18).toString('base64'),
    title: panel.title,
    language: env.language,
    element: `ald-${page}`,
    texts: pageTexts(context.extensionPath, page),
  });
}
