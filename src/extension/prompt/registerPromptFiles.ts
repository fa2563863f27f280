import type { SecretStorage } from 'vscode';
import { Disposable, workspace } from 'vscode';
import type { DataDocuments } from '../promptFile/dataDocuments';
import { affectsSetting } from '../readSetting';
import type { BreakdownRegistration } from '../reward/breakdownPanel';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { registerChoosePromptInput } from './choosePromptInput';
import { registerGenerateAndScore } from './generateAndScore';
import { registerPromptDiagnostics } from './promptDiagnostics';
import type { PromptDocuments } from './promptDocuments';
import { registerPromptFileContext } from './promptFileContext';
import { registerPromptHover } from './promptHover';
import type { PromptInputs } from './promptInputs';
import { registerPromptLens } from './promptLens';
import { PromptProfiles } from './promptProfiles';
import { promptSelector } from './promptSelector';
import { registerRenderedPrompt } from './renderedPrompt';

export interface PromptFilesParams {
  readonly client: SidecarClient;
  readonly secrets: SecretStorage;
  readonly prompts: PromptDocuments;
  readonly inputs: PromptInputs;
  readonly rows: DataDocuments;
  readonly breakdown: Pick<BreakdownRegistration, 'showRow' | 'view'>;
}

/** Everything that prompt files have in the editor. */
export function registerPromptFiles(params: PromptFilesParams): Disposable {
  const { client, prompts, inputs } = params;
  const profiles = new PromptProfiles(client);
  const provide = (): Disposable => {
    const selector = promptSelector();
    return Disposable.from(
      registerPromptLens(selector, prompts, inputs),
      registerPromptHover(selector, { prompts, inputs, profiles }),
      registerPromptDiagnostics(prompts, inputs),
    );
  };
  let provided = provide();
  const provideAgain = (): void => {
    provided.dispose();
    provided = provide();
  };
  return Disposable.from(
    registerPromptFileContext(prompts),
    registerRenderedPrompt(prompts, inputs),
    registerChoosePromptInput(prompts, inputs),
    registerGenerateAndScore(params),
    workspace.onDidChangeConfiguration((event) => {
      if (affectsSetting(event, 'promptFiles')) provideAgain();
    }),
    workspace.onDidChangeWorkspaceFolders(provideAgain),
    new Disposable(() => void provided.dispose()),
  );
}
