import type { ExtensionContext } from 'vscode';
import { Disposable } from 'vscode';
import type { Logger } from '../../core/jobContext';
import type { MergePreviewView } from '../../protocol/mergePreviewView';
import type { ModelsView } from '../checkpoint/modelsView';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { WorkProcess } from '../sidecar/workProcess';
import { registerMergeView } from './mergeView';
import { RecipePlans } from './recipePlans';
import { registerMergePreview } from './registerMergePreview';
import { registerRecipes } from './registerRecipes';

export interface MergingParams {
  readonly context: ExtensionContext;
  readonly client: SidecarClient;
  readonly models: ModelsView;
  readonly logger: Logger;
}

export interface MergingRegistration {
  /** What the preview of a merge shows; null when it is closed. */
  readonly preview: () => MergePreviewView | null;
  /** For whatever else reads whole models. */
  readonly process: WorkProcess;
  dispose(): void;
}

/** Merge recipes in the editor, their preview, the Merge view, and the merges themselves. */
export function registerMerging({ context, client, models, logger }: MergingParams): MergingRegistration {
  const process = new WorkProcess({ context, logger });
  const { version } = context.extension.packageJSON as { readonly version: string };
  const plans = new RecipePlans({ client, version });
  const view = registerMergeView({ context, client, models, process });
  const preview = registerMergePreview({ context, plans, process });
  const registered = Disposable.from(process, plans, view, registerRecipes(plans, models), preview);
  return { preview: preview.view, process, dispose: () => void registered.dispose() };
}
