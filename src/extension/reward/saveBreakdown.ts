import { Buffer } from 'node:buffer';
import { posix } from 'node:path';
import { l10n, Uri, window, workspace } from 'vscode';
import type { ExportParams } from '../../protocol/breakdownView';

/**
 * Asks for a place and writes what the page has made there. The file's name; null when the user would rather not.
 * @param source the file that the row is in, beside which the place is proposed.
 */
export async function saveBreakdown({ format, content }: ExportParams, source: Uri | null): Promise<string | null> {
  const target = await window.showSaveDialog({
    title: l10n.t('Export the Breakdown'),
    filters: { [filterName(format)]: [format] },
    ...proposedPlace(format, source),
  });
  if (target === undefined) return null;
  await workspace.fs.writeFile(target, Buffer.from(content, format === 'png' ? 'base64' : 'utf8'));
  return posix.basename(target.path);
}

function filterName(format: ExportParams['format']): string {
  switch (format) {
    case 'svg':
      return l10n.t('Picture (SVG)');
    case 'png':
      return l10n.t('Picture (PNG)');
    case 'csv':
      return l10n.t('Numbers (CSV)');
    case 'json':
      return l10n.t('Everything (JSON)');
  }
}

function proposedPlace(format: ExportParams['format'], source: Uri | null): { readonly defaultUri?: Uri } {
  if (source !== null && source.scheme !== 'untitled') {
    const name = posix.basename(source.path, posix.extname(source.path));
    return { defaultUri: Uri.joinPath(source, '..', `${name}.breakdown.${format}`) };
  }
  const folder = workspace.workspaceFolders?.[0]?.uri;
  return folder === undefined ? {} : { defaultUri: Uri.joinPath(folder, `breakdown.${format}`) };
}
