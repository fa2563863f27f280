import { join } from 'node:path';
import type { ExtensionContext, WebviewPanel } from 'vscode';
import { Disposable, l10n, Uri, ViewColumn, window, workspace } from 'vscode';
import type { ComparisonView } from '../../protocol/comparisonView';
import { openGenerator, readGenerationOptions } from '../generation/currentGenerator';
import { loadPage } from '../loadPage';
import type { PromptInputs } from '../prompt/promptInputs';
import { registerCommand } from '../registerCommand';
import type { BreakdownRegistration } from '../reward/breakdownPanel';
import type { RowScores } from '../reward/rowScores';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { chooseVersions, versionsWithHead } from './chooseVersions';
import { ComparisonPanel, type ComparisonPanelTools, type SavedComparison } from './comparisonPanel';
import { ComparisonStore, keyOf } from './comparisonStore';
import { ComparisonTexts } from './comparisonTexts';
import { registerHeadContext } from './gitHead';
import { titleOf, type ComparedVersions, type VersionReference } from './versionSource';

export const comparisonViewType = 'alidade.comparison';

export interface RegisterComparisonParams {
  readonly context: ExtensionContext;
  readonly client: SidecarClient;
  readonly scores: RowScores;
  readonly inputs: PromptInputs;
  readonly breakdown: BreakdownRegistration;
}

export interface ComparisonRegistration {
  /** What the pages of comparisons show, the last opened one last. */
  readonly views: () => readonly ComparisonView[];
  dispose(): void;
}

/** Compares versions of prompts, each pair in a page of its own that comes back after a reload. */
export function registerComparison(params: RegisterComparisonParams): ComparisonRegistration {
  const { context, client, scores, inputs, breakdown } = params;
  const texts = new ComparisonTexts();
  const storage = context.storageUri ?? context.globalStorageUri;
  const store = new ComparisonStore(join(storage.fsPath, 'comparisons'));
  const tools: ComparisonPanelTools = {
    ...{ client, scores, breakdown, texts, store, readGenerationOptions },
    openGenerator: () => openGenerator({ client, secrets: context.secrets }),
    inputsOf: ({ uri }, file) => inputs.inputsOf({ uri }, file),
    askForInput: async ({ uri }, file, prompt, input) =>
      (await inputs.completeInput(await workspace.openTextDocument(uri), file, prompt, input)) ?? null,
  };
  const panels = new Map<string, ComparisonPanel>();
  const adopt = (panel: WebviewPanel, saved: SavedComparison): ComparisonPanel => {
    const key = keyOf(saved.versions);
    panels.get(key)?.dispose();
    const adopted = new ComparisonPanel(tools, panel, saved);
    panels.set(key, adopted);
    panel.onDidDispose(() => {
      adopted.dispose();
      if (panels.get(key) === adopted) panels.delete(key);
    });
    loadPage(panel, 'comparison', context);
    return adopted;
  };
  /** Returns once it is shown and under way. */
  const compare = (versions: ComparedVersions): void => {
    const open = panels.get(keyOf(versions));
    open?.reveal();
    const shown = open ?? adopt(createPanel(versions), { versions, prompts: {} });
    void shown.start();
  };
  const registered = Disposable.from(
    texts,
    registerHeadContext(),
    registerCommand('alidade.compareVersions', async (target, selected) => {
      const versions = await chooseVersions(target, selected);
      if (versions !== null) compare(versions);
    }),
    registerCommand('alidade.compareWithHead', (target) => compare(versionsWithHead(target))),
    window.registerWebviewPanelSerializer(comparisonViewType, {
      deserializeWebviewPanel: async (panel, state: unknown) => {
        const saved = readSaved(state);
        if (saved === null) panel.dispose();
        else await adopt(panel, saved).restore();
      },
    }),
    new Disposable(() => panels.forEach((panel) => panel.dispose())),
  );
  return {
    views: () => [...panels.values()].map(({ view }) => view),
    dispose: () => void registered.dispose(),
  };
}

function createPanel(versions: ComparedVersions): WebviewPanel {
  const title = l10n.t('Versions of {0}', titleOf(versions));
  return window.createWebviewPanel(comparisonViewType, title, ViewColumn.Active);
}

/** What the page has saved of itself; null: nothing that can be used. */
function readSaved(state: unknown): SavedComparison | null {
  if (!isTable(state) || !isTable(state['versions'])) return null;
  const { first, second } = state['versions'];
  if (!isReference(first) || !isReference(second)) return null;
  const prompts = isTable(state['prompts']) ? state['prompts'] : {};
  const labels = Object.entries(prompts).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { versions: { first, second }, prompts: Object.fromEntries(labels) };
}

function isReference(value: unknown): value is VersionReference {
  if (!isTable(value) || typeof value['uri'] !== 'string') return false;
  if (value['kind'] !== 'file' && value['kind'] !== 'head') return false;
  try {
    return Uri.parse(value['uri'], true).scheme !== '';
  } catch {
    return false;
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
