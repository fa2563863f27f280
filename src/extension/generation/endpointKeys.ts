import type { SecretStorage } from 'vscode';
import { l10n, window } from 'vscode';
import { readChatEndpoint } from '../../core/generation/chatCompletion';
import { readSetting } from '../readSetting';

/** In the editor's secret storage: keys by the origin that they are meant for, as JSON. */
const secretKey = 'alidade.endpointKeys';

/** The key for a server; undefined: none was given. No other server ever gets it. */
export async function endpointKeyFor(origin: string, secrets: SecretStorage): Promise<string | undefined> {
  return (await readKeys(secrets))[origin];
}

/** Asks for the key of the endpoint in force. @throws AlidadeError `usage` when none is set. */
export async function askEndpointKey(secrets: SecretStorage): Promise<boolean> {
  const { origin } = readChatEndpoint(readSetting('generator.endpoint'));
  const typed = await window.showInputBox({
    title: l10n.t('Endpoint Key'),
    prompt: l10n.t('For {0} only; it is kept in the secret storage of the editor', origin),
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => (/[\r\n]/.test(text) ? l10n.t('A key has one line') : null),
  });
  const key = typed?.trim() ?? '';
  if (key === '') return false;
  await secrets.store(secretKey, JSON.stringify({ ...(await readKeys(secrets)), [origin]: key }));
  window.setStatusBarMessage(l10n.t('The endpoint key is stored'), 5000);
  return true;
}

export async function forgetEndpointKeys(secrets: SecretStorage): Promise<void> {
  await secrets.delete(secretKey);
  window.setStatusBarMessage(l10n.t('The endpoint keys are forgotten'), 5000);
}

async function readKeys(secrets: SecretStorage): Promise<Readonly<Record<string, string>>> {
  try {
    const keys: unknown = JSON.parse((await secrets.get(secretKey)) ?? '{}');
    const isTable = typeof keys === 'object' && keys !== null;
    return isTable ? Object.fromEntries(Object.entries(keys).filter(([, key]) => typeof key === 'string')) : {};
  } catch {
    return {};
  }
}
