import type { QuickPickItem, SecretStorage } from 'vscode';
import { Disposable, l10n, lm, QuickPickItemKind, window, workspace } from 'vscode';
import { readChatEndpoint } from '../../core/generation/chatCompletion';
import type { ListCheckpointsResult, ListedCheckpoint } from '../../protocol/sidecar';
import { describeBytes } from '../../core/describeQuantity';
import { readSetting, writeSetting } from '../readSetting';
import { registerCommand, runCommand } from '../registerCommand';
import { listEndpointModels } from './endpointGenerator';
import { askEndpointKey, endpointKeyFor, forgetEndpointKeys } from './endpointKeys';

export interface GenerationCommandsParams {
  readonly secrets: SecretStorage;
  /** What the Models view lists. */
  readonly listCheckpoints: () => Promise<ListCheckpointsResult>;
}

/** The commands that choose who answers prompts, and keep the keys of endpoints. */
export function registerGenerationCommands({ secrets, listCheckpoints }: GenerationCommandsParams): Disposable {
  return Disposable.from(
    registerCommand('alidade.chooseGenerator', () => chooseGenerator(secrets, listCheckpoints)),
    registerCommand('alidade.setEndpointKey', () => askEndpointKey(secrets)),
    registerCommand('alidade.forgetEndpointKey', () => forgetEndpointKeys(secrets)),
  );
}

interface GeneratorPick extends QuickPickItem {
  readonly choose: () => Promise<void>;
}

async function chooseGenerator(
  secrets: SecretStorage,
  listCheckpoints: GenerationCommandsParams['listCheckpoints'],
): Promise<void> {
  const picked = await window.showQuickPick(generatorPicks(secrets, listCheckpoints), {
    title: l10n.t('Generator'),
    placeHolder: l10n.t('Who answers prompts'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  await picked?.choose();
}

async function generatorPicks(
  secrets: SecretStorage,
  listCheckpoints: GenerationCommandsParams['listCheckpoints'],
): Promise<GeneratorPick[]> {
  const { checkpoints, starterPresent } = await listCheckpoints();
  const speaking = checkpoints.filter(isGenerator).filter(({ place }) => workspace.isTrusted || place !== 'folder');
  const models = await lm.selectChatModels({});
  const fetchStarter: GeneratorPick = {
    label: `$(cloud-download) ${l10n.t('Fetch the starter model')}`,
    description: l10n.t('about 100 MB'),
    choose: async () => {
      await runCommand('alidade.fetchStarter');
      await useLocal('starter');
    },
  };
  const endpoint = readSetting('generator.endpoint');
  const endpointPick: GeneratorPick = {
    label: pickLabel('globe', l10n.t('OpenAI-compatible endpoint…'), readSetting('generator.source') === 'endpoint'),
    description: endpoint,
    detail: l10n.t('Prompts are sent to it when you generate'),
    choose: () => chooseEndpoint(secrets),
  };
  const editorPicks = models.map((model): GeneratorPick => {
    const inUse = readSetting('generator.source') === 'editor' && readSetting('generator.editorModel') === model.id;
    return {
      label: pickLabel('comment-discussion', model.name, inUse),
      description: model.vendor,
      detail: l10n.t('Prompts are sent to it when you generate'),
      choose: async () => {
        await writeSetting('generator.editorModel', model.id);
        await writeSetting('generator.source', 'editor');
      },
    };
  });
  return [
    separator(l10n.t('On this machine')),
    ...speaking.map(localPick),
    ...(starterPresent ? [] : [fetchStarter]),
    separator(l10n.t('Over the network')),
    endpointPick,
    ...(editorPicks.length === 0 ? [] : [separator(l10n.t('Language models of the editor')), ...editorPicks]),
  ];
}

/** A model without a head of its own speaks; the starter does both. */
function isGenerator({ head, problems, place }: ListedCheckpoint): boolean {
  return problems.length === 0 && (head === null || place === 'starter');
}

function localPick({ name, architecture, bytes, dtype, path, reference }: ListedCheckpoint): GeneratorPick {
  const inUse =
    readSetting('generator.source') === 'local' && [reference, path].includes(readSetting('generator.model'));
  return {
    label: pickLabel('hubot', name, inUse),
    description: [architecture, dtype, describeBytes(bytes)].filter((part) => part !== null).join(' · '),
    detail: path,
    choose: () => useLocal(reference),
  };
}

async function useLocal(reference: string): Promise<void> {
  await writeSetting('generator.model', reference);
  await writeSetting('generator.source', 'local');
}

/** The address, then one of its models if it names any; a key is asked for where there is none yet and it wants one. */
async function chooseEndpoint(secrets: SecretStorage): Promise<void> {
  const address = await window.showInputBox({
    title: l10n.t('OpenAI-compatible Endpoint'),
    prompt: l10n.t('Its address; prompts are sent there when you generate, and to nobody else'),
    placeHolder: 'http://127.0.0.1:8000/v1',
    value: readSetting('generator.endpoint'),
    ignoreFocusOut: true,
    validateInput: (text) => problemOfAddress(text),
  });
  if (address === undefined) return;
  const endpoint = readChatEndpoint(address);
  await writeSetting('generator.endpoint', address.trim());
  if ((await endpointKeyFor(endpoint.origin, secrets)) === undefined && !isLoopback(endpoint.origin)) {
    await askEndpointKey(secrets);
  }
  const names = await listEndpointModels(endpoint, secrets);
  const options = { title: l10n.t('Model of the Endpoint'), ignoreFocusOut: true };
  const model =
    names.length === 0
      ? await window.showInputBox({
          ...options,
          prompt: l10n.t('The endpoint does not name its models; empty: its own choice'),
          value: readSetting('generator.endpointModel'),
        })
      : await window.showQuickPick([...names], { ...options, placeHolder: endpoint.origin });
  if (model === undefined) return;
  await writeSetting('generator.endpointModel', model.trim());
  await writeSetting('generator.source', 'endpoint');
}

function problemOfAddress(text: string): string | null {
  try {
    readChatEndpoint(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isLoopback(origin: string): boolean {
  return /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(origin);
}

function pickLabel(icon: string, name: string, inUse: boolean): string {
  return `$(${inUse ? 'check' : icon}) ${name}`;
}

function separator(label: string): GeneratorPick {
  return { label, kind: QuickPickItemKind.Separator, choose: () => Promise.resolve() };
}
