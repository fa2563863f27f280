import { l10n, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { RewardTest, RewardTestFile } from '../../core/rewardTest/rewardTest';
import type { Located } from '../../core/yaml/yamlValue';

/**
 * Test files belong to the workspace, and one that is not trusted chooses no model, whatever lies under its name: only the
 * starter, and what the user's own settings say.
 * @throws AlidadeError `permission`
 */
export function checkFileTrust({ model }: RewardTestFile): void {
  if (model !== null) checkReference(model);
}

/** The same for the model that answers in a test. @throws AlidadeError `permission` */
export function checkTestTrust({ plan }: RewardTest): void {
  if (plan?.subject.kind === 'generate') checkReference(plan.subject.settings.model);
}

function checkReference({ value }: Located<string>): void {
  if (workspace.isTrusted || value === 'starter') return;
  throw new AlidadeError({
    code: 'permission',
    message: l10n.t('the test file chooses the model {0}, and its workspace is not trusted', value),
    hint: l10n.t('trust the workspace, or leave the model to your settings'),
  });
}
