import type { TestItem, Uri } from 'vscode';
import type { BreakdownPart } from '../protocol/breakdownView';

/** A row of a data file, in a form that survives a command link. */
export interface RowTarget {
  /** URI of the document. */
  readonly uri: string;
  /** Place of the row's first character, from 0. */
  readonly line: number;
  readonly character: number;
}

/** A prompt of a prompt file, in a form that survives a command link. */
export interface PromptTarget {
  /** URI of the document. */
  readonly uri: string;
  /** The prompt's label: unique in its file. */
  readonly prompt: string;
}

/** What the commands of the models view get: an item of the tree. */
export interface CheckpointTarget {
  readonly checkpoint: { readonly path: string; readonly place: 'folder' | 'hub' | 'starter' };
}

/** What the commands of the Runs view get: an item of the tree, or its id from elsewhere. */
export interface RunTarget {
  readonly run: { readonly id: string };
}

/** What the commands of the Merge view get: a merge of the tree. */
export interface MergeTarget {
  readonly merge: { readonly id: string };
}

/** What the commands of heads get: an item of the Models view, or a head file's path from elsewhere. */
export interface HeadTarget {
  readonly head: { readonly path: string };
}

/** A training or an evaluation of the Runs view. */
export interface HeadRunTarget {
  readonly headRun: { readonly id: string };
}

/** A change to a row, refused where the row is another one by now. */
export interface RowFix {
  readonly kind: 'swap' | 'drop' | 'review';
  readonly row: RowTarget;
  /** Hash of the row's text. */
  readonly hash: string;
}

/** A test of a `*.reward.yaml` file, in a form that survives a command link. */
export interface TestTarget {
  /** URI of the file. */
  readonly uri: string;
  /** Its id there. */
  readonly test: string;
}

/** What menus of files hand over. */
export interface FileTarget {
  readonly scheme: string;
  readonly fsPath: string;
}

/** Every command of the extension, with what it takes. */
export interface CommandArguments {
  readonly 'alidade.chooseRewardModel': readonly [];
  readonly 'alidade.useAsRewardModel': readonly [item: CheckpointTarget];
  readonly 'alidade.copyCheckpointPath': readonly [item: CheckpointTarget];
  /** A checkpoint of the Models view, or a file of the Explorer. */
  readonly 'alidade.openInViewer': readonly [target: Pick<CheckpointTarget, 'checkpoint'> | FileTarget];
  /** In the viewer that is in front. */
  readonly 'alidade.compareWeights': readonly [];
  readonly 'alidade.refreshModels': readonly [];
  readonly 'alidade.fetchStarter': readonly [];
  /** Without a name (`org/name[@revision]`): it is asked for. */
  readonly 'alidade.downloadModel': readonly [reference?: string];
  readonly 'alidade.forgetHubToken': readonly [];
  /** Without a target: the row at the cursor. */
  readonly 'alidade.scoreRow': readonly [target?: RowTarget];
  readonly 'alidade.showBreakdown': readonly [target?: RowTarget, part?: BreakdownPart];
  readonly 'alidade.copyRowJson': readonly [target?: RowTarget];
  readonly 'alidade.newRewardTest': readonly [target?: RowTarget];
  /** From a link, or an item of the Test Explorer. */
  readonly 'alidade.showTestBreakdown': readonly [target: TestTarget | TestItem];
  readonly 'alidade.toggleBreakdownLock': readonly [];
  /** With two selected files: those; else the file, or the one in the active editor, and another that is asked for. */
  readonly 'alidade.compareVersions': readonly [file?: FileTarget, selected?: readonly FileTarget[]];
  /** Without a file: the one in the active editor. */
  readonly 'alidade.compareWithHead': readonly [file?: FileTarget];
  /** Without a file: the one in the active editor, else one that is asked for. */
  readonly 'alidade.scoreFile': readonly [file?: { readonly scheme: string; readonly fsPath: string }];
  /** Without a file: the one in the active editor. */
  readonly 'alidade.checkLabels': readonly [file?: { readonly scheme: string; readonly fsPath: string }];
  readonly 'alidade.stopCheckingLabels': readonly [];
  readonly 'alidade.fixRow': readonly [fix: RowFix];
  readonly 'alidade.swapContradicted': readonly [];
  readonly 'alidade.dropDuplicates': readonly [];
  readonly 'alidade.stopRun': readonly [item: RunTarget];
  readonly 'alidade.resumeRun': readonly [item: RunTarget];
  readonly 'alidade.repeatRun': readonly [item: RunTarget];
  readonly 'alidade.openRun': readonly [item: RunTarget];
  readonly 'alidade.openRunOutput': readonly [item: RunTarget];
  readonly 'alidade.saveRunOutput': readonly [item: RunTarget];
  readonly 'alidade.deleteRun': readonly [item: RunTarget];
  /** With two selected folders: those; what is missing is asked for. */
  readonly 'alidade.newMerge': readonly [first?: FileTarget | CheckpointTarget, selected?: readonly unknown[]];
  /** Without a recipe: the one in the active editor. */
  readonly 'alidade.openMergePreview': readonly [recipe?: FileTarget | { readonly recipe: { readonly uri: Uri } }];
  readonly 'alidade.toggleMergePreviewLock': readonly [];
  /** Without a recipe: the one in the active editor. */
  readonly 'alidade.runMerge': readonly [recipe?: FileTarget | { readonly recipe: { readonly uri: Uri } }];
  readonly 'alidade.stopMerge': readonly [item: MergeTarget];
  readonly 'alidade.resumeMerge': readonly [item: MergeTarget];
  readonly 'alidade.removeMerge': readonly [item: MergeTarget];
  readonly 'alidade.openMergedModel': readonly [item: MergeTarget];
  readonly 'alidade.copyMergedPath': readonly [item: MergeTarget];
  readonly 'alidade.openMergeRecipe': readonly [item: MergeTarget];
  /** From data files that are selected; without them they are asked for. */
  readonly 'alidade.newHeadRecipe': readonly [file?: FileTarget, selected?: readonly FileTarget[]];
  /** Without a recipe: the one in the active editor. */
  readonly 'alidade.trainHead': readonly [recipe?: FileTarget];
  /** Without a head: one that is asked for. */
  readonly 'alidade.openHead': readonly [head?: HeadTarget | FileTarget];
  readonly 'alidade.evaluateHead': readonly [head?: HeadTarget | FileTarget];
  readonly 'alidade.exportHead': readonly [head?: HeadTarget | FileTarget];
  readonly 'alidade.chooseHead': readonly [];
  readonly 'alidade.useHead': readonly [head: HeadTarget | FileTarget];
  readonly 'alidade.openHeadRun': readonly [item: HeadRunTarget];
  readonly 'alidade.stopHeadRun': readonly [item: HeadRunTarget];
  readonly 'alidade.resumeHeadRun': readonly [item: HeadRunTarget];
  readonly 'alidade.deleteHeadRun': readonly [item: HeadRunTarget];
  /** Without a target: the prompt at the cursor, or that of the row at the cursor. */
  readonly 'alidade.generateAndScore': readonly [target?: PromptTarget | RowTarget];
  readonly 'alidade.choosePromptInput': readonly [target?: PromptTarget];
  readonly 'alidade.showRenderedPrompt': readonly [target?: PromptTarget];
  /** The best answer that was last generated. */
  readonly 'alidade.copyBestAnswer': readonly [];
  readonly 'alidade.chooseGenerator': readonly [];
  readonly 'alidade.setEndpointKey': readonly [];
  readonly 'alidade.forgetEndpointKey': readonly [];
  readonly 'alidade.showModelMenu': readonly [];
  readonly 'alidade.restartSidecar': readonly [];
  readonly 'alidade.runDoctor': readonly [];
  readonly 'alidade.showLog': readonly [];
  readonly 'alidade.openWalkthrough': readonly [];
  /** Without a name: it is asked for. */
  readonly 'alidade.openExample': readonly [name?: string];
}

export type CommandId = keyof CommandArguments;

const table: Record<CommandId, true> = {
  'alidade.chooseRewardModel': true,
  'alidade.useAsRewardModel': true,
  'alidade.copyCheckpointPath': true,
  'alidade.openInViewer': true,
  'alidade.compareWeights': true,
  'alidade.refreshModels': true,
  'alidade.fetchStarter': true,
  'alidade.downloadModel': true,
  'alidade.forgetHubToken': true,
  'alidade.scoreRow': true,
  'alidade.showBreakdown': true,
  'alidade.copyRowJson': true,
  'alidade.newRewardTest': true,
  'alidade.showTestBreakdown': true,
  'alidade.toggleBreakdownLock': true,
  'alidade.compareVersions': true,
  'alidade.compareWithHead': true,
  'alidade.scoreFile': true,
  'alidade.checkLabels': true,
  'alidade.stopCheckingLabels': true,
  'alidade.fixRow': true,
  'alidade.swapContradicted': true,
  'alidade.dropDuplicates': true,
  'alidade.stopRun': true,
  'alidade.resumeRun': true,
  'alidade.repeatRun': true,
  'alidade.openRun': true,
  'alidade.openRunOutput': true,
  'alidade.saveRunOutput': true,
  'alidade.deleteRun': true,
  'alidade.newMerge': true,
  'alidade.openMergePreview': true,
  'alidade.toggleMergePreviewLock': true,
  'alidade.runMerge': true,
  'alidade.stopMerge': true,
  'alidade.resumeMerge': true,
  'alidade.removeMerge': true,
  'alidade.openMergedModel': true,
  'alidade.copyMergedPath': true,
  'alidade.openMergeRecipe': true,
  'alidade.newHeadRecipe': true,
  'alidade.trainHead': true,
  'alidade.openHead': true,
  'alidade.evaluateHead': true,
  'alidade.exportHead': true,
  'alidade.chooseHead': true,
  'alidade.useHead': true,
  'alidade.openHeadRun': true,
  'alidade.stopHeadRun': true,
  'alidade.resumeHeadRun': true,
  'alidade.deleteHeadRun': true,
  'alidade.generateAndScore': true,
  'alidade.choosePromptInput': true,
  'alidade.showRenderedPrompt': true,
  'alidade.copyBestAnswer': true,
  'alidade.chooseGenerator': true,
  'alidade.setEndpointKey': true,
  'alidade.forgetEndpointKey': true,
  'alidade.showModelMenu': true,
  'alidade.restartSidecar': true,
  'alidade.runDoctor': true,
  'alidade.showLog': true,
  'alidade.openWalkthrough': true,
  'alidade.openExample': true,
};

/** The manifest's `contributes.commands` holds exactly these: a test compares them. */
export const commandIds: readonly string[] = Object.keys(table);
