import type { CustomReadonlyEditorProvider, ExtensionContext } from 'vscode';
import { commands, Disposable, window } from 'vscode';
import type { CheckpointView } from '../../protocol/checkpointView';
import type { ModelsView } from '../checkpoint/modelsView';
import type { WorkProcess } from '../sidecar/workProcess';
import { registerCommand } from '../registerCommand';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { CheckpointDocument } from './checkpointDocument';
import { CheckpointEditor } from './checkpointEditor';
import { chooseOtherCheckpoint } from './chooseOtherCheckpoint';
import { weightFileOf } from './weightFileOf';

/** Opens for weight files; for an index, which is JSON, only when it is asked for. */
export const checkpointViewType = 'alidade.checkpoint';
export const checkpointIndexViewType = 'alidade.checkpointIndex';

export interface CheckpointViewerParams {
  readonly context: ExtensionContext;
  readonly client: SidecarClient;
  readonly process: Pick<WorkProcess, 'use'>;
  readonly models: Pick<ModelsView, 'checkpoints'>;
}

export interface CheckpointViewerRegistration {
  /** What the viewer of a file shows, by its path; null when there is none. */
  readonly view: (path: string) => CheckpointView | null;
  dispose(): void;
}

/** The read-only editor of weight files. Nothing in them is ever run, so it works in workspaces that are not trusted. */
export function registerCheckpointViewer(params: CheckpointViewerParams): CheckpointViewerRegistration {
  const { context, client, process, models } = params;
  const editors = new Map<CheckpointEditor, { readonly path: string; readonly isActive: () => boolean }>();
  const provider: CustomReadonlyEditorProvider<CheckpointDocument> = {
    openCustomDocument: (uri) => new CheckpointDocument({ uri, client, process }),
    resolveCustomEditor: (document, panel) => {
      const chooseOther = () => chooseOtherCheckpoint(document.name, models);
      const editor = new CheckpointEditor({ context, document, panel, chooseOther });
      editors.set(editor, { path: document.uri.fsPath, isActive: () => panel.active });
      panel.onDidDispose(() => {
        editors.delete(editor);
        editor.dispose();
      });
    },
  };
  const options = { supportsMultipleEditorsPerDocument: true };
  const registered = Disposable.from(
    window.registerCustomEditorProvider(checkpointViewType, provider, options),
    window.registerCustomEditorProvider(checkpointIndexViewType, provider, options),
    registerCommand('alidade.openInViewer', async (target) => {
      const uri = await weightFileOf('checkpoint' in target ? target.checkpoint.path : target.fsPath);
      const viewType = uri.path.endsWith('.json') ? checkpointIndexViewType : checkpointViewType;
      await commands.executeCommand('vscode.openWith', uri, viewType);
    }),
    registerCommand('alidade.compareWeights', async () => {
      const active = [...editors].find(([, { isActive }]) => isActive());
      await active?.[0].compare();
    }),
  );
  return {
    view: (path) => [...editors].find(([, editor]) => editor.path === path)?.[0].view ?? null,
    dispose: () => void registered.dispose(),
  };
}
