import type { ConfigurationChangeEvent } from 'vscode';
import { workspace } from 'vscode';
import type { SettingName, Settings } from './settings';
import { settings } from './settings';

export function readSetting<Name extends SettingName>(name: Name): Settings[Name] {
  return workspace.getConfiguration('alidade').get<Settings[Name]>(name, settings[name].default);
}

export function affectsSetting(event: ConfigurationChangeEvent, ...names: readonly SettingName[]): boolean {
  return names.some((name) => event.affectsConfiguration(`alidade.${name}`));
}

/** Writes where the value in force comes from: the workspace if that sets it, else the user's settings. */
export async function writeSetting<Name extends SettingName>(name: Name, value: Settings[Name]): Promise<void> {
  const configuration = workspace.getConfiguration('alidade');
  const inWorkspace = configuration.inspect(name)?.workspaceValue !== undefined;
  await configuration.update(name, value, !inWorkspace);
}
