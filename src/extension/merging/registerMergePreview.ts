import type { ExtensionContext, TextDocument, WebviewPanel } from 'vscode';
import { commands, Disposable, l10n, Uri, ViewColumn, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { MergePreviewView } from '../../protocol/mergePreviewView';
import type { FileTarget } from '../commands';
import { loadPage } from '../loadPage';
import { registerCommand } from '../registerCommand';
import {
  MergePreviewPanel,
  previewUri,
  readSavedPreview,
  savedPreviewKey,
  type MergePreviewTools,
} from './mergePreviewPanel';
import { isRecipe } from './recipeSelector';

export const mergePreviewViewType = 'alidade.mergePreview';

export interface MergePreviewParams extends Omit<MergePreviewTools, 'memory'> {
  readonly context: ExtensionContext;
}

export interface MergePreviewRegistration {
  /** What the page shows; null when it is closed. */
  readonly view: () => MergePreviewView | null;
  dispose(): void;
}

/** The preview beside a recipe: one for the window, follows the recipe in front unless locked, comes back after a reload. */
export function registerMergePreview({ context, ...params }: MergePreviewParams): MergePreviewRegistration {
  const tools: MergePreviewTools = { ...params, memory: context.workspaceState };
  let open: MergePreviewPanel | null = null;
  const adopt = (panel: WebviewPanel, locked: boolean): MergePreviewPanel => {
    open?.dispose();
    const adopted = new MergePreviewPanel(tools, panel, locked);
    open = adopted;
    loadPage(panel, 'mergePreview', context);
    void commands.executeCommand('setContext', 'alidade.mergePreviewOpen', true);
    panel.onDidDispose(() => {
      adopted.dispose();
      if (open !== adopted) return;
      open = null;
      void commands.executeCommand('setContext', 'alidade.mergePreviewOpen', false);
    });
    return adopted;
  };
  const openPanel = (): MergePreviewPanel => {
    if (open !== null) {
      open.reveal();
      return open;
    }
    const column = { viewColumn: ViewColumn.Beside, preserveFocus: true };
    return adopt(window.createWebviewPanel(mergePreviewViewType, l10n.t('Merge Preview'), column), false);
  };
  const registered = Disposable.from(
    registerCommand('alidade.openMergePreview', async (target) => {
      const document = await findRecipe(target);
      openPanel().show(document);
    }),
    registerCommand('alidade.toggleMergePreviewLock', () => open?.toggleLock()),
    window.registerWebviewPanelSerializer(mergePreviewViewType, {
      deserializeWebviewPanel: async (panel) => {
        const saved = readSavedPreview(context.workspaceState.get(savedPreviewKey));
        const adopted = adopt(panel, saved.locked);
        const uri = previewUri(saved);
        if (uri === null) return;
        // The file may have gone since: then the page stays empty until a recipe comes to the front.
        const document = await Promise.resolve(workspace.openTextDocument(uri)).catch(() => null);
        if (document !== null) adopted.show(document);
      },
    }),
    window.onDidChangeActiveTextEditor((editor) => {
      if (open === null || open.isLocked || editor === undefined || !isRecipe(editor.document)) return;
      open.show(editor.document);
    }),
    new Disposable(() => open?.dispose()),
  );
  return { view: () => open?.view ?? null, dispose: () => void registered.dispose() };
}

/** The recipe that is meant: the one named, else that in the active editor. @throws AlidadeError `recipe` for none. */
async function findRecipe(
  target: FileTarget | { readonly recipe: { readonly uri: Uri } } | undefined,
): Promise<TextDocument> {
  const document =
    target === undefined ? window.activeTextEditor?.document : await workspace.openTextDocument(uriOf(target));
  if (document !== undefined && isRecipe(document)) return document;
  throw new AlidadeError({
    code: 'recipe',
    message: l10n.t('there is no merge recipe in the active editor'),
    hint: l10n.t('open a YAML file that has merge_method, or make one with New Merge…'),
  });
}

/** A menu of the editor hands over the document's address, which may have no file; the Merge view its item. */
function uriOf(target: FileTarget | { readonly recipe: { readonly uri: Uri } }): Uri {
  if ('recipe' in target) return target.recipe.uri;
  return target instanceof Uri ? target : Uri.file(target.fsPath);
}
