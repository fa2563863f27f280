import { l10n } from 'vscode';
import type { LanguageModelSelection } from '../../protocol/sidecar';
import { readSetting } from '../readSetting';
import { checkModelTrust, trustedFolder } from '../reward/readScoreSettings';
import type { SidecarClient } from '../sidecar/sidecarClient';
import type { Generator } from './generator';

/**
 * A causal model on this machine, in the process of the reward model.
 * @throws AlidadeError `permission` when an untrusted workspace holds the model.
 */
export function openLocalGenerator(client: Pick<SidecarClient, 'generate'>): Generator {
  const model = readLanguageModelSelection();
  return {
    label: l10n.t('{0}, on this machine', shortName(model.reference)),
    generate: async (messages, options, context) => {
      const { answers } = await client.generate({ model, messages, ...options }, context);
      return answers;
    },
  };
}

function readLanguageModelSelection(): LanguageModelSelection {
  const reference = readSetting('generator.model').trim() || 'starter';
  checkModelTrust(reference);
  const threads = readSetting('threads');
  const cwd = trustedFolder();
  return {
    reference,
    device: readSetting('device'),
    dtype: readSetting('dtype'),
    ...(threads === 0 ? {} : { threads }),
    ...(cwd === undefined ? {} : { cwd }),
  };
}

/** The last part of a path; a hub id as it is. */
function shortName(reference: string): string {
  const isPath = /^([/\\.~]|[A-Za-z]:)/.test(reference);
  return isPath ? (reference.split(/[/\\]/).findLast((part) => part !== '') ?? reference) : reference;
}
