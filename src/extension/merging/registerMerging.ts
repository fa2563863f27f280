import type { ExtensionContext } from 'vscode';
import { Disposable } from 'vscode';
import type { Logger } from '../../core/jobContext';
import type { ModelsView } from '../checkpoint/modelsView';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { MergeProcess } from './mergeProcess';
import { registerMergeView } from './mergeView';
import { RecipePlans } from './recipePlans';
import { registerRecipes } from './registerRecipes';

export interface MergingParams {
  readonly context: ExtensionContext;
  readonly client: SidecarClient;
  readonly models: ModelsView;
  readonly logger: Logger;
}

/** Merge recipes in the editor, their preview, the Merge view, and the merges themselves. */
export function registerMerging({ context, client, models, logger }: MergingParams): Disposable {
  const process = new MergeProcess({ context, logger });
  const { version } = context.extension.packageJSON as { readonly version: string };
  const plans = new RecipePlans({ client, version });
  const view = registerMergeView({ context, client, models, process });
  return Disposable.from(process, plans, view, registerRecipes(plans, models));
}
